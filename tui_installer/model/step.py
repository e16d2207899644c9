"""What a step is: it looks at hosts and says what would have to change. It never changes a host and asks nobody.

The engine plans, applies, verifies and takes back; a step's author writes `probe`, `plan` and `problems` and
cannot forget the rest. What must see the result of a change belongs to the next step.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, Literal, TypeVar

from tui_installer.hosts.host import Dialer, Host, HostError
from tui_installer.model.change import Blobs, Change, Run
from tui_installer.model.change_json import to_json
from tui_installer.model.fallback import Fallback
from tui_installer.model.site import Site
from tui_installer.model.text import tail
from tui_installer.model.view import View

Level = Literal["stop", "ask", "warn"]
"""How much a problem matters: nothing may be changed; an answer or a confirmation is missing; it is only said."""
LEVELS: Mapping[Level, str] = {"stop": "PROBLEM", "ask": "TO ANSWER", "warn": "NOTE"}
"""What that is called for people; programs are told its name."""


Action = Literal["apply", "undo", "mend", "leave", "shutdown"]
"""What a plan is for. "mend": the remedy of what the newest attempt failed with; "leave": out of the cluster;
"shutdown": this host ends what it serves, in order, and itself."""
PAST: Mapping[Action, str] = {
    "apply": "applied", "undo": "taken back", "mend": "mended", "leave": "left", "shutdown": "shut down",
}  # fmt: skip
"""What was done then, as in "it is being taken back"."""

Reason = Literal["exit", "signal", "timeout", "absent", "lost", "waited", "drift", "refused", "unwritten"]
"""Why a change failed: how its command ended (see `hosts.host.End`); what was waited for did not come true; the file
was another than when the plan was made; its tool's own check refuses it; it could not be written."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """What mends a cause: safe changes, shown and approved as a plan of their own (`Engine.plan_mend`)."""

    title: str
    """What it does, as the label of a choice: "Let dpkg finish"."""
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the way, or worth saying."""

    code: str
    """Stable, as in "iscsi.chap-refused"; its page in assets/runbook has the same name."""
    text: str
    """What is wrong, in one or two sentences."""
    evidence: tuple[str, ...] = ()
    """The tool's own words."""
    hint: str = ""
    """What to do next."""
    level: Level = "stop"
    field: str = ""
    """The answer that would mend it; empty: the one that its code ends with, if there is one."""
    acceptable: bool = False
    """Whether the operator may go on in spite of it, by naming its code in `accept`: never what may destroy data."""
    outside: bool = False
    """Whether it tells of something outside this host, as a path that is down, and not that the step is out of place:
    what comes after the step is not held up by it."""
    stays: str = ""
    """What is open still though all is in place, in a few words, as in "no fencing"; empty: nothing is."""
    remedy: Remedy | None = None
    """What mends it, if that is a safe plan: "mend and go on"."""


def placed(notes: Iterable[str], what: str = "in place") -> str:
    """That something is in place, and what is open still, in every front end's words: "in place, but: no fencing"."""
    known = ", ".join(dict.fromkeys(notes))
    return f"{what}, but: {known}" if known else what


@dataclass(frozen=True, slots=True)
class Failure:
    """A change that did not work: what the journal keeps of it and the failure card shows."""

    title: str
    host: str
    command: tuple[str, ...]
    """The argv; for a file that could not be written, its path alone."""
    verdict: str
    """In words: "exit code 24", "changed since the plan was made"."""
    code: int | None
    evidence: tuple[str, ...]
    """All that the tool said (see `text.kept`): a cause may be long before its last words."""
    id: str = ""
    """Of the change (`Run.id`): causes go by it and by the tool's words, never by our own."""
    reason: Reason = "exit"
    problem: str = ""
    """The code of the problem for which the engine itself refused it; empty: it did not."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a step would do now. What was approved is applied: `digest` tells whether two plans are the same."""

    step: str
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    action: Action = "apply"
    of: tuple[str, ...] = ()
    """For an undo: the journal's keys of what each change takes back."""
    attempt: str = ""
    """For an undo: the id of the one attempt that it takes back; empty: all that stands of the step."""

    @property
    def in_place(self) -> bool:
        """Nothing to change, nothing in the way, nothing to ask."""
        return not self.changes and not any(problem.level != "warn" for problem in self.problems)

    @property
    def stands(self) -> bool:
        """Whether later steps may build on it: nothing to change or ask, and what is in the way lies outside."""
        return not self.changes and all(problem.level == "warn" or problem.outside for problem in self.problems)

    @property
    def blocked(self) -> bool:
        """Something must be mended or answered before this may be applied."""
        return any(problem.level != "warn" for problem in self.problems)

    @property
    def notes(self) -> tuple[str, ...]:
        """What stays open, be everything in place or not; see `Problem.stays`."""
        return tuple(dict.fromkeys(problem.stays for problem in self.problems if problem.stays))

    def digest(self, blobs: Blobs) -> str:
        """SHA-256 over what would be done."""
        data = [self.step, self.action, [to_json(change, blobs) for change in self.changes]]
        return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


