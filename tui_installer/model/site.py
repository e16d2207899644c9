"""The site: the cluster that the host is to join, as one of its members tells it. Every step may read it.

It is made of the same facts that the same probes find here, so that "as the members have it" is a comparison
of like with like. A host that is a member already is its own witness: then the facts are its own.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tui_installer.hosts.host import Host
from tui_installer.hosts.told import may_be_untold, told
from tui_installer.probes.fitness import Fitness

if TYPE_CHECKING:  # what looks is loaded with the steps, after the first picture
    from tui_installer.probes.iscsi import Iscsi
    from tui_installer.probes.lvm import Lvm
    from tui_installer.probes.multipath import Multipath
    from tui_installer.probes.network import Network
    from tui_installer.probes.system import System


@dataclass(frozen=True, slots=True)
class NodeEntry:
    """A node of the cluster's configuration."""

    name: str
    addresses: tuple[str, ...]
    """Where it may be reached; names where nothing better is known."""


@may_be_untold("quorate", "present")
@dataclass(frozen=True)
class Membership:
    """The cluster as one host's own tools show it, whichever stack it has."""

    daemon: str
    """What keeps the membership: "corosync", "cman"."""
    running: bool
    """Whether that runs there, for a cluster that somebody configured."""
    quorate: bool
    cluster: str
    """Its name; empty: none is configured."""
    version: int
    """config_version, in force or else of the file."""
    nodes: tuple[NodeEntry, ...]
    present: tuple[str, ...]
    """Names of the nodes in the membership now."""
    own: str
    """The host's own node name; empty if it has none."""
    manager: str
    """What owns the membership; "none": nothing is configured."""
    managed_by: str
    """The file or unit that says so."""


@may_be_untold("network", "iscsi", "multipath", "lvm")
@dataclass(frozen=True)
class Witness:
    """A member, and what it tells; what it did not tell raises `HostError` when it is asked for."""

    name: str
    """Its node name; it is also the name of its `Host` in the context."""
    system: System
    network: Network
    iscsi: Iscsi
    multipath: Multipath
    cluster: Membership
    lvm: Lvm


@dataclass(frozen=True, slots=True)
class ProbeSet:
    """How a host of a stack is looked at: each tells the same facts, by the means of its release."""

    system: Callable[[Host], System]
    network: Callable[[Host], Network]
    iscsi: Callable[[Host], Iscsi]
    initiator: Callable[[Host], str]
    """Its initiator's name alone: all that is asked of the members beside the witness."""
    multipath: Callable[[Host], Multipath]
    cluster: Callable[[Host], Membership]
    lvm: Callable[[Host], Lvm]
    compare: str = "with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on its own console"
    """How somebody at such a host compares its ssh key with a fingerprint that is shown."""

    def witness(self, host: Host, known: System, part: Membership) -> Witness:
        """All that a member tells, asked side by side."""
        with ThreadPoolExecutor() as pool:
            network, iscsi = pool.submit(self.network, host), pool.submit(self.iscsi, host)
            multipath, lvm = pool.submit(self.multipath, host), pool.submit(self.lvm, host)
            name = part.own or known.hostname
            by = "" if host.name == "here" else name
            paths = told(network.result, by), told(iscsi.result, by), told(multipath.result, by)
            return Witness(name, known, *paths, part, told(lvm.result, by))


@may_be_untold("initiator")
@dataclass(frozen=True)
class Peer:
    """Another member than the one that was asked first, as far as joining needs to know it."""

    name: str
    address: str
    reached: bool
    """Whether ssh logged in there."""
    initiator: str = ""
    """Its initiator name; empty if it was not reached."""
    evidence: tuple[str, ...] = ()
    """Why it was not reached, in ssh's words."""


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of the cluster before anything is changed."""

    here: System | None = None
    """The host itself; None only before it was looked at."""
    witness: Witness | None = None
    """None: no member was named, or it cannot be logged in to; then everything is asked by hand."""
    peers: tuple[Peer, ...] = ()
    """All members' nodes but this host's, the witness among them."""
    itself: bool = False
    """The witness is this host: it is a member already."""
    offered_keys: tuple[tuple[str, str], ...] = ()
    """(address, fingerprint) of the host keys offered by members, known or not."""
    failure: str = ""
    """Why the named member is no witness: the kind of `LoginError`, "forgotten", "cut-off", "stopped"; or empty."""
    evidence: tuple[str, ...] = field(default=())
    """ssh's words for the failure."""
    fitness: Fitness = field(default_factory=Fitness)
    """What speaks against this host itself."""
