"""Commands that change this machine and may outlive us: each is written down while it runs, by the shell that runs it.

When this program is killed the shell goes on to the command's end, and then takes its note away itself. Whoever comes
next finds what still runs; a note whose shell is gone means nothing any more.
"""

from __future__ import annotations

import secrets
import shlex
from contextlib import suppress
from pathlib import Path


def noted(line: str, words: str, folder: Path) -> str:
    """A line for a shell, with a note of it in the folder for as long as it runs. Its exit code stays."""
    note = shlex.quote(str(folder / secrets.token_hex(6)))
    head = f"{{ cat /proc/$$/stat; echo {shlex.quote(words)}; }} >{note} 2>/dev/null"
    return f"{head}; {line}; set -- $?; rm -f {note}; (exit $1)"


def running(folder: Path) -> tuple[str, ...]:
    """The commands that still run, each with its shell's process."""
    found = []
    for note in sorted(folder.glob("*")) if folder.is_dir() else ():
        with suppress(OSError):
            stat, _, words = note.read_text("utf-8", "replace").partition("\n")
            pid = stat.partition(" ")[0]
            if pid.isdigit() and _born(pid) == _fields(stat):
                found.append(f"{words.strip()} (process {pid})")
            else:
                note.unlink()
    return tuple(found)


def _born(pid: str) -> str:
    try:
        return _fields(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace"))
    except OSError:
        return "gone"


def _fields(stat: str) -> str:
    """When the process of a /proc/PID/stat began (proc(5), field 22); empty: it is a zombie, or this is none."""
    words = stat.rpartition(") ")[2].split()
    return words[19] if len(words) > 19 and words[0] != "Z" else ""
