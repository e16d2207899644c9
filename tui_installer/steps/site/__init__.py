"""Step "site": one member is asked for everything that joining needs to know; nothing is changed anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from tui_installer.hosts.host import Login
from tui_installer.model.answers import AnswersError, Secret, ask
from tui_installer.model.change import Change
from tui_installer.model.site import ProbeSet, Site, Witness
from tui_installer.model.step import Context, Level, Problem, Step
from tui_installer.probes import fitness
from tui_installer.probes.lvm import Group
from tui_installer.steps import subjects
from tui_installer.steps.site import refused
from tui_installer.steps.site.eyes import EYES
from tui_installer.steps.site.members import Access, ask_members

CLOCK = 5.0
"""Seconds by which a member's clock may differ without a word."""

SiteFacts = Site

_REACHABLE = re.compile(r"[\w:][\w.:%-]*", re.ASCII)
"""An address or a name; what is in no way part of one is never given to ssh."""


@dataclass(frozen=True, slots=True)
class SiteAnswers:
    """Which member is asked, and how it is logged in to."""

    peer: str = ask("Member", "Address of a host that is in the cluster now. It is asked for all the rest.")
    port: int = ask("SSH port", "22 if left empty.", default=0)
    user: str = ask("SSH user", "root if left empty; it must be root there.")
    key: str = ask("SSH key file", "Path of a private key on this host; empty: the agent and the usual places.")
    password: Secret = ask("Password", "Or the key's passphrase. It is kept until the next reboot.", default=Secret())
    host_keys: tuple[str, ...] = ask(
        "Host keys accepted", "Compare each with what its host prints: ssh-keygen -lf KEY.pub", default=()
    )

    def __post_init__(self) -> None:
        """Raises ValueError for what no host can be reached by."""
        if self.peer and not _REACHABLE.fullmatch(self.peer):
            raise AnswersError(f"peer: {self.peer!r} is neither an address nor a host name", "peer")
        if self.port not in range(65536):
            raise AnswersError(f"port: {self.port} is none: they are 1 to 65535", "port")


