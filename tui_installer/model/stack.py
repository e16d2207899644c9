"""A stack: an ordered tuple of steps. What is not in it cannot be planned. Its name is chosen by what a host has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from tui_installer.hosts.host import Host
from tui_installer.model.step import Step

if TYPE_CHECKING:  # what looks is loaded with the steps
    from tui_installer.probes.alive import Alive


class NoSuchStep(LookupError):
    """A step was named that the stack has not; the text says which it has."""


class NoSuchStack(LookupError):
    """A stack was named that there is not; the text says which there are."""


def _nothing(host: Host) -> Alive:
    from tui_installer.probes.alive import Alive  # with what looks

    return Alive()


class Subject(NamedTuple):
    """What a step is about, known before its code is loaded."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Stack:
    """The steps that take a host to membership, in the order in which they are done."""

    name: str
    """What it is asked for by: a suite of which there is one form only, else the Debian release of the form."""
    title: str
    steps: tuple[Step[Any, Any], ...]
    reason: str = ""
    """Why it is the one for this host; empty: nobody chose."""
    alive: Callable[[Host], Alive] = _nothing
    """Looks at what lives on a host and must not be taken away. Raises `HostError`."""
    suite: str = "corosync"
    """The cluster suite: "corosync", "rhcs", or "none"."""

    @property
    def label(self) -> str:
        """As in "corosync", "rhcs (etch)"."""
        return self.suite if self.suite == self.name else f"{self.suite} ({self.name})"

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """What its steps are about."""
        return tuple(Subject(step.id, step.title) for step in self.steps)

    def step(self, step_id: str) -> Step[Any, Any]:
        """The step of that id. Raises `NoSuchStep`."""
        for step in self.steps:
            if step.id == step_id:
                return step
        raise NoSuchStep(f"there is no step {step_id!r}; the steps are: {', '.join(step.id for step in self.steps)}")


class Debian(NamedTuple):
    """The release of a host, as /etc/debian_version says it."""

    version: str
    """Its first part, "12"; empty: it does not say."""
    codename: str
    """As of a release in the making, "squeeze"; empty: it does not say."""

    @property
    def number(self) -> float:
        """The version; 0: it does not say."""
        return float(self.version or 0)


@dataclass(frozen=True, slots=True)
class StackEntry:
    """A stack as it can be chosen: it knows by itself whether it is the one for a host."""

    name: str
    title: str
    subjects: tuple[Subject, ...]
    """Of its steps, in their order: the first picture has them before the steps are loaded."""
    packages: tuple[str, ...]
    """What it is known by: their versions are asked for, and told as the reason."""
    is_told_by: Callable[[Mapping[str, str]], bool]
    """Whether packages (name -> version), installed or offered by apt, are its own."""
    comes_with: Callable[[Debian], bool]
    """Whether it is the one of that release; asked only where no package tells."""
    hosts: str
    """Where it can be had, in words: "Debian 12 and 13 (corosync)"."""
    load: Callable[[], Stack]
    """Makes it; its steps are loaded by then."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The stack that a host gets. Its steps are not loaded yet."""

    entry: StackEntry
    reason: str

    def load(self) -> Stack:
        """It, with the reason; its steps are loaded by then."""
        return replace(self.entry.load(), reason=self.reason)


class Stacks(Mapping[str, Stack]):
    """All stacks by their names, each made when it is asked for."""

    def __init__(self, *entries: StackEntry) -> None:
        self.entries = entries

    def __getitem__(self, name: str) -> Stack:
        """That stack. Raises KeyError."""
        return {entry.name: entry for entry in self.entries}[name].load()

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        return (entry.name for entry in self.entries)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.entries)
