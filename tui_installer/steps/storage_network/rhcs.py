"""Step "storage-network" where ifupdown has one file and knows no prefix lengths; the guests' bridge with it.

The bridge takes over the card that the operator may come in by: it is written only, and comes up at the reboot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from tui_installer.formats.bridges import bridge_of, bridged
from tui_installer.formats.interfaces import options_of
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File, HostError
from tui_installer.model.change import Change, Check, Edit, Run, WriteFiles
from tui_installer.model.diagnosis import diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.probes.iscsi import Session
from tui_installer.probes.network import INTERFACES, Network
from tui_installer.probes.rhcs import iscsi_text, network_text
from tui_installer.probes.rhcs.reach import refusal, users
from tui_installer.steps import subjects
from tui_installer.steps.rhcs.release import Release, unfit
from tui_installer.steps.storage_network import known
from tui_installer.steps.storage_network.changes import (
    is_ready,
    module_edits,
    planned,
    stanza_edits,
    wait_for_address,
)
from tui_installer.steps.storage_network.defaults import with_defaults
from tui_installer.steps.storage_network.facts import StorageNetworkAnswers, StorageNetworkFacts
from tui_installer.steps.storage_network.frames import frames
from tui_installer.steps.storage_network.frames import problems as frame_problems
from tui_installer.steps.storage_network.looking import tried
from tui_installer.steps.storage_network.loss import lost
from tui_installer.steps.storage_network.problems import CAUSES, in_the_way
from tui_installer.steps.storage_network.shown import lines
from tui_installer.steps.storage_network.ways import StoragePath, named, network_of

Options = tuple[tuple[str, str], ...]


def stanza(way: StoragePath, raised: bool) -> Iterator[str]:
    """The lines for ifupdown 0.6: a card of its own comes up when the kernel finds it, a VLAN by itself."""
    network = network_of(way.prefix)
    yield from (f"{'auto' if way.vlan else 'allow-hotplug'} {way.name}", f"iface {way.name} inet static")
    yield from (f"\taddress {way.address}", f"\tnetmask {network.netmask if network else ''}")
    yield from [f"\tvlan_raw_device {way.nic}"] if way.vlan else []
    yield from [f"\tpre-up ip link set dev {way.nic} mtu {way.mtu}"] if raised else []
    yield from [f"\tmtu {way.mtu}"] if way.mtu != 1500 else []


MODULES = "/etc/modules"
"""The file that loads 8021q at boot."""


@dataclass(frozen=True, slots=True)
class RhcsNetFacts:
    """The network here, and whether ifupdown can make bridges."""

    seen: StorageNetworkFacts
    """What is seen of the network of any release."""
    brctl: bool = True
    """Whether bridge-utils is installed: without it an interface with bridge_ports just does not come up."""
    sessions: tuple[Session, ...] = ()
    """Those to the array; none where iscsiadm does not tell, which is the row of sessions' to say."""