class SiteStep(Step[SiteFacts, SiteAnswers]):
    """Asks one member for everything that joining needs to know."""

    id, title = subjects.SITE
    asks: ClassVar[type[SiteAnswers]] = SiteAnswers

    def __init__(self, eyes: ProbeSet = EYES, refusal: str = "", offered: str = "") -> None:
        """`refusal`: why this host cannot join any cluster, empty: it can; `offered`: which hosts could."""
        self._eyes, self._refusal, self._offered = eyes, refusal, offered

    def probe(self, ctx: Context, site: Site, answers: SiteAnswers) -> SiteFacts:
        """The site, and `ctx.members` filled with every member that was logged in to."""
        user = answers.user or "root"
        login = Login(answers.peer, answers.port or 22, user, answers.password.value, answers.key)
        forgotten = answers.password.forgotten and not answers.key
        found, members = ask_members(ctx.here, Access(ctx.dialer, login, answers.host_keys, self._eyes, forgotten))
        ctx.members.clear()
        ctx.members.update(members)
        return replace(found, fitness=fitness.probe(ctx.here))

    def with_defaults(self, facts: SiteFacts, site: Site, answers: SiteAnswers) -> SiteAnswers:
        """The usual port and user."""
        return replace(answers, port=answers.port or 22, user=answers.user or "root")

    def plan(self, facts: SiteFacts, site: Site, answers: SiteAnswers) -> Iterator[Change]:
        """Nothing: this step only looks."""
        yield from ()

    def problems(self, facts: SiteFacts, site: Site, answers: SiteAnswers) -> Iterator[Problem]:
        """Why nothing can be learnt, or why what was learnt forbids joining."""
        if self._refusal:
            hint = f"What is needed is there on {self._offered}."
            yield Problem("site.no-stack", f"This host cannot be a member: {self._refusal}.", hint=hint)
        yield from refused.host(facts.here, facts.fitness)
        if unknown := _unknown_keys(facts, answers):
            changed = bool(answers.host_keys) and facts.failure == "host-key"
            yield _host_key(unknown, changed, self._eyes.compare)
        unasked = tuple(_unasked(facts, answers))
        if facts.witness is None:
            yield from unasked
            return
        if facts.failure:
            yield from (replace(each, level="warn") for each in unasked)
        yield from _unfit(facts, facts.witness, answers.peer)
        if facts.failure != "forgotten" and (answers.peer or not facts.itself):
            yield from _unreached(facts, {address for address, _ in unknown}, answers.peer)

    def shown(self, facts: SiteFacts, site: Site) -> dict[str, str]:
        """The site in a few lines."""
        if facts.witness is None:
            return {"Member": "none is known yet"}
        return dict(_lines(facts, facts.witness))

    def choices(self, facts: SiteFacts, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """The host keys that are offered."""
        return {"host_keys": tuple((print_, f"{address} {print_}") for address, print_ in facts.offered_keys)}


# --- what is in the way


def _unknown_keys(facts: Site, answers: SiteAnswers) -> tuple[tuple[str, str], ...]:
    """(address, fingerprint) of hosts that offered no key which was accepted."""
    known = {address for address, print_ in facts.offered_keys if print_ in answers.host_keys}
    return tuple(key for key in facts.offered_keys if key[0] not in known) if not facts.itself else ()


def _host_key(unknown: tuple[tuple[str, str], ...], changed: bool, compare: str) -> Problem:
    keys = tuple(f"{address} {print_}" for address, print_ in unknown)
    if changed:
        text = "This host shows another key than those that were accepted: nothing was sent to it."
        hint = f"Was it installed anew, or is somebody else in between? Compare the key {compare}; accept it if it is."
        return Problem("site.host-key-changed", text, keys, hint, field="host_keys")
    text = "These hosts are not known yet: nothing was sent to them."
    return Problem(
        "site.host-key", text, keys, f"Compare one key of each host {compare}, then accept it.", "ask", "host_keys"
    )


def _unasked(facts: Site, answers: SiteAnswers) -> Iterator[Problem]:
    """Why there is no witness."""
    if not answers.peer:
        hint = "Name the address of a host that is in the cluster now."
        yield Problem("site.no-peer", "No member of the cluster is named.", hint=hint, level="ask", field="peer")
    elif facts.failure == "unreachable":
        hint = "Check the address and the port, and that this host has a route there: ping it."
        text = f"{answers.peer} cannot be reached by ssh."
        yield Problem("site.unreachable", text, facts.evidence, hint, field="peer")
    elif facts.failure == "refused":
        yield _refused(facts, answers)
    elif facts.failure == "forgotten":
        text = f"{answers.peer} is not logged in to: the password that was given is not known since the restart."
        hint = "Type it again where members are to be asked or changed; this host tells of itself without."
        yield Problem("site.password-forgotten", text, hint=hint, level="ask", field="password")
    elif facts.failure == "cut-off":
        text = f"{answers.peer}, which was named, has no quorum, and this host has: it is cut off from the others."
        hint = "See its network. Until it is back name another member; nothing that changes members is done meanwhile."
        yield Problem("site.cut-off", text, hint=hint, field="peer")
    elif facts.failure == "stopped":
        text = f"{answers.peer}, which was named, is stopped: it runs no cluster now, and this host does."
        yield Problem(
            "site.stopped",
            text,
            hint="This host is believed instead. Start it there when it is wanted again.",
            level="warn",
        )
    elif facts.failure and facts.failure != "host-key":
        hint = f"ssh's words say why; by hand: ssh -v {answers.user or 'root'}@{answers.peer}"
        yield Problem("site.login-failed", f"ssh to {answers.peer} failed.", facts.evidence, hint, field="peer")


def _refused(facts: Site, answers: SiteAnswers) -> Problem:
    user, given = answers.user or "root", "this password" if answers.password else "the keys of this host"
    hint = (
        f"Type the password of {user} there, or name a key that it knows. "
        "Debian lets root in by key alone unless sshd_config says `PermitRootLogin yes`."
    )
    text = f"{answers.peer} does not let {user} in with {given}."
    return Problem("site.password-refused", text, facts.evidence, hint, field="password")


def _unfit(facts: Site, witness: Witness, peer: str) -> Iterator[Problem]:
    """Why this cluster must not be joined by this program, or not now."""
    here = facts.here
    yield from refused.cluster(witness, here, peer)
    part = witness.cluster
    if part.manager not in refused.OWN_COMMANDS and not part.running:
        text = f"{witness.name} is in no cluster: {part.daemon} does not run there, or only as its package starts it."
        yield Problem("site.no-cluster", text, hint="Name a host that is in the cluster now.", field="peer")
    elif part.manager not in refused.OWN_COMMANDS and not part.quorate:
        hint = "Bring the other members back first. Joining now could stop what still runs."
        text = f"The cluster has no quorum, says {witness.name}."
        yield Problem("site.inquorate", text, hint=hint, outside=is_member(facts))
    if here and abs(here.offset) > CLOCK:
        text = f"The clock of this host is {abs(here.offset):.0f} s {_side(here.offset)} the driving one's."
        yield Problem("site.clock", text, hint="Let all hosts follow the same time servers.", level="warn")
    if not facts.itself and abs(witness.system.offset) > CLOCK:
        text = f"The clock of {witness.name} is {abs(witness.system.offset):.0f} s {_side(witness.system.offset)} ours."
        yield Problem("site.clock", text, hint="Let all hosts follow the same time servers.", level="warn")


def _side(offset: float) -> str:
    return "ahead of" if offset > 0 else "behind"


def is_member(facts: Site) -> bool:
    """Whether this host is in the membership already, as itself or another one says."""
    name = facts.here.hostname.split(".")[0] if facts.here else ""
    present = facts.witness.cluster.present if facts.witness else ()
    return facts.itself or name in {each.split(".")[0] for each in present}


def _unreached(facts: Site, unknown: set[str], named: str) -> Iterator[Problem]:
    """Members that ssh does not reach: what changes the cluster must change it on all of them, so nobody joins. What is
    a member already goes on; the one that was named is told of by `_unasked`."""
    members = facts.witness.cluster.present if facts.witness else ()
    for peer in facts.peers:
        if peer.reached or peer.address in unknown or (facts.failure and peer.address == named):
            continue
        if peer.name in members:
            text = f"{peer.name} is in the membership now, but ssh does not log in there ({peer.address})."
            hint = "Every member must be logged in to: the same user, key or password is used for all."
            level: Level = "warn" if is_member(facts) else "stop"
            yield Problem("site.peer-not-logged-in", text, peer.evidence, hint, level)
        else:
            text = f"{peer.name} is not in the membership: it will miss what changes, until it is given the new file."
            yield Problem("site.peer-not-logged-in", text, peer.evidence, level="warn")


# --- shown


def _lines(facts: Site, witness: Witness) -> Iterator[tuple[str, str]]:
    part, sessions = witness.cluster, witness.iscsi.sessions
    yield "Cluster", f"{part.cluster} (configuration {part.version})" if part.cluster else "none"
    yield "Member asked", f"{witness.name}{', this host itself' if facts.itself else ''}"
    yield "Members", ", ".join(f"{p.name}{'' if p.reached else ' (not logged in to)'}" for p in facts.peers)
    yield "Stack", f"{part.manager}: {part.managed_by or 'nothing else manages the membership'}"
    ways = {each.address for each in sessions if each.address}
    carrying = [one for one in witness.network.interfaces if any(a.split("/")[0] in ways for a in one.addresses)]
    yield "Storage network", ", ".join(f"{one.name} {' '.join(one.addresses)}" for one in carrying) or "not known"
    yield "Portals", ", ".join(sorted({each.portal for each in sessions})) or "no session"
    yield "Targets", ", ".join(sorted({each.iqn for each in sessions})) or "no session"
    yield "Volume groups", ", ".join(f"{g.name} ({_kind(g)})" for g in witness.lvm.groups) or "none"


def _kind(group: Group) -> str:
    return group.lock_type or ("clustered" if group.clustered else "local")
