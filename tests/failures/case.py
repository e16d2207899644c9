"""A case: a world with something wrong, and what the operator is to be told."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Disturbance:
    """A file of a host, changed behind the program's back."""

    host: str
    path: str
    text: str = ""
    add: bool = False
    """Whether the text comes after what is there, or instead of it."""
    gone: bool = False
    """Whether there is no such file any more."""
    swap: tuple[str, str] = ("", "")
    """What is replaced in what is there; the first is empty: nothing."""


@dataclass(frozen=True)
class Said:
    """A problem that must be shown, and words that must be in it."""

    code: str
    level: Literal["stop", "ask", "warn"] = "stop"
    text: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    hint: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One file of `cases`."""

    name: str
    about: str
    """What is wrong, in a sentence."""
    step: str
    """The step at which it shows."""
    when: Literal["plan", "apply", "drift"]
    """When it shows: when planning, only in an apply, or since somebody changed a file after the plan was approved."""
    said: tuple[Said, ...]
    state: str
    """The step's state in `status`."""
    exit: int
    """The exit code of `status`."""
    stack: str = "corosync"
    scenario: str = ""
    """Of the simulator; empty: the one that has the stack's name."""
    faults: dict[str, Any] = field(default_factory=dict)
    world: dict[str, Any] = field(default_factory=dict)
    """Merged into the world's state."""
    files: tuple[Disturbance, ...] = ()
    tools: dict[str, str] = field(default_factory=dict)
    """What tools on this host print, where the simulated ones cannot: name -> stdout."""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    attempts: int = 1
    """How often it is applied."""
    lifted: bool = False
    """Whether the faults must be gone before it can be taken back."""
    left: tuple[str, ...] = ()
    """Parts of the world that taking back leaves."""


def load(path: Path) -> Case:
    """Read a case. Raises TypeError for a key that does not exist."""
    data = tomllib.loads(path.read_text("utf-8"))
    told = tuple(said(each) for each in data.pop("said", []))
    files = tuple(disturbance(each) for each in data.pop("files", []))
    return Case(path.stem, said=told, files=files, left=tuple(data.pop("left", [])), **data)


def disturbance(table: dict[str, Any]) -> Disturbance:
    """A file that was changed, from its table."""
    return Disturbance(**{**table, "swap": tuple(table.get("swap", ("", "")))})


def said(table: dict[str, Any]) -> Said:
    """What is to be said, from its table."""
    text, evidence, hint = (tuple(table.pop(key, ())) for key in ("text", "evidence", "hint"))
    return Said(text=text, evidence=evidence, hint=hint, **table)


CASES = [load(path) for path in sorted(FOLDER.glob("*.toml"))]
