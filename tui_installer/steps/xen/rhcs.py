"""xend: guests may be moved here by the cluster's members, and by nobody else; guests' bridge as the members have it.

Its relocation port knows no password: whoever matches an expression of hosts-allow may send a guest. xend lets
everybody in where the list is empty, or where two blanks stand together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from tui_installer.formats import sexp
from tui_installer.formats.cluster_conf import parse
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File, side_by_side
from tui_installer.model import ends
from tui_installer.model.answers import ask
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.model.diagnosis import Cause, diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.probes import alive
from tui_installer.probes.network import Network
from tui_installer.probes.rhcs import network_text
from tui_installer.probes.rhcs.sysv import is_running
from tui_installer.steps import subjects
from tui_installer.steps.rhcs.release import Release, unfit
from tui_installer.steps.xen import rhcs_guests, rhcs_scripts
from tui_installer.steps.xen.rhcs_scripts import said

CONF, CAPABILITIES = "/etc/xen/xend-config.sxp", "/proc/xen/capabilities"
CLUSTER = "/etc/cluster/cluster.conf"
SERVER, ALLOW, SCRIPT = "xend-relocation-server", "xend-relocation-hosts-allow", rhcs_scripts.SCRIPT
YES = ("yes", "y", "1", "on", "true", "t")
"""What xend reads as true (sxp of Xen 3.2)."""
LOCALHOST = "^localhost$"

CAUSES = (
    Cause(
        "xen.not-started",
        r"xend",
        "xend did not come back with the new configuration.",
        "The end of /var/log/xen/xend.log says why. The old file is back; mend the cause, then plan again.",
    ),
)


@dataclass(frozen=True, slots=True)
class XenAnswers:
    """What is asked about xend."""

    members: tuple[str, ...] = ask(
        "May send guests here",
        "Addresses of the members, this host among them; each becomes one expression.",
        default=(),
    )
    allow_all: bool = ask(
        "Let everybody in",
        "Any host that reaches port 8002 could send a guest here, without a password.",
        default=False,
    )
    network_script: str = ask(
        "Network script",
        "network-bridge: xend makes the guests' bridge at the boot; network-dummy: it makes none.",
        typed=True,
    )
    confirm: str = ask("Cluster's name", "Type it to confirm that the members' xend files are to be changed.")
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that are accepted.", default=())


@dataclass(frozen=True, slots=True)
class XenFacts:
    """xend here, and at a member."""

    conf: File | None
    """None: xend is not installed."""
    dom0: bool
    """Whether this kernel runs as Xen's dom0 now."""
    running: bool
    address: str
    """This host's own address, without prefix length; empty: none."""
    theirs: File | None
    """The member's file; None: there is none, or nobody was asked."""
    members: tuple[tuple[str, File], ...] = ()
    """Every member that was logged in to and has xend, with its file."""
    cluster: str = ""
    """The cluster's name, as the member that was asked has it."""
    guests: tuple[str, ...] = ()
    """Those that run here, as "domain 5"."""
    network: Network | None = None
    """This host's."""


