"""What has to be known of each host between which guests are moved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tui_installer.formats import ssh_files
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File, Host, HostError, side_by_side
from tui_installer.model.answers import ask
from tui_installer.model.site import Site
from tui_installer.model.step import Context
from tui_installer.probes import network, xen
from tui_installer.probes.xen import KEY, Xen

HOST_KEY = "/etc/ssh/ssh_host_ed25519_key.pub"
AUTHORIZED = "/root/.ssh/authorized_keys"
KNOWN = "/etc/ssh/tui-installer-known-hosts"
CONFIG = "/etc/ssh/ssh_config.d/tui-installer-migrate.conf"
RECEIVER = "/usr/local/sbin/tui-installer-migrate-receive"
FILES = (AUTHORIZED, KNOWN, CONFIG, RECEIVER)
PREFIX = "xen-"
"""`xl migrate GUEST xen-node1`: ssh to node1 itself goes on as it was, with root's usual keys."""
REFUSED = 77
"""With that exit code the receiver refuses what is no guest: so the key was let in."""


@dataclass(frozen=True, slots=True)
class MigrationAnswers:
    """What is asked before guests can be moved."""

    allow: bool | None = ask("Move guests", "Let this host and the members move guests to each other.", default=None)
    confirm: str = ask("Cluster's name", "Type it to confirm that the members are changed.")
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that are accepted.", default=())


@dataclass(frozen=True, slots=True)
class Side:
    """A host between which and others guests are moved."""

    host: str
    """Its name in plans."""
    name: str
    """Its node's name."""
    address: str
    """Where the others reach it."""
    sources: tuple[str, ...]
    """All its addresses: it may come from any."""
    key: str = ""
    """Its public key for moving guests; empty: none."""
    host_key: str = ""
    """What its sshd proves itself by."""
    files: dict[str, File | None] = field(default_factory=dict)
    xen: Xen = field(default_factory=Xen)
    bridges: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    """Volume groups that it sees."""
    tried: dict[str, str] = field(default_factory=dict)
    """Node name of another one -> why its login there does not work; empty: it does. Only for those it knows."""

    def content(self, path: str) -> bytes:
        """The content of one of `FILES`; empty: there is none."""
        file = self.files.get(path)
        return file.content if file else b""


@dataclass(frozen=True, slots=True)
class MigrationFacts:
    """This host and the members that were logged in to."""

    here: Side
    others: tuple[Side, ...]
    unseen: tuple[str, ...]
    """Members that were not logged in to."""


def probe(ctx: Context, site: Site) -> MigrationFacts:
    """Look at this host and at every member that was logged in to. Raises `HostError`."""
    nodes = {each.name: each.addresses for each in site.witness.cluster.nodes} if site.witness else {}
    own = site.here.hostname if site.here else "here"
    members = {name: host for name, host in ctx.members.items() if host is not ctx.here and name != own}
    addresses = {peer.name: peer.address for peer in site.peers}
    asked = [("here", ctx.here, own), *((name, host, name) for name, host in members.items())]

    def look(one: tuple[str, Host, str]) -> Side:
        host, machine, name = one
        return _side(host, machine, name, addresses.get(name, "") or next(iter(nodes.get(name, ())), ""))

    sides = side_by_side(look, asked)
    unseen = tuple(name for name in addresses if name not in members and name != own)
    return MigrationFacts(sides[0], sides[1:], unseen)


def _side(host: str, machine: Host, name: str, address: str) -> Side:
    seen = network.probe(machine)
    main = seen.interface(seen.main)
    sources = tuple(each.partition("/")[0] for one in seen.interfaces if one.name != "lo" for each in one.addresses)
    files = {path: machine.read(path) for path in FILES}
    side = Side(
        host=host,
        name=name,
        address=address or (main.addresses[0].partition("/")[0] if main and main.addresses else ""),
        sources=sources,
        key=_public(machine.read(f"{KEY}.pub")),
        host_key=_public(machine.read(HOST_KEY)),
        files=files,
        xen=xen.probe(machine),
        bridges=tuple(one.name for one in seen.interfaces if one.kind == "bridge"),
        groups=_groups(machine),
    )
    return replace(side, tried=_tried(machine, side))


def _public(file: File | None) -> str:
    try:
        return ssh_files.public_key(file.content) if file else ""
    except FormatError as error:
        raise HostError(f"a public key cannot be read: {error}") from error


def _groups(machine: Host) -> tuple[str, ...]:
    said = machine.run("vgs", "--noheadings", "-o", "vg_name", within=60)
    return tuple(sorted(said.answer(absent=True).split()))


def _tried(machine: Host, side: Side) -> dict[str, str]:
    """What comes of logging in to each that it knows, with the key and nothing else."""
    known = [line.split()[0] for line in side.content(KNOWN).decode("utf-8", "replace").splitlines() if line.split()]

    def attempt(name: str) -> str:
        said = machine.run("ssh", "-o", "ConnectTimeout=8", f"{PREFIX}{name}", "true", within=20)
        return "" if said.ok(REFUSED) else next(reversed(said.said), said.verdict)  # warnings come before the reason

    return dict(zip(known, side_by_side(attempt, known), strict=True))
