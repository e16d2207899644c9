"""The steps for console and hypervisor over a real Debian tree in a folder: its own update-grub, apt and ssh-keygen.

Nothing boots: what GRUB's real scripts make of the files is what is looked at. /proc and /sys are made up, so that the
tree is a machine with a serial line and not the one that it lies on.
"""

import glob
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tui_installer.hosts.host import (
    ENVIRONMENT,
    Dialer,
    File,
    Host,
    Link,
    Login,
    LoginError,
    OnLine,
    Result,
    one_by_one,
)
from tui_installer.model.change import Change
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context, Step
from tui_installer.probes.system import System
from tui_installer.steps.console.corosync import ConsoleStep
from tui_installer.steps.xen.corosync import XenStep
from tui_installer.steps.xen.facts import XenAnswers

SERIAL = "serinfo:1.0 driver revision:\n0: uart:16550A port:000003F8 irq:4 tx:0 rx:0\n"


@dataclass(frozen=True)
class TreeHost:
    """A folder that is a host's root file system; commands run in it by chroot(8)."""

    root: Path
    cmdline: str
    name: str = "here"

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`."""
        if argv[0] == "who":
            return Result(argv, "absent", None, "", "")
        inside = ("chroot", str(self.root), *argv)
        done = subprocess.run(inside, input=stdin, capture_output=True, env=ENVIRONMENT, check=False)
        out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
        return Result(argv, "absent" if done.returncode == 127 else "exited", done.returncode, out, err)

    def read(self, path: str) -> File | None:
        """See `Host.read`."""
        made_up = {
            "/proc/cmdline": self.cmdline,
            "/proc/tty/driver/serial": SERIAL,
            "/proc/meminfo": "MemTotal: 2097152 kB\n",
            "/proc/cpuinfo": "processor : 0\n",
        }
        if path in made_up:
            return File(made_up[path].encode())
        real = self._real(path)
        if path.startswith(("/proc/", "/sys/")) or not os.path.lexists(real):
            return None
        if real.is_symlink():
            return File(link=os.readlink(real))
        return File(real.read_bytes(), real.stat().st_mode & 0o7777) if real.is_file() else None

    def list(self, pattern: str) -> tuple[str, ...]:
        """See `Host.list`."""
        return tuple(sorted(f"/{os.path.relpath(path, self.root)}" for path in glob.glob(f"{self.root}{pattern}")))

    def read_all(self, *patterns: str) -> dict[str, File]:
        """See `Host.read_all`."""
        return one_by_one(self, patterns)

    def write(self, path: str, file: File | None) -> None:
        """See `Host.write`."""
        real = self._real(path)
        real.unlink(missing_ok=True)
        if file is not None:
            real.parent.mkdir(parents=True, exist_ok=True)
            real.write_bytes(file.content)
            real.chmod(file.mode)

    def links(self) -> tuple[Link, ...]:
        """See `Host.links`."""
        return ()

    def _real(self, path: str) -> Path:
        return Path(f"{self.root}{path}")


class Nobody:
    """No member is reached from a tree."""

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        return ()

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        """See `Dialer.connect`."""
        raise LoginError("unreachable", ())


class Alone(Step[Site, XenAnswers]):
    """In place of the site: there is this host alone."""

    id: ClassVar[str] = "site"
    title: ClassVar[str] = "Alone"
    asks: ClassVar[type[XenAnswers]] = XenAnswers
    kernel: ClassVar[str] = ""

    def probe(self, ctx: Context, site: Site, answers: XenAnswers) -> Site:
        """The kernel that is taken for the one that runs."""
        release = ctx.here.list("/boot/vmlinuz-*")[-1].partition("vmlinuz-")[2]
        return Site(here=System("vm", "debian", "", "", release, 0, 0))

    def plan(self, facts: Site, site: Site, answers: XenAnswers) -> Iterator[Change]:
        """Nothing."""
        yield from ()

    def shown(self, facts: Site, site: Site) -> dict[str, str]:
        """Nothing."""
        return {}


STACK = Stack("tree", "a tree", (Alone(), ConsoleStep(), XenStep()))


def context(root: Path, uuid: str) -> Context:
    """The tree as a host whose root file system has that UUID."""
    kernel = sorted(path.name for path in (root / "boot").glob("vmlinuz-*"))[-1]
    nobody: Dialer = Nobody()
    return Context(TreeHost(root, f"BOOT_IMAGE=/boot/{kernel} root=UUID={uuid} ro quiet\n"), nobody)
