"""How one host's process is started: the User-Mode Linux command line and its two serial lines."""

import fcntl
import os
import struct
import termios
import time
import tty
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.compiled import compiled
from tests.lab.errors import LabError
from tests.lab.scenario import HostPlan

KERNEL = "/usr/bin/linux.uml"
ROWS, COLUMNS = 24, 80
REBOOTING = b"Failed to exec kernel"
"""What UML prints when it is asked to restart and its argv[0] (on purpose) does not exist: see start_name."""

MASKED = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
    "e2scrub_reap.service",
    "systemd-pstore.service",
    "getty@tty1.service",
    "systemd-binfmt.service",
    "proc-sys-fs-binfmt_misc.automount",
)
"""Units that would only cost time here; masked on the kernel's command line, so that /etc is as Debian leaves it."""


@dataclass(frozen=True)
class Disks:
    """The files behind a host's disks."""

    base: Path
    """Read-only image below the clone."""
    clone: Path
    """Copy-on-write file; made by UML if it is not there."""
    luns: tuple[Path, ...] = ()
    """Further disks: /dev/ubdb, /dev/ubdc, ..."""


def registers() -> Path:
    """What is preloaded into the process, so that it runs on processors with AMX (see registers.c)."""
    return compiled("registers.c", "-shared", "-fPIC")


def start_name(host: str) -> str:
    """argv[0] of a host's process: a program that does not exist.

    A restart inside the guest executes argv[0] again in the same process, where open sockets would leak and leave the
    NICs dead. As that fails, the process ends, and the keeper starts a clean one.
    """
    return f"uml-{host}"


def command_line(
    plan: HostPlan,
    number: int,
    disks: Disks,
    folder: Path,
    share: Path,
    ports: Sequence[Path],
    lines: Sequence[int],
) -> list[str]:
    """Everything after argv[0]; `number` makes the MAC addresses, `lines` are the descriptors of ttyS0 and ttyS1."""
    further = [f"ubd{chr(ord('b') + i)}={path}" for i, path in enumerate(disks.luns)]
    serial = [f"ssl{i}=fd:{descriptor}" for i, descriptor in enumerate(lines)]
    nics = [
        f"vec{i}:transport=bess,dst={port},mac=52:54:00:00:{number:02x}:{i:02x},depth=64"
        for i, port in enumerate(ports)
    ]
    return [
        f"umid={plan.name}",
        f"uml_dir={folder}/",
        f"mem={plan.memory}",
        f"ubd0={disks.clone},{disks.base}",
        *further,
        "root=/dev/ubda",
        "rw",
        "quiet",
        "con=null",
        "ssl=null",
        *serial,
        "console=ttyS0",
        f"lab.share={share}",
        *nics,
        *(f"systemd.mask={unit}" for unit in MASKED),
    ]


def wait_unlocked(clone: Path, within: float = 10) -> None:
    """Wait until no helper process of a host that was just killed holds its disk any more."""
    if not clone.exists():
        return
    end = time.monotonic() + within
    with clone.open("r+b") as disk:
        while time.monotonic() < end:
            try:
                fcntl.lockf(disk, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.02)
            else:
                return
    raise LabError(f"{clone} is still in use after {within:g} s")


def serial_line() -> tuple[int, int]:
    """A new pseudo-terminal of 24x80, raw: (our end, the guest's end)."""
    ours, theirs = os.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    return ours, theirs
