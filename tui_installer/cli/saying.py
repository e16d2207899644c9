"""What the command line prints."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from tui_installer.model.text import printable

if TYPE_CHECKING:
    from tui_installer.model.step import Problem


def say(text: str) -> None:
    """Print lines at once, made harmless: a serial line or a pipe shows progress as it is made."""
    data = "\n".join(map(printable, text.split("\n")))
    encoding = letters(os.environ) or sys.stdout.encoding or "utf-8"
    with contextlib.suppress(OSError):  # the line is gone; the work goes on, and the journal has it all
        sys.stdout.write(data.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        sys.stdout.flush()


def letters(environment: Mapping[str, str]) -> str:
    """The encoding that a locale without letters of its own allows: "ascii"; empty: the locale has its own.

    Python by itself takes such a locale for UTF-8.
    """
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or "C"
    return "ascii" if locale in ("C", "POSIX") else ""


def say_problems(problems: Iterable[Problem]) -> None:
    """Print problems, with what was seen and what to do."""
    from tui_installer.model.step import LEVELS  # who has a problem has loaded it

    for problem in problems:
        say(f"  {LEVELS[problem.level]} {problem.code}: {problem.text}")
        for line in problem.evidence:
            say(f"      | {line}")
        if problem.hint:
            say(f"      -> {problem.hint}")
        if problem.remedy:
            say(f"      -> tui-installer mend {problem.code.partition('.')[0]}: {problem.remedy.title}")
