"""What lacks in the answers before the others could fence this host, and no other host in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui_installer.steps.cluster.fencing.scheme import (
    Fenced,
    FenceQuery,
    Part,
    given,
    known,
    meant,
    pair,
    parts,
    target,
)


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing or wrong in the answers."""

    field: str
    text: str
    hint: str


def lacking(fenced: Fenced, asked: FenceQuery) -> Iterator[Lack]:
    """What has to be answered before the others could fence this host, and no other host in its place."""
    found = parts(fenced, asked)
    owners = dict.fromkeys(part.device.name for part in found if part.owner)
    if len(owners) > 1:
        text = f"Each node has {len(owners)} devices of its own: {', '.join(owners)}."
        yield Lack(
            "fence", text, "Only one can be given here. Add this host's devices by hand; or accept to do without."
        )
        return
    yield from _unnamed(fenced, asked, found)
    if asked.fence:
        yield from _malformed(asked, found)
        yield from _without(asked, found)
        yield from _taken(fenced, asked, found)


def _unnamed(fenced: Fenced, asked: FenceQuery, found: tuple[Part, ...]) -> Iterator[Lack]:
    """Which device it is."""
    users = [node for node in fenced.users(asked.fence) if node != asked.node]
    if not asked.fence:
        yield Lack("fence", "It is not known how the others could fence this host.", "Name a fence device.")
    elif own := next((part for part in found if part.owner and part.device.name == asked.fence), None):
        owner = fenced.name(own.owner)
        text = f"{asked.fence} is {owner}'s own: it would switch {owner} off instead of this host."
        yield Lack("fence", text, "Give a new name, and the address of this host's own device.")
    elif not users and fenced.device(asked.fence) is None:
        yield from _undescribed(fenced, asked, found)


def _undescribed(fenced: Fenced, asked: FenceQuery, found: tuple[Part, ...]) -> Iterator[Lack]:
    """What a device of this host's own needs."""
    free = [each.name for each in fenced.devices if not fenced.users(each.name)]
    model = next((part.device for part in found if part.owner), None)
    more = f" Listed and used by nobody: {', '.join(free)}; name one if it is this host's." if free else ""
    if not (asked.agent or model):
        shared = [each.name for each in fenced.devices if len(fenced.users(each.name)) > 1]
        text = f"There is no fence device {asked.fence!r}; several nodes share: {', '.join(shared) or 'none'}."
        yield Lack("fence", text, f"Name one of them; or give an agent and an address, for one of its own.{more}")
    elif not asked.at:
        agent = asked.agent or (model.agent if model else "")
        text = f"The others have devices of their own; where is this host's ({asked.fence}, {agent})?"
        yield Lack("fence_address", text, f"Give its address: its management board's, not the host's.{more}")
    elif asked.at == asked.address:
        text = f"{asked.at} is this host itself, which does not answer any more when it has to be fenced."
        yield Lack("fence_address", text, "Give the address of its management board or switch.")
    elif model and model.secrets and not asked.password:
        yield Lack("fence_password", f"{asked.fence} needs a password, as {model.name} has one.", "Give it.")


def _malformed(asked: FenceQuery, found: tuple[Part, ...]) -> Iterator[Lack]:
    devices = sorted({target(asked, part) for part in found} | {asked.fence})
    for text in asked.settings:
        device, key, value = pair(text)
        if not key or not value:
            yield Lack("fence_settings", f"{text!r} is no setting.", "Give KEY=VALUE, or DEVICE/KEY=VALUE.")
        elif device and device not in devices:
            yield Lack("fence_settings", f"{device} does not fence the others.", f"These do: {', '.join(devices)}.")
        elif not device and not meant(asked, found, key):
            hint = " ".join(f"{each}/{key}=..." for each in devices)
            yield Lack("fence_settings", f"{text} may be meant for several devices.", f"Say for which: {hint}")
    texts = (asked.fence, asked.agent, asked.at, asked.login, asked.password.value, *asked.settings)
    if any(not each.isprintable() or " " in each for each in texts):
        text = "What is answered for the fence device has blanks or unprintable characters."
        yield Lack("fence", text, "The agents are given KEY=VALUE lines: choose others.")


def _without(asked: FenceQuery, found: tuple[Part, ...]) -> Iterator[Lack]:
    """What tells this host from the device's other users."""
    several = len({target(asked, part) for part in found}) > 1
    missing: dict[str, None] = {}
    for part in found:
        name = target(asked, part)
        mine = dict(given(asked, found, name))
        missing.update(dict.fromkeys(f"{name}/{key}" if several else key for key in part.asked if key not in mine))
    if missing:
        text = f"To fence this host {', '.join(missing)} must be known."
        yield Lack("fence_settings", text, f"As for the other nodes: {' '.join(f'{key}=...' for key in missing)}")


def _taken(fenced: Fenced, asked: FenceQuery, found: tuple[Part, ...]) -> Iterator[Lack]:
    """Settings and addresses with which another host would be switched off."""
    for part in found:
        mine = {pair for pair in given(asked, found, target(asked, part)) if pair[0] in part.asked}
        others = (node for node in fenced.users(part.device.name) if node != asked.node)
        node = next((each for each in others if mine and mine <= known(fenced, each, part.device.name)), "")
        if node and not part.owner:
            said = " ".join(f"{key}={value}" for key, value in sorted(mine))
            text = (
                f"{part.device.name} with {said} is {fenced.name(node)}: it would be switched off instead of this host."
            )
            yield Lack("fence_settings", text, "Give this host's own.")
            return
    for each in fenced.devices:
        if asked.at and asked.at in dict(each.settings).values() and each.name != asked.fence:
            users = ", ".join(map(fenced.name, fenced.users(each.name))) or "another host"
            text = f"{asked.at} is {each.name}, the device of {users}: it would be switched off instead of this host."
            yield Lack("fence_address", text, "Give the address of this host's own device.")
