"""Step "storage-network": an interface in the storage network, now and at every boot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import ClassVar

from tui_installer.formats.interfaces import add_stanza, sourced
from tui_installer.formats.lines import add_module
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File, side_by_side
from tui_installer.model import ends
from tui_installer.model.answers import ask
from tui_installer.model.change import Change, Check, Edit, Run, Stops, WriteFiles
from tui_installer.model.diagnosis import diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.probes.network import INTERFACES, VLAN_MODULE, Network
from tui_installer.steps.storage_network.dialect import MODERN, Dialect
from tui_installer.steps.storage_network.problems import CAUSES, in_the_way
from tui_installer.steps.storage_network.switch_port import HEAD, port
from tui_installer.steps.storage_network.ways import (
    StoragePath,
    address_of,
    by_rule,
    card_for,
    existing,
    holder,
    is_up,
    split_portal,
    ways_of,
)

CONFIRM = 90.0
"""Seconds until a change of the card that the operator comes in by is taken back by itself."""


@dataclass(frozen=True, slots=True)
class StorageNetworkAnswers:
    """The way to the storage; a second one where there are two cards or fabrics."""

    mode: str = ask("Kind", "A VLAN on a card, or a card for storage alone.", choices=("vlan", "own NIC"))
    nic: str = ask("Network card", "As the kernel names it: eth1, ens6, bond0.")
    vlan: int = ask("VLAN", "1 to 4094; with a card of its own: the VLAN of its switch port.", default=0)
    address: str = ask("Address", "This host's, in the storage network.")
    prefix: str = ask("Storage network", "With its prefix length: 10.16.0.0/16.")
    mtu: int = ask("MTU", "As all members have it.", default=0)
    portals: tuple[str, ...] = ask("Portals", "The array's addresses.", default=())
    second_nic: str = ask("Second card", "Empty: one way only.")
    second_vlan: int = ask("Second VLAN", default=0)
    second_address: str = ask("Second address")
    second_prefix: str = ask("Second network")
    second_portals: tuple[str, ...] = ask("Second portals", default=())
    accept: tuple[str, ...] = ask("Accept", "Problems to go on in spite of: storage-network.portal-silent", default=())

    @property
    def ways(self) -> tuple[StoragePath, ...]:
        """What the answers describe; nothing is checked."""
        tagged = self.mode == "vlan"
        first = StoragePath(self.nic, self.vlan if tagged else 0, self.address, self.prefix, self.mtu, self.portals)
        if not self.second_nic:
            return (first,)
        tag = self.second_vlan if tagged else 0
        second = (self.second_nic, tag, self.second_address, self.second_prefix, self.mtu, self.second_portals)
        return (first, StoragePath(*second))


@dataclass(frozen=True, slots=True)
class StorageNetworkFacts:
    """The network here, and what was tried."""

    network: Network
    modules: File | None = None
    """The file that loads 8021q at boot, as this program would write it."""
    taken: tuple[tuple[str, str], ...] = ()
    """(proposed address, MAC) where another host has it."""
    answering: tuple[str, ...] = ()
    """Portals that accept connections from here."""
    silent: tuple[tuple[str, str], ...] = ()
    """(portal, words) of those that do not although we have the address from which they should."""
    proposed: StorageNetworkAnswers = field(default_factory=StorageNetworkAnswers)
    """The answers that all this was tried with."""


class StorageNetworkStep(Step[StorageNetworkFacts, StorageNetworkAnswers]):
    """Brings up the interfaces of the chosen paths to the storage, now and at every boot."""

    id: ClassVar[str] = "storage-network"
    title: ClassVar[str] = "Storage network"
    asks: ClassVar[type[StorageNetworkAnswers]] = StorageNetworkAnswers
    modules: ClassVar[tuple[str, ...]] = ("garp", "mrp", "stp", "llc")

    def __init__(self, dialect: Dialect = MODERN) -> None:
        self._dialect = dialect

    def ways(self, answers: StorageNetworkAnswers) -> tuple[StoragePath, ...]:
        """What the answers describe, with the names of this release."""
        return tuple(replace(way, label=self._label(way)) for way in answers.ways)

    def _label(self, way: StoragePath) -> str:
        return self._dialect.vlan.format(nic=way.nic, vlan=way.vlan) if way.vlan else ""

    def probe(self, ctx: Context, site: Site, answers: StorageNetworkAnswers) -> StorageNetworkFacts:
        """Look at the network; ask a member whether the address is free; try the portals if we can be heard."""
        seen = self._dialect.look(ctx.here)
        proposed = self.with_defaults(StorageNetworkFacts(seen), site, answers)
        portals = [portal for way in proposed.ways if is_up(seen, way) for portal in way.portals]
        told = side_by_side(lambda portal: self._dialect.refusal(ctx.here, *split_portal(portal)), portals)
        tried = dict(zip(portals, told, strict=True)).items()
        waiting = [way for way in proposed.ways if not is_up(seen, way)]
        return StorageNetworkFacts(
            network=seen,
            modules=ctx.here.read(self._dialect.modules),
            taken=tuple(_taken(ctx, site, seen, waiting, self._dialect)),
            answering=tuple(portal for portal, words in tried if not words),
            silent=tuple((portal, words) for portal, words in tried if words),
            proposed=proposed,
        )

    def with_defaults(
        self, facts: StorageNetworkFacts, site: Site, answers: StorageNetworkAnswers
    ) -> StorageNetworkAnswers:
        """What is here already; else as the member that was asked has it."""
        models = ways_of(site.witness.network, site.witness.iscsi) if site.witness else ()
        models = models or _by_hand(facts.network, answers)
        own = list(_own_ways(facts.network, models, answers))
        tagged = next((way.vlan for way in own), 0)
        filled = replace(answers, mode=answers.mode or ("vlan" if tagged or answers.vlan else "own NIC" if own else ""))
        for prefix, way in zip(("", "second_"), own, strict=False):
            given = {f"{prefix}{name}": getattr(way, name) for name in ("nic", "vlan", "address", "prefix", "portals")}
            filled = replace(filled, **{name: getattr(answers, name) or value for name, value in given.items()})
        return replace(filled, mtu=answers.mtu or next((way.mtu for way in own), 1500))

    def plan(self, facts: StorageNetworkFacts, site: Site, answers: StorageNetworkAnswers) -> Iterator[Change]:
        """Files, module, interfaces, and waiting until each portal is heard."""
        if any(problem.level != "warn" for problem in self.problems(facts, site, answers)):
            return
        ways = [way for way in self.ways(answers) if not _ready(facts.network, way)]
        if edits := list(_edits(facts, ways, self._dialect)):
            own = self._dialect.file
            names = [name for way in ways for name in _new(facts.network, way)]
            check = Check("here", own, ("ifup", "--no-act", "-i", "@", *names))
            checks = (check,) if names and own in [edit.path for edit in edits] else ()
            raised = any(_raised(facts.network, way) for way in ways)
            title = f"Configure {', '.join(way.name for way in ways)}"
            yield WriteFiles(title, tuple(edits), checks=checks, confirm=CONFIRM if raised else 0)
        if any(way.vlan for way in ways) and not facts.network.vlan_module:
            back = Run("Unload it", "here", ("modprobe", "-r", VLAN_MODULE), ok=(0, 1))
            yield Run("Load the module for VLANs", "here", ("modprobe", VLAN_MODULE), undo=(back,))
        for way in ways:
            yield from _bring_up(facts.network, way, self._dialect)

    def problems(self, facts: StorageNetworkFacts, site: Site, answers: StorageNetworkAnswers) -> Iterator[Problem]:
        """See `storage_problems`."""
        yield from in_the_way(
            facts.network, self.ways(answers), facts.taken, facts.silent, facts.answering, answers.mode
        )

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: StorageNetworkFacts, site: Site) -> dict[str, str]:
        """The ways with their portals, and what the network team needs."""
        lines: dict[str, str] = {}
        for title, way in zip(("Storage", "Second way"), self.ways(facts.proposed), strict=False):
            state = "up" if is_up(facts.network, way) else "not there yet"
            lines[title] = f"{way.name if way.nic else '?'} {way.cidr if way.address else '?'} ({state})"
        lines["Portals answering"] = ", ".join(facts.answering) or "none yet"
        lines["Configured by"] = f"{facts.network.manager} ({facts.network.managed_by})"
        hostname = site.here.hostname if site.here else "HOST"
        return {**lines, "For the network team": "\n".join(switch_port(facts.proposed, hostname))}


def switch_port(answers: StorageNetworkAnswers, hostname: str) -> tuple[str, ...]:
    """What the switch's ports need, as lines for the people who own it."""
    tagged, tags = answers.mode == "vlan", (answers.vlan, answers.second_vlan)
    ports = [port(hostname, way.nic, tag, tagged, answers.mtu) for way, tag in zip(answers.ways, tags, strict=False)]
    return (HEAD, *(line for lines in ports for line in lines))


