"""The laboratory: real Debian hosts as User-Mode Linux processes on one machine.

`Lab` is what tests use; see README.md.
"""

from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.rig import running

__all__ = ["Host", "Lab", "LabError", "running"]
