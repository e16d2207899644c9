"""How this host is to be fenced: by devices that the others share, or by one of its own.

A device that one node alone uses is that node's own: its address names one machine's management board (cluster.conf(5),
fence_ipmilan(8)), so for this host it would switch off another one. It is never proposed: this host has one of its own.
Of a shared device what tells its users apart is asked. All devices of a method must succeed, and methods are tried in
their order (fence/libfence/agent.c of 2.x and 3.x, dlm_controld/fence_config.c of 4.x): all of them are carried over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tui_installer.formats.fencing import FenceDevice, FenceUse, Method, Settings
from tui_installer.model.answers import Secret

IDENTITY = ("port", "plug", "nodename", "node", "domain", "uuid", "switch", "slot", "ip", "ipaddr", "module_name")
"""Parameters of agents that say which machine is meant (fence_apc(8), fence_bladecenter(8), fence_xvm(8), ...)."""
ADDRESS, LOGIN, PASSWORD = ("ip", "ipaddr"), ("username", "login"), ("password", "passwd")
"""Names of the parameters: today's, and those of before 4.0."""
BY_HAND = "fence_manual"


@dataclass(frozen=True, slots=True)
class Fenced:
    """How the nodes of a cluster are fenced."""

    devices: tuple[FenceDevice, ...]
    nodes: Mapping[str, tuple[Method, ...]]
    """Node -> its methods in their order; whatever the stack tells nodes by."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Node -> its name, where it is told by another thing."""

    def name(self, node: str) -> str:
        """What a node is called."""
        return self.names.get(node, node)

    def users(self, device: str) -> tuple[str, ...]:
        """The nodes that use a device."""
        return tuple(node for node in self.nodes if any(use.device == device for use in self.uses(node)))

    def uses(self, node: str) -> Iterator[FenceUse]:
        """All that fences a node."""
        return (use for method in self.nodes.get(node, ()) for use in method.devices)

    def device(self, name: str) -> FenceDevice | None:
        """The device of that name; None: it is not listed."""
        return next((each for each in self.devices if each.name == name), None)


@dataclass(frozen=True, slots=True)
class FenceQuery:
    """What was answered, and who this host is."""

    node: str
    """This host, as `Fenced` tells nodes by."""
    name: str
    address: str
    fence: str = ""
    settings: tuple[str, ...] = ()
    agent: str = ""
    at: str = ""
    """The device's address."""
    login: str = ""
    password: Secret = Secret()


@dataclass(frozen=True, slots=True)
class Part:
    """A device of a method, as another node has it and this host needs it."""

    method: str
    device: FenceDevice
    owner: str
    """The node whose own it is; empty: it may be shared."""
    carried: Settings
    """What is the same for all of its users."""
    asked: tuple[str, ...]
    """What tells its users apart."""


def parts(fenced: Fenced, asked: FenceQuery) -> tuple[Part, ...]:
    """All that fences the node that is taken for a model: one that has the named device, else the first one.

    None if this host is to have a device of its own where the others share theirs.
    """
    others = [node for node, methods in fenced.nodes.items() if node != asked.node and methods]
    having = [node for node in others if any(use.device == asked.fence for use in fenced.uses(node))]
    model = next(iter((*having, *others)), "")
    found = tuple(
        _part(fenced, asked, method.name, use)
        for method in fenced.nodes.get(model, ())
        for use in method.devices
    )  # fmt: skip
    return found if having or not asked.fence or any(part.owner for part in found) else ()


def _part(fenced: Fenced, asked: FenceQuery, method: str, use: FenceUse) -> Part:
    device = fenced.device(use.device) or FenceDevice(use.device, "")
    users = [node for node in fenced.users(use.device) if node != asked.node]
    telling = [key for key, _ in use.attributes if key in IDENTITY]
    alone = len(users) == 1 and device.agent != BY_HAND and not (asked.fence == use.device and telling)
    differing = {
        key for key, value in use.attributes for node in users if (key, value) not in known(fenced, node, use.device)
    }
    needed = tuple(key for key, _ in use.attributes if key in telling or key in differing)
    carried = tuple(pair for pair in use.attributes if pair[0] not in needed)
    return Part(method, device, users[0] if alone else "", carried, needed)


def known(fenced: Fenced, node: str, device: str) -> set[tuple[str, str]]:
    """All settings with which a node uses a device."""
    return {pair for each in fenced.uses(node) if each.device == device for pair in each.attributes}


def suggested(fenced: Fenced, asked: FenceQuery) -> str:
    """The device's name if none is answered: the shared one, else a new name after the model of the others'."""
    found = parts(fenced, asked)
    own = next((part for part in found if part.owner), None)
    if own is None:
        return found[0].device.name if found else ""
    name = own.device.name
    owner = fenced.name(own.owner)
    new = name.replace(owner, asked.name) if owner in name else f"fence-{asked.name}"
    return new if fenced.device(new) is None else f"fence-{asked.name}"


def derived(fenced: Fenced, asked: FenceQuery) -> tuple[str, ...]:
    """Settings that follow from who this host is: fence_manual alone, a human, is told the host's name or address."""
    found = dict.fromkeys(
        f"{key}={asked.address if key in ADDRESS else asked.name}"
        for part in parts(fenced, asked)
        if part.device.agent == BY_HAND
        for key in part.asked
    )
    return tuple(found)


# --- the answers


def target(asked: FenceQuery, part: Part) -> str:
    """The device that stands for the model's one: itself if it is shared."""
    return asked.fence if part.owner else part.device.name


def given(asked: FenceQuery, found: tuple[Part, ...], device: str) -> Settings:
    """The settings that were answered for a device: those that name it, and those that name none and must mean it."""
    pairs = [pair(text) for text in asked.settings]
    return tuple(
        (key, value)
        for where, key, value in pairs
        if where == device or (not where and meant(asked, found, key) == device)
    )


def meant(asked: FenceQuery, found: tuple[Part, ...], key: str) -> str:
    """The one device that a setting without a device's name can mean; empty: there is none, or there are several."""
    targets = {target(asked, part) for part in found} or {asked.fence}
    needing = {target(asked, part) for part in found if key in part.asked}
    sole = targets if len(targets) == 1 else needing
    return next(iter(sole)) if len(sole) == 1 else ""


def pair(text: str) -> tuple[str, str, str]:
    """(device or "", key, value) of "port=7" or "apc1/port=7"."""
    left, _, value = text.partition("=")
    device, slash, key = left.rpartition("/")
    return (device, key, value) if slash else ("", left, value)
