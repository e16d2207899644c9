"""The command that prints the pages of problem codes: nothing of the engine is needed for it."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence

from assets import codes, runbook
from tui_installer.cli.exits import Exit
from tui_installer.cli.saying import say
from tui_installer.model.text import printable


def explain(asked: Sequence[str]) -> Exit:
    """Print the runbook's pages of problem codes; without one, the codes that there are."""
    for code in asked:
        try:
            say(runbook(code))
        except OSError:
            near = difflib.get_close_matches(code, codes(), 5, 0.4) or [one for one in codes() if code in one][:5]
            hint = f"; near it: {', '.join(near)}" if near else "; tui-installer explain lists them"
            sys.stderr.write(f"there is no page of {printable(code)!r}{hint}\n")
            return Exit.USAGE
    if not asked:
        say("\n".join(codes()))
    return Exit.DONE