@dataclass(slots=True)
class Context:
    """The hosts that a step may look at: "here", and the members by name."""

    here: Host
    dialer: Dialer
    members: dict[str, Host] = field(default_factory=dict)
    """Filled by the site: every member that was logged in to."""
    fallback: Fallback | None = None
    """Of a host that is driven from another one; None: this is the host."""
    log: Callable[[str], object] = str
    """Writes a line into the log of the system "here"; a simulated one has none."""

    def host(self, name: str) -> Host:
        """A host by its name. Raises `HostError` for a member that cannot be logged in to."""
        if name == "here":
            return self.here
        if name not in self.members:
            raise HostError(f"{name} is not logged in to")
        return self.members[name]

    @property
    def hosts(self) -> Mapping[str, Host]:
        """This host, as "here", and the members that are logged in to, by name."""
        return {"here": self.here, **self.members}


Facts = TypeVar("Facts")
Answers = TypeVar("Answers")


def judged(problems: Iterable[Problem], accepted: Collection[str]) -> Iterator[Problem]:
    """The problems: one that may be accepted, and is, only warns; of one that may not it is said."""
    found = tuple(problems)
    offered = sorted({each.code for each in found if each.acceptable})
    for problem in found:
        if problem.level == "warn" or problem.code not in accepted:
            yield problem
        elif problem.acceptable:
            yield replace(problem, level="warn")
        else:
            others = f"; what may be: {', '.join(offered)}" if offered else ""
            yield replace(problem, hint=f"{problem.hint} {problem.code} cannot be accepted{others}.".lstrip())


def discreet(problem: Problem, hide: Callable[[str], str]) -> Problem:
    """The problem without secrets in what a tool said."""
    text, hint, evidence = hide(problem.text), hide(problem.hint), tuple(map(hide, problem.evidence))
    return replace(problem, text=text, hint=hint, evidence=evidence)


class Step(ABC, Generic[Facts, Answers]):
    """One row of the status screen. Implementations keep no state."""

    id: ClassVar[str]
    title: ClassVar[str]
    asks: ClassVar[type[Any]]
    """The answers class: a frozen dataclass of fields made by `answers.ask`."""
    modules: ClassVar[tuple[str, ...]] = ()
    """Kernel modules that its tools load by themselves, dependents first: taking it back unloads those that came."""
    leaves: ClassVar[bool] = False
    """Whether it has a part in leaving the cluster; the first such step of a stack is membership itself."""
    shuts_down: ClassVar[bool] = False
    """Whether it has a part in shutting this host down; the last such step of a stack ends the host itself."""
    passing: ClassVar[tuple[str, ...]] = ()
    """Files of its own, by path, that the host removes again by itself."""
    single_use: ClassVar[tuple[str, ...]] = ()
    """Answers that confirm what is done: they hold for one attempt, and are asked for again before the next."""

    @abstractmethod
    def probe(self, ctx: Context, site: Site, answers: Answers) -> Facts:
        """Look. May raise `HostError`."""

    def with_defaults(self, facts: Facts, site: Site, answers: Answers) -> Answers:
        """The answers with what was left open filled in from what was seen: the form's defaults."""
        return answers

    @abstractmethod
    def plan(self, facts: Facts, site: Site, answers: Answers) -> Iterator[Change]:
        """What has to change; nothing if all is in place. Pure: all that matters is in the facts and the answers."""

    def problems(self, facts: Facts, site: Site, answers: Answers) -> Iterator[Problem]:
        """What is in the way. Pure."""
        yield from ()

    def plan_removal(self, facts: Facts, site: Site, taken: tuple[Change, ...]) -> Iterator[Change]:
        """Absence, planned from today's files: for what the inverse of a change must not do. Pure.

        `taken` is what is taken back: nothing that it did not bring may be removed.
        """
        yield from ()

    def plan_leaving(self, facts: Facts, site: Site) -> Iterator[Change]:
        """Its part of leaving the cluster, whoever joined this host: what it serves ends, now and at boot. Pure."""
        yield from ()

    def against_leaving(self, facts: Facts, site: Site, answers: Answers) -> Iterator[Problem]:
        """Why this host must not leave now, or what must be typed first. Pure."""
        yield from ()

    def plan_shutdown(self, facts: Facts, site: Site) -> Iterator[Change]:
        """Its part of shutting this host down: what it serves ends now, and comes back with the next boot. Pure."""
        yield from ()

    def against_shutdown(self, facts: Facts, site: Site, answers: Answers) -> Iterator[Problem]:
        """Why this host must not go down now, or what must be typed first. Pure."""
        yield from ()

    def diagnose(self, failure: Failure) -> Problem:
        """The problem that a failed change of this step shows. Pure."""
        text = f"{failure.title}: {failure.verdict}."
        hint = "Mend the cause, then plan again; or take it back."
        return Problem(f"{self.id}.failed", text, tail(failure.evidence), hint)

    @abstractmethod
    def shown(self, facts: Facts, site: Site) -> dict[str, str]:
        """What is, in a few labelled lines, for the screen and for `status --json`."""

    def views(self) -> tuple[View, ...]:
        """Live panels for its screen."""
        return ()

    def choices(self, facts: Facts, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """For questions that are ticked from a list, or typed beside one: field name -> (value, how it is shown)."""
        return {}