# --- looking


def _taken(
    ctx: Context, site: Site, seen: Network, ways: list[StoragePath], dialect: Dialect
) -> Iterator[tuple[str, str]]:
    """Proposed addresses that a member finds in use by somebody else."""
    if site.witness is None or site.itself or site.witness.name not in ctx.members:
        return
    own = frozenset(one.mac for one in seen.interfaces)
    for way in ways:
        macs = dialect.users(ctx.members[site.witness.name], way.address, own) if address_of(way.address) else ""
        if macs:
            yield way.address, macs


def _by_hand(seen: Network, answers: StorageNetworkAnswers) -> tuple[StoragePath, ...]:
    """Without a member: the way that is there to the portals that were named."""
    found = existing(seen, answers.portals)
    return (found,) if found else ()


def _own_ways(seen: Network, models: tuple[StoragePath, ...], answers: StorageNetworkAnswers) -> Iterator[StoragePath]:
    """For each way of the member one of ours: what is there already, else a card and the address by the rule."""
    here = seen.interface(seen.main)
    main = here.addresses[0].partition("/")[0] if here and here.addresses else ""
    cards: list[str] = []
    addresses: list[str] = []
    asked = ((answers.nic, answers.portals), (answers.second_nic, answers.second_portals))
    for model, (nic, portals) in zip(models, asked, strict=False):
        found = existing(seen, portals or model.portals)
        if found is None or found.nic in cards or nic not in ("", found.nic):
            like = replace(model, vlan=0) if answers.mode == "own NIC" else model
            address = by_rule(model.prefix, main)
            card = nic or card_for(seen, like, tuple(cards))
            found = replace(model, nic=card, address="" if address in addresses else address)
        cards.append(found.nic)
        addresses.append(found.address)
        yield found


