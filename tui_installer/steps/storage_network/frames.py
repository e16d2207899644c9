"""The size of frames on a way that is up: what the files say, against what the kernel has now."""

from __future__ import annotations

from collections.abc import Iterator

from tui_installer.model.change import Change, Run
from tui_installer.model.step import Level, Problem
from tui_installer.probes.network import Interface, Network
from tui_installer.steps.storage_network.ways import StoragePath, holder, options_written

USUAL = 1500


def mtu_of(seen: Network, way: StoragePath) -> int:
    """What the files give a way that is there, else what it has."""
    one = holder(seen, way.address)
    return _written(seen, one) or way.mtu if one else way.mtu


def _written(seen: Network, one: Interface) -> int:
    """The MTU that the next boot gives an interface, by its stanza or that of the card under it; 0: no stanza tells."""
    if one.name not in seen.configured:
        return 0
    told = [value for name in (one.name, one.parent) for value in options_written(seen, name, "mtu")]
    return int(told[0]) if told and told[0].isdecimal() else USUAL if not one.parent or one.mtu < USUAL else 0


def changed(seen: Network, way: StoragePath) -> tuple[Interface, int] | None:
    """The interface of a way whose frames are not what its files say, and what they say; None: they are."""
    one = holder(seen, way.address)
    wanted = _written(seen, one) if one else 0
    return (one, wanted) if one and one.up and wanted and one.mtu != wanted else None


def frames(seen: Network, way: StoragePath) -> Iterator[Change]:
    """Give it back its size; the card under a VLAN first, unless the operator may come in by it."""
    found = changed(seen, way)
    if found is None or _shared(seen, way):
        return
    one, wanted = found
    card = seen.interface(one.parent)
    for each in ([card] if card and card.mtu < wanted else []) + [one]:
        back = Run(f"MTU of {each.name} as it was", "here", _set(each.name, each.mtu))
        title = f"Let {each.name} carry frames of {wanted} bytes again"
        yield Run(title, "here", _set(each.name, wanted), undo=(back,))


def problems(seen: Network, ways: tuple[StoragePath, ...]) -> Iterator[Problem]:
    """What has changed, and what is left to do by hand."""
    for way in ways:
        if found := changed(seen, way):
            one, wanted = found
            text = f"{one.name} carries frames of {one.mtu} bytes now; {wanted} by its files."
            hint = "Logins still work then, and larger transfers hang. It is set back."
            if card := _shared(seen, way):
                hint = f"{card} is this host's own network, too: set it by hand, ip link set dev {card} mtu {wanted}."
            level: Level = "stop" if _shared(seen, way) else "warn"
            yield Problem("storage-network.mtu-changed", text, hint=hint, level=level)


def _shared(seen: Network, way: StoragePath) -> str:
    """The card that would have to be changed too, and has the host's own address; empty: none."""
    one, wanted = changed(seen, way) or (None, 0)
    card = seen.interface(one.parent) if one else None
    return card.name if card and card.mtu < wanted and card.name == seen.main else ""


def _set(name: str, mtu: int) -> tuple[str, ...]:
    return ("ip", "link", "set", "dev", name, "mtu", str(mtu))
