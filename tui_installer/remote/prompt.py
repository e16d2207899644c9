"""Asking on a plain terminal, before any screen is there: for what is needed to log in to a host."""

from __future__ import annotations

import sys
from dataclasses import replace
from getpass import getpass

from tui_installer.cli import saying
from tui_installer.hosts.ssh_messages import wanted
from tui_installer.model.answers import Secret
from tui_installer.model.step import Problem
from tui_installer.remote.target import Mend, TargetAnswers


def mend() -> Mend:
    """Who is asked: the operator, if there is one at a terminal."""
    return _ask if sys.stdin.isatty() and sys.stdout.isatty() else _nobody


def _nobody(problem: Problem, answers: TargetAnswers) -> TargetAnswers | None:
    return None


def _ask(problem: Problem, answers: TargetAnswers) -> TargetAnswers | None:
    saying.say_problems((problem,))
    match problem.code:
        case "target.host-key" | "target.host-key-changed":
            keys = tuple(line.split()[-1] for line in problem.evidence)
            return replace(answers, host_keys=keys) if _agreed("Is it that host?") else None
        case "target.algorithms" if name := wanted(problem.evidence):
            allow = (*answers.allow, name)
            return replace(answers, allow=allow) if _agreed(f"Allow {name} for this host alone?") else None
        case "target.refused":
            password = _typed()
            return replace(answers, password=Secret(password)) if password else None
    return None


def _agreed(question: str) -> bool:
    """Whether the whole word was typed: a stray Enter is no."""
    try:
        return input(f"{question} Type yes or no: ").strip().lower() == "yes"
    except (EOFError, KeyboardInterrupt, UnicodeDecodeError):
        return False


def _typed() -> str:
    try:
        return getpass("Password (empty: leave): ")
    except (EOFError, KeyboardInterrupt):
        return ""
    except UnicodeDecodeError:
        saying.say("What was typed is no UTF-8: type it as this terminal's locale has it, or use a key.")
        return ""
