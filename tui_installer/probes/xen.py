"""The hypervisor: whether it runs, and what xl tells of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui_installer.hosts.host import Host, HostError

KEY = "/root/.ssh/tui-installer-migrate"
"""With it root asks another host to take a guest; that host lets it do nothing else."""
TYPE, CAPABILITIES, UUID = "/sys/hypervisor/type", "/proc/xen/capabilities", "/sys/hypervisor/uuid"


@dataclass(frozen=True, slots=True)
class Xen:
    """Xen on a host."""

    dom0: bool = False
    """Whether this kernel is the one that rules the hypervisor."""
    version: str = ""
    """As in "4.20.4-pre"; empty: not known."""
    options: str = ""
    """The hypervisor's own command line."""
    features: str = ""
    """The processors' features, as xl prints hw_caps."""
    memory: int = 0
    """Of the machine, in MB; 0: not known."""
    cpus: int = 0


def parse_info(text: str) -> dict[str, str]:
    """What `xl info` printed."""
    pairs = (line.partition(":") for line in text.splitlines())
    return {key.strip(): value.strip() for key, colon, value in pairs if colon}


def is_dom0(host: Host) -> bool:
    """Whether the hypervisor runs, and this is its first domain. Raises `HostError`."""
    kind, told, uuid = host.read(TYPE), host.read(CAPABILITIES), host.read(UUID)
    if kind is None or kind.content.strip() != b"xen":
        return False
    if told is not None and told.content.strip():
        return b"control_d" in told.content
    return uuid is not None and not uuid.content.strip().strip(b"0-")  # before xen.service has mounted /proc/xen


def probe(host: Host) -> Xen:
    """How Xen runs here, and what is installed of it. Raises `HostError`."""
    dom0 = is_dom0(host)
    if not dom0:
        return Xen(memory=_memory(host), cpus=_cpus(host))
    info = parse_info(host.run("xl", "info", within=30).answer(form=r"host +: ", absent=True))
    if info and not info.get("xen_version"):
        raise HostError("xl: its answer is not whole")
    return Xen(
        dom0=True,
        version=info.get("xen_version", ""),
        options=info.get("xen_commandline", ""),
        features=info.get("hw_caps", ""),
        memory=int(info.get("total_memory", "0") or 0),
        cpus=int(info.get("nr_cpus", "0") or 0),
    )


def _memory(host: Host) -> int:
    file = host.read("/proc/meminfo")
    found = re.search(rb"(?m)^MemTotal:\s+(\d+) kB", file.content) if file else None
    return int(found[1]) // 1024 if found else 0


def _cpus(host: Host) -> int:
    file = host.read("/proc/cpuinfo")
    return len(re.findall(rb"(?m)^processor\s*:", file.content)) if file else 0
