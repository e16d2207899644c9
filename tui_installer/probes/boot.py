"""What the next boot finds: kernels and their files, room for more, the firmware's mind; and this boot's check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tui_installer.hosts.host import File, Host, HostError

BOOT_ID = "/proc/sys/kernel/random/boot_id"
RESULT, TRIAL = "/var/lib/boot-check/result", "/etc/boot-check/trial"
SECURE_BOOT = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
"""Four bytes of attributes, then one: 1 means that the firmware runs signed programs only (UEFI, 3.3)."""
NEEDRESTART, APT = "/etc/needrestart", "/etc/apt/apt.conf.d"


@dataclass(frozen=True, slots=True)
class BootCheck:
    """What the boot check said."""

    boot: str
    """The boot that it was of."""
    verdict: str
    """"back", "missing" or "fell-back"."""
    said: str
    """In one line."""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Boot:
    """This boot, and what the next one finds."""

    id: str
    options: tuple[str, ...]
    """The running kernel's."""
    room: int
    """KB that are free in /boot."""
    files: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Of kernels, initrds and what initrds have copies of: bytes, and when it was written (seconds since the epoch)."""
    secure: bool = False
    """The firmware runs signed programs only."""
    dlm: frozenset[str] = frozenset()
    """Kernels that have dlm."""
    root: str = ""
    """The device under /."""
    fstab: tuple[tuple[str, str, str], ...] = ()
    """(device, folder, options)."""
    restarting: tuple[str, ...] = ()
    """Programs that would restart the cluster's daemons by themselves: "needrestart", "unattended-upgrades"."""
    check: BootCheck | None = None
    """None: none was made in this boot."""


def parse_check(content: bytes) -> BootCheck | None:
    """The result of a boot check; None: it is none."""
    rows = [line.partition("=") for line in content.decode("utf-8", "replace").splitlines()]
    found = {key: value for key, _, value in rows if key != "missing"}
    if not {"boot", "verdict", "said"} <= set(found):
        return None
    missing = tuple(value for key, _, value in rows if key == "missing" and value)
    return BootCheck(found["boot"], found["verdict"], found["said"], missing)


def parse_room(text: str) -> int:
    """KB that are free, of `df -P -k FOLDER`. Raises `HostError`."""
    found = re.search(r"(?m)^\S+ +\d+ +\d+ +(\d+) +\d+% ", text)
    if found is None:
        raise HostError("df: its answer is not whole")
    return int(found[1])


def parse_fstab(content: bytes) -> tuple[tuple[str, str, str], ...]:
    """(device, folder, options) of each line of fstab(5)."""
    rows = (line.split() for line in content.decode("utf-8", "replace").splitlines() if not line.startswith("#"))
    return tuple((row[0], row[1], row[3]) for row in rows if len(row) >= 4)


def result(host: Host) -> BootCheck | None:
    """What the boot check of this boot said; None: it has said nothing yet. Raises `HostError`."""
    file, boot = host.read(RESULT), boot_id(host)
    found = parse_check(file.content) if file else None
    return found if found and found.boot == boot else None


def told(host: Host) -> str:
    """The result as lines for programs: verdict, said, missing; empty: there is none. Raises `HostError`."""
    found = result(host)
    if found is None:
        return ""
    lines = (f"verdict={found.verdict}", f"said={found.said}", *(f"missing={each}" for each in found.missing))
    return "".join(f"{line}\n" for line in lines)


def boot_id(host: Host) -> str:
    """Of this boot alone. Raises `HostError`."""
    file = host.read(BOOT_ID)
    return file.content.decode("ascii", "replace").strip() if file else ""


def probe(host: Host) -> Boot:
    """What this host booted, and what it would boot. Raises `HostError`."""
    secure, fstab = host.read(SECURE_BOOT), host.read("/etc/fstab")
    line, mounts = host.read("/proc/cmdline"), host.read("/proc/self/mounts")
    modules = host.list("/lib/modules/*/kernel/fs/dlm/dlm.ko*")
    return Boot(
        id=boot_id(host),
        options=tuple(line.content.decode("utf-8", "replace").split()) if line else (),
        room=parse_room(host.run("df", "-P", "-k", "/boot", within=30).answer()),
        files=_files(host),
        secure=secure is not None and secure.content[4:5] == b"\x01",
        dlm=frozenset(path.split("/")[3] for path in modules),
        root=_root(mounts),
        fstab=parse_fstab(fstab.content) if fstab else (),
        restarting=tuple(_restarting(host)),
        check=result(host),
    )


def _files(host: Host) -> dict[str, tuple[int, int]]:
    copied = ["/etc/lvm/lvm.conf", "/etc/mdadm/mdadm.conf"]
    copied += ["/etc/multipath.conf"] if host.list("/usr/share/initramfs-tools/hooks/multipath") else []
    paths = [*host.list("/boot/vmlinuz-*"), *host.list("/boot/initrd.img-*"), *host.list("/boot/xen-*")]
    paths += [path for path in copied if host.list(path)]
    said = host.run("stat", "-c", "%s %Y %n", *paths, within=30) if paths else None
    rows = re.findall(r"(?m)^(\d+) (\d+) (.+)$", said.answer() if said else "")
    return {path: (int(size), int(written)) for size, written, path in rows}


def _root(mounts: File | None) -> str:
    rows = (line.split() for line in mounts.content.decode("utf-8", "replace").splitlines()) if mounts else ()
    return next((row[0] for row in rows if len(row) > 1 and row[1] == "/"), "")


def _restarting(host: Host) -> list[str]:
    """Those that are installed, and are not told to leave corosync alone."""
    found = []
    if host.list(f"{NEEDRESTART}/needrestart.conf") and not _named(host, f"{NEEDRESTART}/conf.d/*.conf"):
        found.append("needrestart")
    if host.list(f"{APT}/50unattended-upgrades") and not _named(host, f"{APT}/*"):
        found.append("unattended-upgrades")
    return found


def _named(host: Host, pattern: str) -> bool:
    """Whether one of the files speaks of corosync."""
    return any(file is not None and b"corosync" in file.content for file in map(host.read, host.list(pattern)))
