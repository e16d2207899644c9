"""A scenario: the hosts, networks, storage and cluster of one laboratory, read from TOML."""

import ipaddress
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab import folders
from tests.lab.errors import LabError

ROLES = ("san", "member", "fresh")


@dataclass(frozen=True)
class Nic:
    """One network card; ethN by its place in the host's list."""

    network: str
    address: str | None = None
    """IPv4 address with prefix length; None: not configured, as on a fresh host."""
    vlan: int | None = None
    """Tag of the VLAN that carries the address; None: untagged."""

    @property
    def ip(self) -> str:
        """The address without its prefix length."""
        return (self.address or "").split("/")[0]

    @property
    def subnet(self) -> str:
        """The network of the address, as 10.16.0.0/16."""
        return str(ipaddress.ip_interface(self.address or "").network)


@dataclass(frozen=True)
class HostPlan:
    """One host of the scenario."""

    name: str
    role: str
    nics: tuple[Nic, ...]
    memory: str
    """As UML's mem= takes it: 512M."""
    image: str
    """Kind of base image: "full" (packages installed) or "min" (packages in the local pool)."""

    @property
    def mgmt(self) -> Nic:
        """The management NIC, always the first."""
        return self.nics[0]

    @property
    def storage(self) -> tuple[Nic, ...]:
        """The NICs towards the array."""
        return self.nics[1:]


@dataclass(frozen=True)
class Login:
    """A CHAP name and its secret."""

    user: str
    password: str


@dataclass(frozen=True)
class Chap:
    """Which authentications the array asks for (None: not asked)."""

    session: Login | None
    mutual: Login | None
    discovery: Login | None


@dataclass(frozen=True)
class Lun:
    """One disk of the array."""

    size: str
    scsi_id: str
    scsi_sn: str
    wwid: str
    """What multipath calls it."""
    alias: str | None
    """Its map's name on the members; None: no member uses it."""
    vg: str | None
    """The shared volume group made on it; None: left blank."""


@dataclass(frozen=True)
class Target:
    """One iSCSI target."""

    name: str
    luns: tuple[Lun, ...]


@dataclass(frozen=True)
class Lv:
    """A logical volume of a shared volume group."""

    name: str
    vg: str
    size: str
    active_on: str | None
    """The member that activates it exclusively at boot; None: nobody."""


@dataclass(frozen=True)
class Cluster:
    """The cluster as it is before the fresh host joins."""

    name: str
    members: tuple[str, ...]
    target: str
    lvs: tuple[Lv, ...]


@dataclass(frozen=True)
class Scenario:
    """Everything about one laboratory."""

    name: str
    source: Path
    release: str
    networks: tuple[str, ...]
    hosts: Mapping[str, HostPlan]
    cluster: Cluster
    chap: Chap
    targets: tuple[Target, ...]

    def of_role(self, role: str) -> tuple[HostPlan, ...]:
        """The hosts that play a role, in the file's order."""
        return tuple(host for host in self.hosts.values() if host.role == role)

    @property
    def san(self) -> HostPlan:
        """The array."""
        return self.of_role("san")[0]

    @property
    def members(self) -> tuple[HostPlan, ...]:
        """The cluster's first members, in the order of their node ids (1, 2, ...)."""
        return tuple(self.hosts[name] for name in self.cluster.members)

    @property
    def portals(self) -> tuple[str, ...]:
        """The array's iSCSI addresses."""
        return tuple(nic.ip for nic in self.san.storage)

    @property
    def luns(self) -> tuple[Lun, ...]:
        """The cluster's own disks: those of its target."""
        return next(target.luns for target in self.targets if target.name == self.cluster.target)

    def node_id(self, host: str) -> int:
        """The host's node id: members first, then whoever joins."""
        others = [name for name, plan in self.hosts.items() if plan.role == "fresh"]
        return [*self.cluster.members, *others].index(host) + 1


def load(name_or_path: str | Path) -> Scenario:
    """Read a scenario by its name (in scenarios/) or path; raises LabError with the reason when it makes no sense."""
    path = Path(name_or_path)
    if not path.exists():
        path = folders.SCENARIOS / f"{name_or_path}.toml"
    if not path.exists():
        raise LabError(f"no scenario {name_or_path}; there are: {', '.join(names())}")
    try:
        scenario = _scenario(path, tomllib.loads(path.read_text()))
    except (KeyError, TypeError, ValueError) as error:
        raise LabError(f"{path}: {type(error).__name__}: {error}") from error
    _check(scenario)
    return scenario


def names() -> tuple[str, ...]:
    """The scenarios that come with the laboratory."""
    return tuple(sorted(path.stem for path in folders.SCENARIOS.glob("*.toml")))


def _scenario(path: Path, raw: Mapping[str, Any]) -> Scenario:
    return Scenario(
        name=path.stem,
        source=path.resolve(),
        release=raw["release"],
        networks=tuple(raw["networks"]),
        hosts={name: _host(name, entry) for name, entry in raw["hosts"].items()},
        cluster=_cluster(raw["cluster"]),
        chap=Chap(*(_login(raw.get("chap", {}).get(kind)) for kind in ("session", "mutual", "discovery"))),
        targets=tuple(Target(entry["name"], tuple(map(_lun, entry["luns"]))) for entry in raw["targets"]),
    )


def _host(name: str, raw: Mapping[str, Any]) -> HostPlan:
    nics = tuple(Nic(**entry) for entry in raw["nics"])
    image = raw.get("image", "min" if raw["role"] == "fresh" else "full")
    return HostPlan(name, raw["role"], nics, raw.get("memory", "512M"), image)


def _cluster(raw: Mapping[str, Any]) -> Cluster:
    lvs = tuple(Lv(**{"active_on": None, **entry}) for entry in raw["lvs"])
    return Cluster(raw["name"], tuple(raw["members"]), raw["target"], lvs)


def _lun(raw: Mapping[str, Any]) -> Lun:
    return Lun(**{"alias": None, "vg": None, **raw})


def _login(raw: Mapping[str, str] | None) -> Login | None:
    return Login(**raw) if raw else None


def _check(scenario: Scenario) -> None:
    for host in scenario.hosts.values():
        if host.role not in ROLES:
            raise LabError(f"{scenario.source}: {host.name}: no such role: {host.role}")
        for nic in host.nics:
            if nic.network not in scenario.networks:
                raise LabError(f"{scenario.source}: {host.name}: no such network: {nic.network}")
    if len(scenario.of_role("san")) != 1:
        raise LabError(f"{scenario.source}: there must be one san")
    if scenario.cluster.target not in [target.name for target in scenario.targets]:
        raise LabError(f"{scenario.source}: no such target: {scenario.cluster.target}")
