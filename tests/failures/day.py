"""A case of the day after: a joined world in which one thing was changed, what is said of it, and what mends it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.failures.case import Disturbance, Said, disturbance, said

FOLDER = Path(__file__).parent / "day_two"
HOSTS = {
    "corosync": {"here": "fresh", "one": "node1", "two": "node2"},
    **{name: {"here": "bottom", "one": "top", "two": "left"} for name in ("etch", "lenny", "squeeze")},
}
"""What the hosts of a case are called in each stack's worlds."""


@dataclass(frozen=True)
class Done:
    """A command that somebody ran on a host."""

    host: str
    argv: tuple[str, ...]


@dataclass(frozen=True)
class Day:
    """One file of `day_two`, on one of its releases."""

    name: str
    stack: str
    about: str
    """What was changed, in a sentence."""
    step: str
    """The step at which it shows."""
    state: str
    """The step's state in `status`."""
    exit: int
    """The exit code of `status`."""
    repair: Literal["done", "refused", "nothing"]
    """What `apply` of the step does: it mends it, or it may not, or there is nothing to do."""
    undo: bool = False
    """Whether taking the step back is asked for, not applying it."""
    said: tuple[Said, ...] = ()
    words: tuple[str, ...] = ()
    """Words of the step's row."""
    unsaid: tuple[str, ...] = ()
    """Words that are nowhere in `status`: advice for somebody else."""
    after: int = 0
    """The exit code of `status` when it is mended, or if there is nothing to do."""
    run: tuple[Done, ...] = ()
    files: tuple[Disturbance, ...] = ()
    world: dict[str, Any] = field(default_factory=dict)
    """Merged into the world's state."""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Answers that differ from those of the join."""
    forgotten: bool = False
    """Whether the host was restarted since, so that no password is known."""
    breaks: str = ""
    """The command that fails in the repair that fails, or the path that cannot be written; empty: the plan's last."""
    left: tuple[str, ...] = ()
    """Parts of the world that the repair that fails may leave changed."""

    @property
    def id(self) -> str:
        """As in "etch-lockspace-gone"."""
        return f"{self.stack}-{self.name}"

    def machine(self, host: str) -> str:
        """The name of "here", "one" or "two" in the world."""
        return HOSTS[self.stack].get(host, host)


def load(path: Path) -> list[Day]:
    """Read a case, once for each of its releases. Raises TypeError for a key that does not exist."""
    data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    data["said"] = tuple(map(said, data.get("said", ())))
    data["files"] = tuple(map(disturbance, data.get("files", ())))
    data["run"] = tuple(Done(each["host"], tuple(each["argv"])) for each in data.get("run", ()))
    data |= {key: tuple(data.get(key, ())) for key in ("words", "unsaid", "left")}
    releases = data.pop("on")
    return [Day(path.stem, stack, **data) for stack in releases]


DAYS = [day for path in sorted(FOLDER.glob("*.toml")) for day in load(path)]