class StorageNetworkStep(Step[RhcsNetFacts, StorageNetworkAnswers]):
    """Brings up the chosen paths in the one interfaces file of an old ifupdown, and writes the guests' bridge."""

    id, title = subjects.STORAGE_NETWORK
    asks = StorageNetworkAnswers
    modules = ("garp", "mrp", "stp", "llc")

    def __init__(self, release: Release) -> None:
        self._release = release

    def probe(self, ctx: Context, site: Site, answers: StorageNetworkAnswers) -> RhcsNetFacts:
        """Look at the network; ask a member whether the address is free; try the portals if we can be heard."""
        seen = network_text.probe(ctx.here)
        facts = tried(ctx, site, seen, MODULES, with_defaults(seen, site, answers), refusal, users)
        sessions: tuple[Session, ...] = ()
        with suppress(HostError):
            sessions = iscsi_text.sessions(ctx.here)
        brctl = bool(ctx.here.list("/usr/sbin/brctl") or ctx.here.list("/sbin/brctl"))
        return RhcsNetFacts(facts, brctl, sessions)

    def with_defaults(self, facts: RhcsNetFacts, site: Site, answers: StorageNetworkAnswers) -> StorageNetworkAnswers:
        """What is here already; else as the member that was asked has it."""
        return with_defaults(facts.seen.network, site, answers)

    def plan(self, facts: RhcsNetFacts, site: Site, answers: StorageNetworkAnswers) -> Iterator[Change]:
        """The bridge first: what is written after it is compared with the file as it is then."""
        bridges = () if _refused(facts, site) else tuple(_bridge(facts.seen.network, site))
        if bridges:
            name = wanted_bridge(facts.seen.network, site)[0]
            check = Check("here", INTERFACES, ("ifup", "--no-act", "-i", "@", name))
            title = f"Put the guests' bridge {name} under this host's address, from the reboot on"
            yield WriteFiles(title, bridges, (), (check,))
        seen = replace(facts.seen, network=_written(facts.seen.network, bridges))
        found = self.problems(replace(facts, seen=seen), site, answers)
        if any(problem.level != "warn" and not problem.outside for problem in found):
            return
        for way in wanted_ways(answers):
            yield from frames(seen.network, way)
        ways = [way for way in wanted_ways(answers) if not is_ready(seen.network, way)]
        edits = (*stanza_edits(seen.network, ways, INTERFACES, stanza), *module_edits(seen, ways, MODULES))
        yield from planned(seen.network, ways, edits, INTERFACES, _address)

    def problems(self, facts: RhcsNetFacts, site: Site, answers: StorageNetworkAnswers) -> Iterator[Problem]:
        """What is in the way."""
        yield from unfit(site.here)
        yield from lost(facts.seen.network, facts.sessions)
        yield from in_the_way(facts.seen, wanted_ways(answers), answers.mode)
        yield from frame_problems(facts.seen.network, wanted_ways(answers))
        if why := _refused(facts, site):
            text = f"The members have a bridge for their guests; {INTERFACES} cannot be given one here."
            hint = "Describe it there by hand, as a member has it."
            yield Problem("storage-network.bridge", text, (why,), hint, "warn")

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: RhcsNetFacts, site: Site) -> dict[str, str]:
        """The ways, and the bridge that ifupdown makes."""
        found = lines(facts.seen, wanted_ways(facts.seen.proposed), site)
        name = own_bridge(facts.seen.network)
        return found if not name else {**found, "Guests' bridge": name}

    def choices(self, facts: RhcsNetFacts, site: Site) -> Mapping[str, known.Offered]:
        """See `Step.choices`: the cards and the portals, with what is known of each."""
        return known.choices(facts.seen, site)


def wanted_ways(answers: StorageNetworkAnswers) -> tuple[StoragePath, ...]:
    """What the answers describe; a VLAN's interface is vlanVLAN."""
    return named(answers.ways, "vlan{vlan}")


def _address(way: StoragePath) -> Run:
    return wait_for_address(way, ("ip", "-o", "-4", "addr", "show", "dev"), "inet {address}/")


def own_bridge(network: Network) -> str:
    """The bridge that ifupdown makes over the card with the host's address; empty: none."""
    ports = (network.main, *(one.name for one in network.interfaces if one.master == network.main))
    return next((name for port in ports for _, file in network.files if (name := bridge_of(file.content, port))), "")


def wanted_bridge(network: Network, site: Site) -> tuple[str, Options]:
    """The name and the options of the bridge that the member has and this host has not; empty name: none."""
    card = network.interface(network.main)
    if site.witness is None or site.itself or card is None or card.kind == "bridge" or own_bridge(network):
        return "", ()
    theirs = site.witness.network
    files = [file.content for _, file in theirs.files]
    found = (option for content in files for option in options_of(content, theirs.main))
    options = tuple((key, value) for key, value in found if key.startswith("bridge_"))
    if not any(key == "bridge_ports" for key, _ in options):
        return "", ()
    return theirs.main, tuple((key, card.name if key == "bridge_ports" else value) for key, value in options)


def _bridge(seen: Network, site: Site) -> Iterator[Edit]:
    """Raises `FormatError`."""
    name, options = wanted_bridge(seen, site)
    before = dict(seen.files).get(INTERFACES, File())
    if name:
        content = bridged(before.content, seen.main, name, options)
        yield Edit("here", INTERFACES, before, replace(before, content=content))


def _refused(facts: RhcsNetFacts, site: Site) -> str:
    """Why the bridge cannot be written; empty: it can, or none is wanted."""
    if not facts.brctl and wanted_bridge(facts.seen.network, site)[0]:
        return "bridge-utils is not installed: after the reboot this host would have no network"
    try:
        tuple(_bridge(facts.seen.network, site))
    except FormatError as error:
        return str(error)
    return ""


def _written(network: Network, edits: tuple[Edit, ...]) -> Network:
    """The network as it is once the edits are written."""
    files = {**dict(network.files), **{edit.path: edit.after for edit in edits if edit.after}}
    return replace(network, files=tuple(files.items()))
