"""A copy beside a file that tools write anew: whole or not there at all, and put back only where it is.

So whatever was cut off in between can be done again: copying, and putting back.
"""

from __future__ import annotations

from tui_installer.model import ends
from tui_installer.model.change import Run

COPY = 'cp -p "$0" "$1.new" && sync && mv -f "$1.new" "$1"'
BACK = 'rm -f "$1.new"; test ! -e "$1" || mv -f "$1" "$0"'


def kept(what: str, path: str, beside: str, strand: str) -> Run:
    """Copies this file of the host; `what` it is, in a word."""
    back = Run(f"Put the old {what} back", "here", ("sh", "-c", BACK, path, beside), within=ends.COMMAND)
    copy = ("sh", "-c", COPY, path, beside)
    return Run(f"Keep the old {what}", "here", copy, within=ends.COMMAND, undo=(back,), strand=strand)
