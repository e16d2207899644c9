"""What a screen shows of the storage network, and what the network team is told."""

from __future__ import annotations

from tui_installer.model.site import Site
from tui_installer.steps.storage_network.facts import StorageNetworkAnswers, StorageNetworkFacts
from tui_installer.steps.storage_network.switch_port import HEAD, port
from tui_installer.steps.storage_network.ways import StoragePath, is_up


def lines(facts: StorageNetworkFacts, ways: tuple[StoragePath, ...], site: Site) -> dict[str, str]:
    """The ways with their portals, and what the network team needs."""
    found: dict[str, str] = {}
    for title, way in zip(("Storage", "Second way"), ways, strict=False):
        state = "up" if is_up(facts.network, way) else "not there yet"
        found[title] = f"{way.name if way.nic else '?'} {way.cidr if way.address else '?'} ({state})"
    found["Portals answering"] = ", ".join(facts.answering) or "none yet"
    found["Configured by"] = f"{facts.network.manager} ({facts.network.managed_by})"
    hostname = site.here.hostname if site.here else "HOST"
    return {**found, "For the network team": "\n".join(switch_port(facts.proposed, hostname))}


def switch_port(answers: StorageNetworkAnswers, hostname: str) -> tuple[str, ...]:
    """What the switch's ports need, as lines for the people who own it."""
    tagged, tags = answers.mode == "vlan", (answers.vlan, answers.second_vlan)
    ports = [port(hostname, way.nic, tag, tagged, answers.mtu) for way, tag in zip(answers.ways, tags, strict=False)]
    return (HEAD, *(line for lines in ports for line in lines))
