"""The changes that bring a way to the storage up, now and at every boot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase

from tui_installer.formats.interfaces import add_stanza, sourced
from tui_installer.formats.lines import add_module
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Check, Edit, Run, Stops, WriteFiles
from tui_installer.probes.network import INTERFACES, VLAN_MODULE, Network
from tui_installer.steps.storage_network.facts import StorageNetworkFacts
from tui_installer.steps.storage_network.ways import StoragePath, holder, is_up, split_portal

CONFIRM = 90.0
"""Seconds until a change of the card that the operator comes in by is taken back by itself."""

Stanza = Callable[[StoragePath, bool], Iterator[str]]
"""The lines that configure a way; True: its card must first be told to carry larger frames."""


def planned(
    seen: Network, ways: list[StoragePath], edits: tuple[Edit, ...], own: str, address: Callable[[StoragePath], Run]
) -> Iterator[Change]:
    """Files, module, interfaces, and waiting until each portal is heard.

    `own` is the file for stanzas of ours, `address` what waits for a way's address.
    """
    if edits:
        names = [name for way in ways for name in _new(seen, way)]
        check = Check("here", own, ("ifup", "--no-act", "-i", "@", *names))
        checks = (check,) if names and own in [edit.path for edit in edits] else ()
        raised = any(_raised(seen, way) for way in ways)
        title = f"Configure {', '.join(way.name for way in ways)}"
        yield WriteFiles(title, edits, checks=checks, confirm=CONFIRM if raised else 0)
    if any(way.vlan for way in ways) and not seen.vlan_module:
        back = Run("Unload it", "here", ("modprobe", "-r", VLAN_MODULE), ok=(0, 1))
        yield Run("Load the module for VLANs", "here", ("modprobe", VLAN_MODULE), undo=(back,))
    for way in ways:
        if not is_up(seen, way):
            yield from _bring_up(seen, way, address(way))


def is_ready(seen: Network, way: StoragePath) -> bool:
    """Whether it is there now and at the next boot."""
    one = holder(seen, way.address)
    return is_up(seen, way) and one is not None and (one.name in seen.configured or seen.manager != "ifupdown")


def wait_for_address(way: StoragePath, look: tuple[str, ...], expect: str) -> Run:
    """Until the interface has its address; `expect` is how {address} is seen in what `look` prints."""
    seen_as = expect.format(address=way.address.replace(".", r"\."))
    title, name = f"Wait for {way.address}", f"network:address {way.address}"
    return Run(title, "here", (*look, way.name), within=ends.ADDRESS, expect=seen_as, id=name)


def _new(seen: Network, way: StoragePath) -> list[str]:
    """The interfaces that nobody configures yet, the VLAN's parent first."""
    names = [way.nic, way.name] if way.vlan else [way.name]
    return [name for name in names if name not in seen.configured]


def _raised(seen: Network, way: StoragePath) -> bool:
    """Whether a card that is configured already must carry larger frames."""
    card = seen.interface(way.nic)
    return bool(way.vlan and card and way.nic in seen.configured and card.mtu < way.mtu)


def _stanzas(seen: Network, way: StoragePath, stanza: Stanza) -> Iterator[str]:
    new = _new(seen, way)
    if way.vlan and way.nic in new:
        mtu = [f"    mtu {way.mtu}"] if way.mtu != 1500 else []
        yield from (f"auto {way.nic}", f"iface {way.nic} inet manual", *mtu, "")
    if way.name in new:
        yield from stanza(way, _raised(seen, way))


def stanza_edits(seen: Network, ways: Iterable[StoragePath], own: str, stanza: Stanza) -> Iterator[Edit]:
    """The ways in the file `own`, if ifupdown reads that; else in its main file. Raises `FormatError`."""
    files = dict(seen.files)
    path = (
        own if any(fnmatchcase(own, each) for each in (INTERFACES, *_patterns(files.get(INTERFACES)))) else INTERFACES
    )
    before = files.get(path)
    content = before.content if before else b""
    for way in ways:
        if lines := list(_stanzas(seen, way, stanza)):
            content = add_stanza(content, lines)
    if content != (before.content if before else b""):
        yield Edit("here", path, before, replace(before or File(), content=content))


def module_edits(facts: StorageNetworkFacts, ways: Iterable[StoragePath], path: str) -> Iterator[Edit]:
    """The module for VLANs in the file that loads it at boot."""
    if any(way.vlan for way in ways) and not facts.network.boot_modules:
        loading = add_module(facts.modules.content if facts.modules else b"", VLAN_MODULE)
        yield Edit("here", path, facts.modules, replace(facts.modules or File(), content=loading))


def _patterns(file: File | None) -> tuple[str, ...]:
    try:
        return sourced(file.content) if file else ()
    except FormatError:
        return ()


def _down(name: str) -> Run:
    stops = (Stops("interface", (name,)),)
    return Run(f"Take {name} down", "here", ("ifdown", name), within=ends.LINK, stops=stops)


def _bring_up(seen: Network, way: StoragePath, address: Run) -> Iterator[Change]:
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
    yield address
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
