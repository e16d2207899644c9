"""Loss of the storage network under sessions that this host has, by name: card, cable, address, route, session."""

from __future__ import annotations

from collections.abc import Iterator

from tui_installer.formats.interfaces import options_of
from tui_installer.formats.text import FormatError
from tui_installer.model.step import Problem
from tui_installer.probes.iscsi import Session
from tui_installer.probes.network import Interface, Network
from tui_installer.steps.storage_network.ways import leading_to, split_portal, within


def lost(seen: Network, sessions: tuple[Session, ...]) -> Iterator[Problem]:
    """What is lost of it, all of it in one look; nothing on a host without sessions, which has nothing to lose."""
    ways = dict.fromkeys(filter(None, (_why(seen, session.portal) for session in sessions)))
    failed = tuple(
        f"session to {each.portal}: {each.state}; failed paths: {', '.join(each.disks) or 'none'}"
        for each in sessions
        if not each.up
    )
    if ways or failed:
        text = f"The storage network is lost: {'; '.join(ways)}." if ways else "Sessions to the array are in error."
        where = "cable, switch port, and ip addr and ip route" if ways else "that portal of the array, and the switch"
        hint = f"See {where}. I/O waits meanwhile, or goes over what is left. What can be mended here is planned."
        yield Problem("storage-network.lost", text, (*ways, *failed), hint, "warn")


def _why(seen: Network, portal: str) -> str:
    """Why a portal that has a session cannot be reached any more, by this host's own network; empty: it can."""
    address = split_portal(portal)[0]
    one = leading_to(seen, address)
    if one is None:
        return _unaddressed(seen, address)
    under = seen.interface(one.parent) if one.parent else None
    down = next((each.name for each in (under, one) if each and not each.up), "")
    unplugged = next((each.name for each in (under, one) if each and not each.carrier), "")
    if down:
        return f"{down} is down"
    if unplugged:
        return f"nothing is at the other end of {unplugged}'s cable"
    return "" if _routed(seen, one, address) else f"no route leads over {one.name} to {address}"


def _unaddressed(seen: Network, address: str) -> str:
    name, own = next(_configured(seen, address), ("", ""))
    if not name:
        return f"no address here is in the network of {address}"
    return f"{name} has lost its address {own}" if seen.interface(name) else f"the interface {name} is gone"


def _configured(seen: Network, address: str) -> Iterator[tuple[str, str]]:
    """(interface, its address) of those that the files of ifupdown put into the network of an address."""
    for name in seen.configured:
        for _, file in seen.files:
            try:
                options = dict(options_of(file.content, name))
            except FormatError:
                continue
            if within(address, f"{options.get('address', '')}/{options.get('netmask', '')}"):
                yield name, options["address"]


def _routed(seen: Network, one: Interface, address: str) -> bool:
    """Whether the network that comes with the interface's address is routed over it."""
    return any(route.device == one.name and within(address, route.to) for route in seen.routes)
