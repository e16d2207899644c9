"""The members of a cluster, logged in to and asked: how the site becomes known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tui_installer.hosts.host import Dialer, Host, HostError, Login, LoginError, side_by_side
from tui_installer.hosts.told import told
from tui_installer.model.site import NodeEntry, Peer, ProbeSet, Site, Witness
from tui_installer.probes.system import System

UNTRIED = "not tried: the password that was given is not known any more"
Keys = tuple[tuple[str, str], ...]
"""(address, fingerprint) of host keys that were offered."""


@dataclass(frozen=True, slots=True)
class Access:
    """How members are logged in to: all in the same way."""

    dialer: Dialer
    login: Login
    """For the member that is asked first; an empty address: none is named."""
    accepted: tuple[str, ...]
    """Fingerprints of the host keys that are trusted."""
    eyes: ProbeSet
    """How they are looked at."""
    forgotten: bool = False
    """Whether a password was given once, and is not known any more: then nobody is tried."""

    def offered(self, address: str) -> Keys:
        """The host keys at an address; none: nobody answers."""
        return tuple((address, print_) for print_ in self.dialer.keys(address, self.login.port))

    def log_in(self, address: str, offered: Keys) -> Host:
        """The host there; nothing is sent to one whose keys were not accepted. Raises `LoginError`."""
        if offered and not any(print_ in self.accepted for _, print_ in offered):
            raise LoginError("host-key", ("Its host key was not accepted yet.",))
        return self.dialer.connect(replace(self.login, address=address), self.accepted)


def ask_members(here: Host, access: Access) -> tuple[Site, dict[str, Host]]:
    """The site, and every member that was logged in to, by name. Raises `HostError`.

    A host that is a member already can do without the named one: after a reboot no password is known any more.
    """
    known = access.eyes.system(here)
    told, members = _told(known, access) if access.login.address else (Site(here=known), {})
    if told.witness and told.witness.cluster.quorate:
        return told, members
    own = access.eyes.cluster(here)
    stopped = told.witness is not None and not told.witness.cluster.running
    if not own.running or (told.witness and not own.quorate and not stopped):
        return told, members
    witness = access.eyes.witness(here, known, own)
    peers, offered, members = _reach(access, witness, known.hostname)
    failure = "stopped" if stopped else "cut-off" if told.witness else told.failure
    site = replace(told, witness=witness, peers=peers, itself=True, offered_keys=offered, failure=failure)
    return site, {witness.name: here, **members}


def _told(here: System, access: Access) -> tuple[Site, dict[str, Host]]:
    """The site as the named member tells it."""
    address = access.login.address
    if access.forgotten:
        return Site(here=here, failure="forgotten"), {}
    offered = access.offered(address)
    try:
        host = access.log_in(address, offered)
    except LoginError as error:
        return Site(here=here, offered_keys=offered, failure=error.kind, evidence=error.evidence), {}
    witness = access.eyes.witness(host, access.eyes.system(host), access.eyes.cluster(host))
    itself = Peer(witness.name, address, True, told(lambda: witness.iscsi.name))
    peers, more, members = _reach(access, witness, here.hostname)
    return Site(here, witness, (itself, *peers), offered_keys=(*offered, *more)), {witness.name: host, **members}


def _reach(access: Access, witness: Witness, own_name: str) -> tuple[tuple[Peer, ...], Keys, dict[str, Host]]:
    """All nodes but the witness and our own, logged in to where that is possible, side by side."""
    others = [node for node in witness.cluster.nodes if node.name not in (witness.name, own_name)]
    found = side_by_side(lambda node: _peer(access, node, _may_be_there(witness, node)), others)
    members = {node.name: host for node, (_, _, host) in zip(others, found, strict=True) if host}
    return tuple(peer for peer, _, _ in found), tuple(key for _, keys, _ in found for key in keys), members


def _may_be_there(witness: Witness, node: NodeEntry) -> bool:
    """Whether a node is in the membership, or nobody can tell."""
    try:
        return node.name in witness.cluster.present
    except HostError:
        return True


def _peer(access: Access, node: NodeEntry, present: bool) -> tuple[Peer, Keys, Host | None]:
    """Another node: logged in to at the first of its addresses that answers. One that is down is not looked for."""
    if access.forgotten:
        return Peer(node.name, next(iter(node.addresses), ""), False, evidence=(UNTRIED,)), (), None
    address, offered = _first_offer(access, (*node.addresses, node.name) if present else node.addresses[:1])
    try:
        host = access.log_in(address, offered)
        return Peer(node.name, address, True, told(lambda: access.eyes.initiator(host))), offered, host
    except HostError as error:
        words = error.evidence if isinstance(error, LoginError) else (str(error),)
        return Peer(node.name, address, False, evidence=words), offered, None


def _first_offer(access: Access, candidates: Iterable[str]) -> tuple[str, Keys]:
    tried = [address for address in candidates if address]
    for address in tried:
        if keys := access.offered(address):
            return address, keys
    return (tried[0] if tried else ""), ()
