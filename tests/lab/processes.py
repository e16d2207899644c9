"""Helper processes of a host: User-Mode Linux starts some in sessions of their own, which outlive a killed host.

They hold its disks' locks, so a host could not start again.
"""

import os
import signal
from pathlib import Path


def end_marked(text: str) -> None:
    """Kill the laboratory's own processes (hosts and switches) that have `text` in an argument."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            program, *arguments = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if _ours(program) and any(text in argument for argument in arguments):
                os.kill(int(folder.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended meanwhile, or is somebody else's


def _ours(program: str) -> bool:
    return program.startswith("uml-") or Path(program).name.startswith("switch-")
