"""A host whose programs are this machine's own, and whose packages, sources and configuration are not.

/usr is mounted into a folder, to be read only, in a user and mount namespace of its own: nothing that is done there
reaches this machine, not even its clock. Stand-ins are there for systemctl, for nothing was booted, for modprobe,
for its kernel has its modules whatever this machine's has, and for date(1) where a test brings one.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.apt import pool
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import ENVIRONMENT, End, File, Host, Login, LoginError, OnLine, Result
from tui_installer.hosts.local import LocalHost
from tui_installer.model.change import Change
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context, Step
from tui_installer.probes.system import System
from tui_installer.steps.packages.corosync import PackagesStep
from tui_installer.steps.packages.shared import PackagesAnswers

FOLDERS = (
    *(
        "usr",
        "proc",
        "dev",
        "run",
        "tmp",
        "opt",
        "srv/told",
        "srv/pool",
        "local/bin",
        "own",
        "machine",
        "boot",
        "etc/apt/sources.list.d",
    ),
    *("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/trusted.gpg.d", "etc/systemd/system"),
    *("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial"),
    *("var/log", "root"),
)
FILES = {
    "var/lib/dpkg/status": "",
    "var/lib/dpkg/available": "",
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "etc/resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    "etc/apt/apt.conf": 'APT::Sandbox::User "root";\nAcquire::Retries "0";\n',
    "etc/apt/sources.list": "deb [trusted=yes] copy:/srv/pool ./\n",
}
SYSTEMCTL = """#!/bin/sh
[ "$1" != show ] && exit 0
echo "System has not been booted with systemd as init system (PID 1). Can't operate." >&2
exit 1
"""
MODPROBE = """#!/bin/sh
[ "$1" = -n ]
"""
MOUNTS = """
mount --rbind /usr {root}/usr
mount -o remount,ro,bind {root}/usr
mount --bind {root}/local {root}/usr/local
mount --bind {root}/own {root}/usr/sbin
mount --rbind /usr/sbin {root}/machine
mount --rbind /proc {root}/proc
mount --rbind /dev {root}/dev
echo ready
exec cat
"""


class NoNamespaces(Exception):
    """This machine lets nobody make namespaces, as a container may."""


class Tree(LocalHost):
    """The tree with its own root, as a host. It lasts until `close`."""

    def __init__(self, folder: Path, debs: Path) -> None:
        """`debs`: the packages of its pool."""
        self.folder = folder / "tree"
        for name in FOLDERS:
            (self.folder / name).mkdir(parents=True)
        for name, content in FILES.items():
            (self.folder / name).write_text(content)
        for name in ("bin", "sbin", "lib", "lib64"):
            (self.folder / name).symlink_to(f"usr/{name}")
        for path in Path("/usr/sbin").iterdir():
            if path.name != "policy-rc.d":  # that of this machine is not the tree's
                (self.folder / "own" / path.name).symlink_to(f"/machine/{path.name}")
        for name, content in (("systemctl", SYSTEMCTL), ("modprobe", MODPROBE)):
            (self.folder / "local/bin" / name).write_text(content)
            (self.folder / "local/bin" / name).chmod(0o755)
        for deb in debs.iterdir():
            (self.pool / deb.name).hardlink_to(deb)
        pool.index(self.pool)
        argv = ("unshare", "--map-root-user", "--mount", "--propagation", "private", "sh", "-e", "-c")
        self._holder = subprocess.Popen(
            (*argv, MOUNTS.format(root=self.folder)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if not (self._holder.stdout and self._holder.stdout.readline() == "ready\n"):
            self.close()
            raise NoNamespaces
        super().__init__(root=f"/proc/{self._holder.pid}/root{self.folder}")
        self.before: Callable[[tuple[str, ...]], object] = lambda argv: None
        """Called with the argv of each command before it is run."""
        self.after: Callable[[tuple[str, ...], str], object] = lambda argv, line: None
        """Called with each line that a command prints."""
        self.engine = Engine(STACK, Context(self, Nobody()), State(folder / "state", folder / "run"), {})

    @property
    def pool(self) -> Path:
        """Where its packages come from."""
        return self.folder / "srv/pool"

    def close(self) -> None:
        """Its mounts go with the last process in it."""
        self._holder.communicate()

    def told(self, script: str, words: str) -> Path:
        """Have a package's script ("corosync.postinst") run these words of shell first, until the file is removed."""
        path = self.folder / "srv/told" / script
        path.write_text(words)
        return path

    def small(self, folder: str, size: str) -> None:
        """Have a folder on a file system of its own, of that size ("400k")."""
        mount = ("mount", "-t", "tmpfs", "-o", f"size={size}", "small", f"{self.folder}{folder}")
        subprocess.run((*self._entered(), *mount), check=True)

    def _entered(self) -> tuple[str, ...]:
        return ("nsenter", f"--target={self._holder.pid}", "--user", "--mount", "--preserve-credentials")

    def inside(self, *argv: str) -> tuple[str, ...]:
        """A command line that runs in it."""
        return (*self._entered(), "chroot", str(self.folder), *argv)

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`."""
        self.before(argv)
        lines = []
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            command = self.inside(*argv)
            with subprocess.Popen(
                command, stdin=given, stdout=subprocess.PIPE, stderr=err, env=ENVIRONMENT, text=True, bufsize=1
            ) as running:
                assert running.stdout
                for line in running.stdout:
                    lines.append(line)
                    self.after(argv, line)
                    if on_line is not None:
                        on_line(line.rstrip("\n"))
            err.seek(0)
            said = err.read().decode("utf-8", "replace")
        end: End = "absent" if running.returncode == 127 else "exited"
        return Result(argv, end, running.returncode, "".join(lines), said)

    def read(self, path: str) -> File | None:
        """See `Host.read`: who runs this is root there."""
        file = super().read(path)
        return File(file.content, file.mode, "root:root", file.link) if file else None


class Nobody:
    """No member is reached from a tree."""

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        return ()

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        """See `Dialer.connect`."""
        raise LoginError("unreachable", ())


class Alone(Step[Site, PackagesAnswers]):
    """In place of the site: there is this host alone."""

    id = "site"
    title = "Alone"
    asks = PackagesAnswers

    def probe(self, ctx: Context, site: Site, answers: PackagesAnswers) -> Site:
        """This host."""
        return Site(here=System("tree", "debian", "12", "bookworm", "6.1.0-1-amd64", 0, 0))

    def plan(self, facts: Site, site: Site, answers: PackagesAnswers) -> tuple[Change, ...]:  # type: ignore[override]
        """Nothing."""
        return ()

    def shown(self, facts: Site, site: Site) -> dict[str, str]:
        """Nothing."""
        return {}


STACK = Stack("apt", "packages alone", (Alone(), PackagesStep()))
