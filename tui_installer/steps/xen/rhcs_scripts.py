"""The network scripts that xend may run, with who has which, and the bridges that are there with each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tui_installer.formats import sexp
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model.site import Site
from tui_installer.probes.network import Network

SCRIPT = "network-script"
BUILT_IN = ("network-bridge", "network-dummy")
"""Those of /etc/xen/scripts that guests on bridges are served with."""
HERE = "this host"
Files = Iterable[tuple[str, File | None]]
"""xend's file by host, the own one being `HERE`."""


def said(file: File | None, name: str) -> str | None:
    """The value of a form in xend's file; None where there is none, or the file cannot be read."""
    try:
        return sexp.get(file.content, name) if file else None
    except FormatError:
        return None


def offered(files: Files, here: Network | None, site: Site) -> Iterator[tuple[str, str]]:
    """(script, how it is shown)."""
    users: dict[str, list[str]] = {}
    for host, file in files:
        if script := said(file, SCRIPT):
            users.setdefault(script, []).append(host)
    networks: Mapping[str, Network | None] = {HERE: here}
    if site.witness and not site.itself:
        networks = {**networks, site.witness.name: site.witness.network}
    for script in dict.fromkeys([*users, *BUILT_IN]):
        hosts = users.get(script, [])
        there = [(host, networks.get(host)) for host in hosts]
        made = [f"{host} has {words}" for host, network in there if network for words in _bridges(network)]
        yield script, f"{script}  {'; '.join((', '.join(hosts) or 'nobody has it', *made))}"


def _bridges(network: Network) -> Iterator[str]:
    """As in "xenbr0 of peth0 (198.38.17.41/24)"."""
    for one in network.interfaces:
        if one.kind == "bridge":
            own = f" ({one.addresses[0]})" if one.addresses else ""
            yield f"{one.name} of {' '.join(network.ports(one.name)) or 'nothing'}{own}"
