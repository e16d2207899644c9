"""The laboratory: real Debian hosts as User-Mode Linux processes on one machine.

`Lab` is what tests use; see README.md.
"""

from .errors import LabError
from .host import Host
from .lab import Lab
from .rig import running

__all__ = ["Host", "Lab", "LabError", "running"]
