"""Step "storage-network": an interface in the storage network, now and at every boot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tui_installer.model.change import Change, Run
from tui_installer.model.diagnosis import diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.probes import network
from tui_installer.probes.reach import refusal, users
from tui_installer.steps import subjects
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
from tui_installer.steps.storage_network.problems import CAUSES, in_the_way
from tui_installer.steps.storage_network.shown import lines
from tui_installer.steps.storage_network.ways import StoragePath

FILE = "/etc/network/interfaces.d/storage"
"""Where stanzas of ours go, if ifupdown reads that; else into its main file."""
MODULES = "/etc/modules-load.d/8021q.conf"
"""The file that loads 8021q at boot."""


class StorageNetworkStep(Step[StorageNetworkFacts, StorageNetworkAnswers]):
    """Brings up the interfaces of the chosen paths to the storage, now and at every boot."""

    id, title = subjects.STORAGE_NETWORK
    asks = StorageNetworkAnswers
    modules = ("garp", "mrp", "stp", "llc")

    def probe(self, ctx: Context, site: Site, answers: StorageNetworkAnswers) -> StorageNetworkFacts:
        """Look at the network; ask a member whether the address is free; try the portals if we can be heard."""
        seen = network.probe(ctx.here)
        return tried(ctx, site, seen, MODULES, with_defaults(seen, site, answers), refusal, users)

    def with_defaults(
        self, facts: StorageNetworkFacts, site: Site, answers: StorageNetworkAnswers
    ) -> StorageNetworkAnswers:
        """What is here already; else as the member that was asked has it."""
        return with_defaults(facts.network, site, answers)

    def plan(self, facts: StorageNetworkFacts, site: Site, answers: StorageNetworkAnswers) -> Iterator[Change]:
        """Files, module, interfaces, and waiting until each portal is heard."""
        if any(each.level != "warn" and not each.outside for each in self.problems(facts, site, answers)):
            return
        seen = facts.network
        for way in answers.ways:
            yield from frames(seen, way)
        ways = [way for way in answers.ways if not is_ready(seen, way)]
        edits = (*stanza_edits(seen, ways, FILE, stanza), *module_edits(facts, ways, MODULES))
        yield from planned(seen, ways, edits, FILE, _address)

    def problems(self, facts: StorageNetworkFacts, site: Site, answers: StorageNetworkAnswers) -> Iterator[Problem]:
        """What is in the way."""
        yield from in_the_way(facts, answers.ways, answers.mode)
        yield from frame_problems(facts.network, answers.ways)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: StorageNetworkFacts, site: Site) -> dict[str, str]:
        """The ways with their portals, and what the network team needs."""
        return lines(facts, facts.proposed.ways, site)

    def choices(self, facts: StorageNetworkFacts, site: Site) -> Mapping[str, known.Offered]:
        """See `Step.choices`: the cards and the portals, with what is known of each."""
        return known.choices(facts, site)


def stanza(way: StoragePath, raised: bool) -> Iterator[str]:
    """The lines for ifupdown of Debian 12 and 13."""
    yield from (f"auto {way.name}", f"iface {way.name} inet static", f"    address {way.cidr}")
    yield from [f"    vlan-raw-device {way.nic}"] if way.vlan else []
    yield from [f"    pre-up ip link set dev {way.nic} mtu {way.mtu}"] if raised else []
    yield from [f"    mtu {way.mtu}"] if way.mtu != 1500 else []


def _address(way: StoragePath) -> Run:
    return wait_for_address(way, ("ip", "-j", "-4", "addr", "show", "dev"), '"{address}"')
