"""An error of the program's own: what is said of it, and what is saved."""

from __future__ import annotations

import platform
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tui_installer import __version__
from tui_installer.engine.files import Files, StateError
from tui_installer.engine.state import State
from tui_installer.model.step import Problem


def crashed(error: BaseException, words: list[str], state: State | None) -> Problem:
    """An error of the program's own, as a problem; the whole of it is saved, without any secret that is known."""
    hide: Callable[[str], str] = str
    with suppress(StateError):
        hide = state.discretion() if state else str
    lines = hide("".join(traceback.format_exception(error)))
    system = f"Python {platform.python_version()}, Linux {platform.release()}"
    report = f"tui-installer {__version__}, {system}\n{hide(' '.join(words))}\n\n{lines}"
    path = _saved(report.encode("utf-8", "backslashreplace"), state)
    where = f"The whole of it is in {path}: send that file to who maintains the program." if path else lines
    last = lines.rstrip().rpartition("\n")[2]
    text = "This is an error of the program itself, not of a host."
    hint = f"What was changed until then is in the journal: tui-installer status. {where}"
    return Problem("program.crashed", text, (last,), hint)


def _saved(report: bytes, state: State | None) -> Path | None:
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    for folder in ([state.folder, state.run] if state else []) + [Path(tempfile.gettempdir())]:
        with suppress(StateError):
            Files().save(folder / name, report)
            return folder / name
    return None
