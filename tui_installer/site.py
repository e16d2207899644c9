"""The site: the cluster that the host is to join, as one of its members tells it. Every step may read it.

It is made of the same facts that the same probes find here, so that "as the members have it" is a comparison
of like with like. A host that is a member already is its own witness: then the facts are its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tui_installer.probes.cluster import Cluster
from tui_installer.probes.iscsi import Iscsi
from tui_installer.probes.lvm import Lvm
from tui_installer.probes.multipath import Multipath
from tui_installer.probes.network import Network
from tui_installer.probes.system import System


@dataclass(frozen=True, slots=True)
class Witness:
    """A member, and what it tells."""

    name: str
    """Its node name; it is also the name of its `Host` in the context."""
    system: System
    network: Network
    iscsi: Iscsi
    multipath: Multipath
    cluster: Cluster
    lvm: Lvm


@dataclass(frozen=True, slots=True)
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
    """Why there is no witness though a member was named: the kind of `LoginError`; empty otherwise."""
    evidence: tuple[str, ...] = field(default=())
    """ssh's words for the failure."""