class XenStep(Step[XenFacts, XenAnswers]):
    """Lets the members, and nobody else, move guests to this host by xend."""

    id, title = subjects.XEND
    asks: ClassVar[type[XenAnswers]] = XenAnswers
    shuts_down: ClassVar[bool] = True
    single_use: ClassVar[tuple[str, ...]] = ("confirm",)

    def __init__(self, release: Release) -> None:
        self._script = f"/etc/init.d/{release.xend_script}"

    def probe(self, ctx: Context, site: Site, answers: XenAnswers) -> XenFacts:
        """See `Step.probe`."""
        here, seen = ctx.here, network_text.probe(ctx.here)
        main, told = seen.interface(seen.main), here.read(CAPABILITIES)
        asked = site.witness.name if site.witness and not site.itself else ""
        member, others = ctx.members.get(asked), [each for each in ctx.members.items() if each[1] is not here]
        files = side_by_side(lambda each: each[1].read(CONF), others)
        told_by = member.read(CLUSTER) if member else None
        conf, dom0 = here.read(CONF), told is not None and b"control_d" in told.content
        return XenFacts(
            conf=conf,
            dom0=dom0,
            running=dom0 and conf is not None and is_running(here, "xend", "status"),
            address=main.addresses[0].partition("/")[0] if main and main.addresses else "",
            theirs=member.read(CONF) if member else None,
            members=tuple((name, file) for (name, _), file in zip(others, files, strict=True) if file is not None),
            cluster=_cluster_name(told_by),
            guests=alive.guests(here),
            network=seen,
        )

    def with_defaults(self, facts: XenFacts, site: Site, answers: XenAnswers) -> XenAnswers:
        """The members and this host; the script that the member has."""
        known = [peer.address for peer in site.peers if peer.address]
        addresses = sorted(dict.fromkeys([facts.address, *known] if facts.address else known), key=_by_number)
        theirs = said(facts.theirs, SCRIPT) or said(facts.conf, SCRIPT)
        return replace(
            answers,
            members=answers.members or tuple(addresses),
            network_script=answers.network_script or (theirs or ""),
        )

    def plan(self, facts: XenFacts, site: Site, answers: XenAnswers) -> Iterator[Change]:
        """Relocation, in force at once; then the network script, which must not be run under a session: at the boot."""
        if facts.conf is None or _unreadable(facts):
            return
        content = _relocation(facts.conf.content, answers)
        wait = Run("Wait for xend", "here", ("xend", "status"), within=ends.PROCESS)
        restart = Run("Restart xend", "here", (self._script, "restart"), within=ends.SERVICE)
        if content != facts.conf.content:
            edit = Edit("here", CONF, facts.conf, replace(facts.conf, content=content))
            yield WriteFiles("Let the members move guests here", (edit,), (restart, wait) if facts.dom0 else ())
        elif facts.dom0 and not facts.running:
            back = Run("Stop xend", "here", (self._script, "stop"), within=ends.SERVICE)
            yield Run("Start xend", "here", (self._script, "start"), within=ends.SERVICE, undo=(back,))
        if answers.network_script and sexp.get(content, SCRIPT) != answers.network_script:
            now = replace(facts.conf, content=content)
            after = replace(now, content=sexp.set(content, SCRIPT, answers.network_script, quoted=False))
            yield WriteFiles("Have xend make the guests' bridge, from the reboot on", (Edit("here", CONF, now, after),))
        yield from _on_members(facts)

    def problems(self, facts: XenFacts, site: Site, answers: XenAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        yield from unfit(site.here)
        yield from _problems(facts, site, answers)
        yield from _members_problems(facts, answers)

    def plan_shutdown(self, facts: XenFacts, site: Site) -> Iterator[Change]:
        """See `Step.plan_shutdown`: the guests, each by itself, and none is destroyed."""
        yield from rhcs_guests.ended(facts.guests)

    def against_shutdown(self, facts: XenFacts, site: Site, answers: XenAnswers) -> Iterator[Problem]:
        """See `Step.against_shutdown`."""
        yield from rhcs_guests.told(facts.guests)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: XenFacts, site: Site) -> dict[str, str]:
        """See `Step.shown`."""
        serves, open_ = (said(facts.conf, SERVER) or "") in YES, sexp.openings(said(facts.conf, ALLOW))
        return {
            "Xen": "this is dom0" if facts.dom0 else "not running: it will be after the reboot",
            "Daemon": f"xend {'runs' if facts.running else 'does not run'}",
            "Guests may come": ("from everybody" if open_ else f"from {said(facts.conf, ALLOW)}") if serves else "no",
            "Network script": said(facts.conf, SCRIPT) or "(none)",
        }

    def choices(self, facts: XenFacts, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """See `Step.choices`: the scripts that hosts have, with their bridges."""
        files = [(rhcs_scripts.HERE, facts.conf), *facts.members]
        return {"network_script": tuple(rhcs_scripts.offered(files, facts.network, site))}


def _by_number(address: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", address))


def admits(value: str | None, addresses: tuple[str, ...]) -> bool:
    """Whether a list of expressions lets these in and is no open door; xend matches from the beginning."""
    if value is None or sexp.openings(value):
        return False
    return all(any(re.match(pattern, address) for pattern in value.split(" ")) for address in addresses)


def _relocation(content: bytes, answers: XenAnswers) -> bytes:
    """The file with relocation on, and hosts-allow as it is to be. Raises `FormatError`."""
    if (sexp.get(content, SERVER) or "") not in YES:
        content = sexp.set(content, SERVER, "yes", quoted=False)
    if answers.allow_all:
        return sexp.set(content, ALLOW, "") if sexp.get(content, ALLOW) != "" else content
    if answers.members and not admits(sexp.get(content, ALLOW), answers.members):
        patterns = (LOCALHOST, *(sexp.literal(address) for address in answers.members))
        content = sexp.set(content, ALLOW, sexp.hosts_allow(patterns))
    return content


def _unreadable(facts: XenFacts) -> str:
    try:
        _relocation(facts.conf.content if facts.conf else b"", XenAnswers(("192.0.2.1",), network_script="x"))
    except FormatError as error:
        return str(error)
    return ""


def _problems(facts: XenFacts, site: Site, answers: XenAnswers) -> Iterator[Problem]:
    if facts.conf is None:
        yield Problem("xen.not-installed", "xend is not installed.", (), "The packages come first.")
        return
    if why := _unreadable(facts):
        yield Problem("xen.file", f"{CONF} cannot be edited: xend would not start with it.", (why,), "Mend it first.")
        return
    if answers.allow_all:
        text = "Every host that reaches port 8002 here may send a guest: there is no password."
        yield Problem("xen.allow-all", text, (), "Name the members instead.", "warn")
    elif not answers.members:
        hint = "Give the members' addresses. An empty list would let everybody in."
        yield Problem("xen.no-members", "No host is named that may move guests here.", (), hint, "ask", "members")
    if not facts.dom0:
        text = "This kernel does not run under Xen: xend starts after the reboot."
        yield Problem("xen.no-hypervisor", text, level="warn")


# --- on the members


def _cluster_name(file: File | None) -> str:
    """The cluster's name by cluster.conf; empty: it cannot be told."""
    try:
        return parse(file.content).name if file else ""
    except FormatError:
        return ""


def admitting(file: File, address: str) -> File:
    """A member's file that lets this host send guests; the same if it does. Raises `FormatError`."""
    content, there = file.content, sexp.get(file.content, ALLOW)
    meant, served = sexp.meant(content, ALLOW), (sexp.get(content, SERVER) or "") in YES
    open_ = bool(sexp.openings(there)) and bool(sexp.openings(meant))  # a pattern that lost its dots lets nobody in
    if not served:
        content = sexp.set(content, SERVER, "yes", quoted=False)
    if (open_ and not served) or not (open_ or admits(there, (address,))):  # what was closed is not opened to all
        kept = [LOCALHOST] if open_ else [pattern for pattern in (meant or "").split(" ") if pattern]
        content = sexp.set(content, ALLOW, sexp.hosts_allow((*kept, sexp.literal(address))))
    return replace(file, content=content)


def _refusing(facts: XenFacts) -> Iterator[tuple[str, File, File]]:
    """(member, its file, the file that lets this host in) of those that would refuse a guest from here."""
    for name, file in facts.members if facts.address else ():
        try:
            after = admitting(file, facts.address)
        except FormatError:
            continue
        if after != file:
            yield name, file, after


def _on_members(facts: XenFacts) -> Iterator[WriteFiles]:
    """Their files alone: nobody restarts a member's daemon from here."""
    edits = tuple(Edit(name, CONF, file, after) for name, file, after in _refusing(facts))
    if edits:
        yield WriteFiles("Let guests be moved to the members from here, from the next start of their xend on", edits)


def _members_problems(facts: XenFacts, answers: XenAnswers) -> Iterator[Problem]:
    those = tuple(name for name, _, _ in _refusing(facts))
    if those:
        text = f"{', '.join(those)} would refuse a guest from this host ({facts.address}): their files are changed."
        hint = (
            "xend reads its file when it starts: then restart it there by hand, /etc/init.d/xend restart. Guests go on."
        )
        yield Problem("xen.member-refuses", text, (), hint, "warn")
        if answers.confirm != facts.cluster or not answers.confirm:
            wrong = f"{answers.confirm!r} is not the cluster's name. " if answers.confirm else ""
            text, hint = f"{wrong}xend's file of {', '.join(those)} will be changed.", "Type the cluster's name"
            yield Problem("xen.confirm", text, (), f"{hint}: {facts.cluster}", "ask", "confirm")
    for name, file in facts.members:
        try:
            admitting(file, "192.0.2.1")
        except FormatError as error:
            text = f"{CONF} of {name} cannot be edited: whether guests may be moved there cannot be told."
            yield Problem("xen.member-file", text, (str(error),), "Mend it there, then plan again.", "warn")
