"""Debian 12 and 13 as trees: what their own update-grub makes of the files, and of the packages as they come and go."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab import folders
from tests.lab.images import _bootstrap, _logged, _remove_tree
from tests.lab.joins.seen import demand
from tests.lab.xen.machine import Firmware
from tests.lab.xen.tree import STACK, context
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State

HERE = Path(__file__).resolve().parent
BASE = (
    *("systemd-sysv", "udev", "kmod", "linux-image-amd64", "initramfs-tools", "e2fsprogs"),
    *("openssh-client", "openssh-server"),
)
WANTED = (
    'set default="${saved_entry}"',
    "serial --unit=0 --speed=115200 --word=8 --parity=no --stop=1",
    "terminal_output console serial",
    "set fallback=0",
    "ro console=tty0 console=ttyS0,115200n8 panic=10",
    "com1=115200,8n1 console=com1,vga dom0_mem=1024M,max:1024M dom0_max_vcpus=1",
    "ro console=hvc0 panic=10",
)
"""What grub.cfg must have in the end."""
OURS = ("etc/default/grub.d/*", "etc/grub.d/*tui*", "etc/default/grub")


def tried(release: str, firmware: Firmware, say: Callable[[str], None]) -> dict[str, bytes]:
    """The steps over a tree of that release: in place, nothing more planned, and taken back to the first menu.

    Returns what they wrote for update-grub: no board's firmware makes a difference there.
    """
    where = f"{release}, {firmware.name}"
    folder = folders.runs() / f"tree-{release}-{firmware.name}"
    folder.mkdir(parents=True, exist_ok=True)
    tree, disk, log = folder / "tree", folder / "disk.raw", folder / "log"
    _remove_tree(tree)
    _logged(log, _bootstrap(release, [*BASE, firmware.loader], tree))
    _logged(log, ["sh", str(HERE / "make-disk.sh"), str(tree), str(disk), "3G", firmware.name])
    _remove_tree(tree)
    with mounted(disk, firmware.root, folder / "root") as (root, uuid):
        first = (root / "boot/grub/grub.cfg").read_bytes()
        engine = Engine(STACK, context(root, uuid), State(folder / "state", folder / "run"), {"console": {"unit": "0"}})
        for step in ("console", "xen"):
            demand(f"{where}: {step} is applied", engine.apply(engine.plan(step)) == "done", engine.failure(step))
            left = engine.look(step)
            demand(f"{where}: {step} plans nothing more", left.plan.in_place, left)
        menu = " ".join((root / "boot/grub/grub.cfg").read_text().split())
        demand(f"{where}: grub.cfg", not [line for line in WANTED if line not in menu], menu)
        found = {path: (root / path).read_bytes() for pattern in OURS for path in _matching(root, pattern)}
        say(f"{where}: console and hypervisor in place; plain Linux is what boots by itself")
        for step in ("xen", "console"):
            demand(
                f"{where}: {step} is taken back", engine.apply(engine.plan_undo(step)) == "done", engine.failure(step)
            )
        demand(f"{where}: the first menu is back", (root / "boot/grub/grub.cfg").read_bytes() == first)
        say(f"{where}: taken back, and the first menu is there again, byte for byte")
    return found


def _matching(root: Path, pattern: str) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.glob(pattern))


@contextmanager
def mounted(disk: Path, number: int, at: Path) -> Iterator[tuple[Path, str]]:
    """The file system of that partition with what chroot needs, and its UUID; undone at the end."""

    def run(*argv: str) -> str:
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    loop = run("losetup", "-f", "--show", str(disk))
    subprocess.run(["partx", "-a", loop], capture_output=True, check=False)
    part = f"{loop}p{number}"
    uuid = run("blkid", "-s", "UUID", "-o", "value", part)
    link = Path(f"/dev/disk/by-uuid/{uuid}")
    at.mkdir(parents=True, exist_ok=True)
    run("mount", part, str(at))
    try:
        for name in ("dev", "proc", "sys"):
            run("mount", "--bind", f"/{name}", str(at / name))
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(part)
        yield at, uuid
    finally:
        link.unlink(missing_ok=True)
        for name in ("dev", "proc", "sys", "."):
            subprocess.run(["umount", str(at / name)], capture_output=True, check=False)
        subprocess.run(["partx", "-d", loop], capture_output=True, check=False)
        subprocess.run(["losetup", "-d", loop], capture_output=True, check=False)
