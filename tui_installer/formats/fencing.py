"""How hosts are fenced, as cluster.conf and dlm.conf both say it: devices, and what each node needs of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SECRET = re.compile(r"(?i)passw|secret|community")


def is_secret(key: str) -> bool:
    """Whether a fence agent's parameter is a password: passwd, password, passwd_script, community, snmp_priv_passwd."""
    return bool(_SECRET.search(key))


Settings = tuple[tuple[str, str], ...]
"""Parameters of a fence agent in file order."""


@dataclass(frozen=True, slots=True)
class FenceUse:
    """A device as one node uses it: its name, and what the agent needs to know of that node."""

    device: str
    attributes: Settings = ()


@dataclass(frozen=True, slots=True)
class Method:
    """A way to fence a node: all its devices must succeed. Methods are tried in file order."""

    name: str
    devices: tuple[FenceUse, ...] = ()


@dataclass(frozen=True, slots=True)
class FenceDevice:
    """A fence device: a power switch, a management board, ..."""

    name: str
    agent: str
    settings: Settings = ()
    """What the agent needs whichever node it is about; passwords are left out."""
    secrets: Settings = field(default=(), repr=False)
    """The passwords among them."""