def _ready(seen: Network, way: StoragePath) -> bool:
    """Whether it is there now and at the next boot."""
    one = holder(seen, way.address)
    return is_up(seen, way) and one is not None and (one.name in seen.configured or seen.manager != "ifupdown")


# --- changing


def _new(seen: Network, way: StoragePath) -> list[str]:
    """The interfaces that nobody configures yet, the VLAN's parent first."""
    names = [way.nic, way.name] if way.vlan else [way.name]
    return [name for name in names if name not in seen.configured]


def _raised(seen: Network, way: StoragePath) -> bool:
    """Whether a card that is configured already must carry larger frames."""
    card = seen.interface(way.nic)
    return bool(way.vlan and card and way.nic in seen.configured and card.mtu < way.mtu)


def _stanzas(seen: Network, way: StoragePath, dialect: Dialect) -> Iterator[str]:
    new = _new(seen, way)
    if way.vlan and way.nic in new:
        mtu = [f"    mtu {way.mtu}"] if way.mtu != 1500 else []
        yield from (f"auto {way.nic}", f"iface {way.nic} inet manual", *mtu, "")
    if way.name in new:
        yield from dialect.stanza(way, _raised(seen, way))


def _edits(facts: StorageNetworkFacts, ways: list[StoragePath], dialect: Dialect) -> Iterator[Edit]:
    files = dict(facts.network.files)
    patterns = (INTERFACES, *_patterns(files.get(INTERFACES)))
    path = dialect.file if any(fnmatchcase(dialect.file, pattern) for pattern in patterns) else INTERFACES
    before = files.get(path)
    content = before.content if before else b""
    for way in ways:
        if lines := list(_stanzas(facts.network, way, dialect)):
            content = add_stanza(content, lines)
    if content != (before.content if before else b""):
        yield Edit("here", path, before, replace(before or File(), content=content))
    if any(way.vlan for way in ways) and not facts.network.boot_modules:
        loading = add_module(facts.modules.content if facts.modules else b"", VLAN_MODULE)
        yield Edit("here", dialect.modules, facts.modules, replace(facts.modules or File(), content=loading))


def _patterns(file: File | None) -> tuple[str, ...]:
    try:
        return sourced(file.content) if file else ()
    except FormatError:
        return ()


def _down(name: str) -> Run:
    stops = (Stops("interface", (name,)),)
    return Run(f"Take {name} down", "here", ("ifdown", name), within=ends.LINK, stops=stops)


def _bring_up(seen: Network, way: StoragePath, dialect: Dialect) -> Iterator[Change]:
    """The parent of a VLAN is never taken down, unless it was this program that took it up."""
    card = seen.interface(way.nic)
    if way.vlan and card and not card.up:
        back = _down(way.nic)
        yield Run(f"Bring {way.nic} up", "here", ("ifup", way.nic), within=ends.LINK, undo=(back,))
    if card and _raised(seen, way):
        back = Run(f"MTU of {way.nic}", "here", _mtu(way.nic, card.mtu), within=ends.LINK)
        title = f"Let {way.nic} carry frames of {way.mtu} bytes"
        yield Run(title, "here", _mtu(way.nic, way.mtu), within=ends.LINK, undo=(back,))
    yield Run(f"Bring {way.name} up", "here", ("ifup", way.name), within=ends.LINK, undo=(_down(way.name),))
    carrier = ("cat", f"/sys/class/net/{way.name}/carrier")
    yield Run(
        f"Wait for the cable of {way.name}", "here", carrier, within=ends.CARRIER, expect="^1", id="network:carrier"
    )
    show, seen_as = dialect.shown
    address = seen_as.format(address=way.address.replace(".", r"\."))
    title, look = f"Wait for {way.address}", (*show, way.name)
    yield Run(title, "here", look, within=ends.ADDRESS, expect=address, id=f"network:address {way.address}")
    for portal in way.portals:
        ping = ("ping", "-c", "1", "-W", "2", "-I", way.name, split_portal(portal)[0])
        yield Run(
            f"Wait for portal {portal}",
            "here",
            ping,
            within=ends.PORTAL,
            expect="bytes from",
            id=f"network:portal {portal}",
        )


def _mtu(card: str, mtu: int) -> tuple[str, ...]:
    return ("ip", "link", "set", "dev", card, "mtu", str(mtu))
