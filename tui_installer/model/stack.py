"""A stack: an ordered tuple of steps. What is not in it cannot be planned. Its name is chosen by what a host has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tui_installer.hosts.host import Host
from tui_installer.model.step import Step
from tui_installer.probes.alive import Alive


class NoSuchStep(LookupError):
    """A step was named that the stack has not; the text says which it has."""


class NoSuchStack(LookupError):
    """A stack was named that there is not; the text says which there are."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The steps that take a host to membership, in the order in which they are done."""

    name: str
    """What it is asked for by: a suite of which there is one form only, else the Debian release of the form."""
    title: str
    steps: tuple[Step[Any, Any], ...]
    reason: str = ""
    """Why it is the one for this host; empty: nobody chose."""
    alive: Callable[[Host], Alive] = lambda host: Alive()
    """Looks at what lives on a host and must not be taken away. Raises `HostError`."""
    suite: str = "corosync"
    """The cluster suite: "corosync", "rhcs", or "none"."""

    @property
    def label(self) -> str:
        """As in "corosync", "rhcs (etch)"."""
        return self.suite if self.suite == self.name else f"{self.suite} ({self.name})"

    def step(self, step_id: str) -> Step[Any, Any]:
        """The step of that id. Raises `NoSuchStep`."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise NoSuchStep(f"there is no step {step_id!r}; the steps are: {', '.join(step.id for step in self.steps)}")
