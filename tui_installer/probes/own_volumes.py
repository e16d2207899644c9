"""Physical volumes that this host runs from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tui_installer.hosts.host import Host, HostError
from tui_installer.probes.lvm import DEADLINE, group_of, is_report, parse_report


def parse_mounts(text: str) -> tuple[str, ...]:
    """Devices under / and what the system needs of it, from /etc/mtab or /proc/self/mounts (fstab(5))."""
    rows = (line.split() for line in text.splitlines())
    needed = ("/", "/boot", "/usr", "/var")
    return tuple(row[0] for row in rows if len(row) > 2 and row[1] in needed and row[0].startswith("/dev/"))


def own_pvs(host: Host) -> tuple[str, ...]:
    """Physical volumes under /, /boot and swap: those that must stay visible whatever happens. Raises `HostError`."""
    mounts = host.read("/proc/self/mounts")
    mounted = parse_mounts(mounts.content.decode("utf-8", "replace")) if mounts else ()
    devices = {*mounted, *_swaps(host)}
    own = {group_of(device) for device in devices} - {""}
    if not own:
        return ()
    said = host.run("pvs", "--reportformat", "json", "-o", "pv_name,vg_name,pv_uuid", within=DEADLINE)
    if not is_report(said.answer()):
        raise HostError("pvs: its answer is not whole")
    rows = [row for row in parse_report(said.out) if row.get("pv_name")]
    return tuple(row["pv_name"] for row in rows if row.get("vg_name") in own)


def _swaps(host: Host) -> Iterator[str]:
    """Swap devices of proc(5); /proc/swaps has a volume by its kernel name, /dev/dm-1."""
    file = host.read("/proc/swaps")
    for line in file.content.decode("utf-8", "replace").splitlines()[1:] if file else ():
        device = line.split()[0] if line.split() else ""
        kernel = re.fullmatch(r"/dev/(dm-[0-9]+)", device)
        name = host.read(f"/sys/block/{kernel[1]}/dm/name") if kernel else None
        yield f"/dev/mapper/{name.content.decode('utf-8', 'replace').strip()}" if name else device
