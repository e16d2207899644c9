"""Guests can be moved between this host and the members: `xl migrate GUEST xen-NODE`, each root with a key of its own
that lets guests through and nothing else; and what would go wrong on the way is said before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from tui_installer.formats.text import FormatError
from tui_installer.model.change import Change, WriteFiles
from tui_installer.model.diagnosis import diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.steps import subjects
from tui_installer.steps.migration import facts as seen
from tui_installer.steps.migration import wiring
from tui_installer.steps.migration.facts import MigrationAnswers, MigrationFacts, Side


class MigrationStep(Step[MigrationFacts, MigrationAnswers]):
    """Gives root of each host a key for moving guests, and lets those of the others in for that alone."""

    id, title = subjects.MIGRATION
    asks: ClassVar[type[MigrationAnswers]] = MigrationAnswers
    single_use: ClassVar[tuple[str, ...]] = ("confirm",)

    def probe(self, ctx: Context, site: Site, answers: MigrationAnswers) -> MigrationFacts:
        """See `Step.probe`."""
        return seen.probe(ctx, site)

    def with_defaults(self, facts: MigrationFacts, site: Site, answers: MigrationAnswers) -> MigrationAnswers:
        """See `Step.with_defaults`: guests are moved, where each host has a key for it."""
        return replace(answers, allow=bool(facts.here.key)) if answers.allow is None else answers

    def plan(self, facts: MigrationFacts, site: Site, answers: MigrationAnswers) -> Iterator[Change]:
        """See `Step.plan`: one change over all hosts, so that no two of them know but half."""
        if not answers.allow or _unready(facts) or _unwritable(facts):
            return
        if found := tuple(wiring.edits(facts)):
            names = ", ".join(side.name for side in facts.others)
            yield WriteFiles(f"Let guests be moved between this host and {names}", found, left=True)

    def plan_removal(self, facts: MigrationFacts, site: Site, taken: tuple[Change, ...]) -> Iterator[Change]:
        """See `Step.plan_removal`: this host's lines leave the files of that day; those of other hosts stay."""
        if not any(isinstance(change, WriteFiles) and change.left for change in taken):
            return
        found = [*wiring.forgotten(facts.here, facts.others)]
        for other in facts.others:
            found += wiring.forgotten(other, (facts.here,))
        if found:
            yield WriteFiles("Let no guests be moved any more", tuple(found), left=True)

    def problems(self, facts: MigrationFacts, site: Site, answers: MigrationAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        if answers.allow:
            yield from _problems(facts, site, answers, tuple(self.plan(facts, site, answers)))

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, ())

    def shown(self, facts: MigrationFacts, site: Site) -> dict[str, str]:
        """See `Step.shown`: a line a host, this one first."""
        rows = {f"{facts.here.name} (here)": _row(facts.here)}
        for other in facts.others:
            rows[other.name] = "; ".join((*_ways(facts.here, other), _row(other)))
        return {**rows, **{name: "not logged in to: not known" for name in facts.unseen}}


def _row(side: Side) -> str:
    version = f"Xen {side.xen.version}" if side.xen.version else "Xen runs" if side.xen.dom0 else "no Xen now"
    return f"{version}; bridge {', '.join(side.bridges) or 'none'}; groups {', '.join(side.groups) or 'none'}"


def _ways(here: Side, other: Side) -> Iterator[str]:
    for title, one, to in (("there", here, other), ("back", other, here)):
        said = one.tried.get(to.name)
        yield f"{title}: {'no key yet' if said is None else said or 'yes'}"


def _unready(facts: MigrationFacts) -> tuple[str, ...]:
    """Hosts that have no key, or whose sshd's key is not known."""
    return tuple(side.name for side in (facts.here, *facts.others) if not (side.key and side.host_key and side.address))


def _unwritable(facts: MigrationFacts) -> str:
    try:
        tuple(wiring.edits(facts))
    except FormatError as error:
        return str(error)
    return ""


# --- what is in the way


def _problems(
    facts: MigrationFacts, site: Site, answers: MigrationAnswers, changes: tuple[Change, ...]
) -> Iterator[Problem]:
    if unready := _unready(facts):
        text = f"There is no key for moving guests on: {', '.join(unready)}."
        yield Problem("migration.no-key", text, hint="The step before this one makes it; or ssh-keygen -A there.")
        return
    if why := _unwritable(facts):
        yield Problem("migration.file", "A file of ssh cannot be edited.", (why,), "Mend it first.")
        return
    yield from _confirm(site, answers, changes)
    yield from _refused(facts)
    for other in facts.others:
        yield from _unlike(facts.here, other)
    if facts.unseen:
        text = f"Not logged in to: {', '.join(facts.unseen)}. What they let in is not known."
        yield Problem(
            "migration.unseen", text, hint="Log in to them in the site step, then plan this again.", level="warn"
        )


def _confirm(site: Site, answers: MigrationAnswers, changes: tuple[Change, ...]) -> Iterator[Problem]:
    name = site.witness.cluster.cluster if site.witness else ""
    touched = [e.host for c in changes if isinstance(c, WriteFiles) for e in c.edits if e.host != "here"]
    if touched and answers.confirm != name:
        wrong = f"{answers.confirm!r} is not the cluster's name. " if answers.confirm else ""
        text = f"{wrong}This changes files of ssh on {', '.join(dict.fromkeys(touched))}."
        yield Problem("migration.confirm", text, hint=f"Type the cluster's name, {name}, to confirm it.", level="ask")


def _refused(facts: MigrationFacts) -> Iterator[Problem]:
    sides = {side.name: side for side in (facts.here, *facts.others)}
    for side in sides.values():
        for name, why in side.tried.items():
            if why and name in sides and facts.here.name in (side.name, name):
                text = f"{side.name} cannot log in to {name} with its key: no guest can be moved there."
                hint = f"By hand, on {side.name}: ssh -v xen-{name} true. Another host key there? Compare it first."
                yield Problem("migration.refused", text, (why,), hint, "warn")


def _unlike(here: Side, other: Side) -> Iterator[Problem]:
    if missing := sorted(set(other.bridges) - set(here.bridges)):
        text = (
            f"{other.name} has the bridge {', '.join(missing)}, this host has not: its guests' network would not start."
        )
        hint = f"In /etc/network/interfaces, as {other.name} has it; a guest names it in vif = ['bridge=...']."
        yield Problem("migration.bridge", text, hint=hint, level="warn")
    if groups := sorted(set(other.groups) ^ set(here.groups)):
        text = (
            f"{other.name} and this host do not see the same volume groups: {', '.join(groups)} on one of them alone."
        )
        yield Problem("migration.groups", text, hint="A guest on such a volume cannot be moved.", level="warn")
    if here.xen.dom0 and other.xen.dom0 and here.xen.version != other.xen.version:
        text = f"Xen {here.xen.version} runs here, {other.xen.version} on {other.name}."
        yield Problem("migration.version", text, hint="To an older one a guest may not be moved back.", level="warn")
    if here.xen.dom0 and other.xen.dom0 and here.xen.features != other.xen.features:
        text = f"The processors of {other.name} have other features: a guest may miss some after it was moved."
        seen = (f"here:  {here.xen.features}", f"there: {other.xen.features}")
        hint = "Give such guests what both have: cpuid = ... in their configuration (xl.cfg(5))."
        yield Problem("migration.cpu", text, seen, hint, "warn")
