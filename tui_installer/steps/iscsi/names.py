"""Initiator names: which are valid, which are taken, and how one is made (RFC 3720 3.2.6, RFC 3721)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from tui_installer.hosts.host import Link
from tui_installer.model.site import Site
from tui_installer.probes.iscsi import Iscsi

ACCEPTED = "iqn.YYYY-MM.DOMAIN-REVERSED:NAME, eui.16 HEX DIGITS, or naa.16 or 32 HEX DIGITS; at most 223 characters"
_DATE = r"\d{4}-(?:0[1-9]|1[0-2])"
_LABEL = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_FORMS = re.compile(
    rf"iqn\.{_DATE}\.{_LABEL}(?:\.{_LABEL})*(?::[a-z0-9.:-]+)?|eui\.[0-9a-f]{{16}}|naa\.(?:[0-9a-f]{{16}}){{1,2}}",
    re.ASCII | re.IGNORECASE,
)


def refused_name(name: str) -> bool:
    """Whether this cannot be an initiator's name."""
    return len(name) > 223 or _FORMS.fullmatch(name) is None


def taken_by(name: str, site: Site) -> str:
    """The member that has this name already (two hosts of one name end each other's sessions); empty: nobody."""
    if site.witness and not site.itself and site.witness.iscsi.name == name:
        return site.witness.name
    return next((peer.name for peer in site.peers if peer.initiator and peer.initiator == name), "")


def in_use(here: Iscsi) -> str:
    """The one name that this host's sessions run under, whatever its file says by now; empty: it cannot be told."""
    names = {each.initiator for each in here.sessions if each.initiator}
    return names.pop() if len(names) == 1 else ""


def made_name(hostname: str, links: Iterable[Link], site: Site) -> str:
    """A name for this host: the member's with our host name in it, else as Debian makes them; always the same one."""
    own = re.sub("[^a-z0-9.-]", "-", hostname.lower())
    if site.witness and not site.itself and own:
        host = re.escape(site.witness.system.hostname.split(".")[0])
        authority, colon, rest = site.witness.iscsi.name.partition(":")
        ours = re.sub(rf"(?<![A-Za-z0-9]){host}(?![A-Za-z0-9])", own, rest) if host else rest
        if ours != rest:
            return f"{authority}{colon}{ours}"
    macs = sorted(link.mac for link in links if link.mac.strip("0:"))
    digest = hashlib.sha256(f"{hostname} {next(iter(macs), '')}".encode()).hexdigest()
    return f"iqn.1993-08.org.debian:01:{digest[:12]}"
