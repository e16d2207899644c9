"""A simulated machine as the account of a real sshd: its files, and busybox. No Python, no bash, none of this host.

Files are read and written there by busybox itself. Each of the machine's tools is a line of ash that hands its argv and
its standard input over to the simulator, out here. Scripts of the machine (/etc/init.d) are run by busybox.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.remote.server import Server, serving
from tui_installer.hosts.host import HostError
from tui_installer.simulator import SimulatedHost, opened
from tui_installer.simulator.commands import TOOLS
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs.ip import ip
from tui_installer.simulator.rhcs.paths import BASE

_APPLETS = """
[ basename cat chmod chown cmp cut dirname echo env expr false grep head id kill ln ls mkdir mkfifo mktemp mv printf
readlink rm rmdir sed sh sleep sort stat sync tail test touch tr true uniq wc
"""
"""What a POSIX system has, and mkfifo for ourselves. No timeout, no base64, no sha256sum."""
APPLETS = tuple(_APPLETS.split())
OURS = (
    "/.bridge",
    "/bin/busybox",
    "/dev",
    "/lib64",
    "/lib/x86_64",
    "/lib/aarch64",
    "/proc/self/exe",
    "/var/run/tui-",
    "/run/tui-",
)
"""What does not belong to the simulated machine."""
KERNEL = ("/proc", "/sys")
ENTER = """#!/bin/sh
cd /
root={root}
PATH=$PATH:/usr/sbin:/sbin
{{ : >$root/dev/null; }} 2>/dev/null && [ -c $root/dev/null ] && exec chroot $root /bin/sh -c "$SSH_ORIGINAL_COMMAND"
export root
exec unshare -r -m sh -c 'mount --bind /dev/null $root/dev/null && exec chroot $root /bin/sh -c "$SSH_ORIGINAL_COMMAND"'
"""
HAND_OVER = """
job=/.bridge/$$
rm -rf $job
mkdir $job
mkfifo $job/done
printf '%s\\0' "$tool" "$@" >$job/argv
cat >$job/in
echo $$ >/.bridge/requests
read -r code <$job/done
cat $job/out
cat $job/err >&2
rm -rf $job
exit $code
"""
STUB = "tool=$0; . /.bridge/hand-over\n"
"""Without "#!": the kernel leaves it to the shell, and the simulator takes the file for a program."""


class Bare:
    """The tools' side of it: runs in a thread what the stubs hand over."""

    def __init__(self, world: Path, machine: str) -> None:
        self.root = world / machine / "root"
        self.asked: list[tuple[str, ...]] = []
        """Every argv so far."""
        self.disturb: Callable[[tuple[str, ...], bool], None] = lambda argv, done: None
        """Called with its argv before and after each tool does its work."""
        self._host = SimulatedHost(world, machine, "")
        self._stubs: dict[tuple[int, int], bool] = {}
        """Whether it is one, by inode and time of the last change of its content."""
        self._bridge = self.root / ".bridge"
        self._furnish()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Serve no more."""
        (self._bridge / "requests").write_text("end\n")
        self._thread.join(20)
        shutil.rmtree(self._bridge)

    def _furnish(self) -> None:
        for folder in ("bin", "dev", "tmp", "var/run", "usr/local/sbin", "etc"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        for path in ("/bin/busybox", *_libraries("/bin/busybox")):
            (self.root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            if not (self.root / path[1:]).exists():  # a shell of an earlier sshd may still end
                shutil.copy(path, self.root / path[1:])
        self_ = self.root / "proc" / "self" / "exe"  # where ash finds itself, to run a file without "#!"
        self_.parent.mkdir(parents=True, exist_ok=True)
        self_.unlink(missing_ok=True)
        self_.symlink_to("/bin/busybox")
        for name in APPLETS:
            (self.root / "bin" / name).unlink(missing_ok=True)
            (self.root / "bin" / name).symlink_to("busybox")
        null = self.root / "dev" / "null"
        subprocess.run(["mknod", "-m", "666", null, "c", "1", "3"], check=False, stderr=subprocess.DEVNULL)
        null.touch()  # who may make no devices has this one's put over it, in a name space of his own
        for name in ("passwd", "group"):
            if not (self.root / "etc" / name).exists():
                (self.root / "etc" / name).write_text(
                    "root:x:0:0:root:/root:/bin/sh\n" if name == "passwd" else "root:x:0:\n"
                )
        self._bridge.mkdir()
        os.mkfifo(self._bridge / "requests")
        (self._bridge / "hand-over").write_text(HAND_OVER)
        self._told()

    def _serve(self) -> None:
        # open for writing as well, it is never at its end: what is written between two openings would be lost
        with (self._bridge / "requests").open("r+b", buffering=0) as requests:
            while (name := requests.readline().decode().strip()) != "end":
                threading.Thread(target=self._answer, args=(self._bridge / name,), daemon=True).start()

    def _answer(self, job: Path) -> None:
        argv = tuple(word.decode("utf-8", "surrogateescape") for word in (job / "argv").read_bytes().split(b"\0")[:-1])
        argv = _called(argv)
        self.asked.append(argv)
        self.disturb(argv, False)
        self._heard()
        before = self._written()
        code, out, err = self._said(argv, (job / "in").read_bytes())
        if self._written() != before:
            self._told()
        (job / "out").write_text(out)
        (job / "err").write_text(err)
        self.disturb(argv, True)
        (job / "done").write_text(f"{127 if code is None else code}\n")

    def _said(self, argv: tuple[str, ...], stdin: bytes) -> tuple[int | None, str, str]:
        if argv[0] == "ip" and "-j" not in argv:  # the modern worlds' ip speaks JSON only
            with opened(self._host.folder) as world:
                return ip(world, world.machine(self._host.machine), argv, stdin, lambda line: None)
        try:
            said = self._host.run(*argv, stdin=stdin)
        except HostError as error:
            return 255, "", str(error)
        return said.code, said.out, said.err

    def _written(self) -> tuple[int, int]:
        """What tells two states of the world apart."""
        told = os.stat(f"{self._host.folder}/state.json")
        return told.st_ino, told.st_mtime_ns

    def _heard(self) -> None:
        """Modes that were set there, as the simulator keeps them."""
        with opened(self._host.folder) as world:
            machine = world.machine(self._host.machine)
            for path, mode in self._files():
                known, owner = machine.data["meta"].get(path, (0o644, "root:root"))
                if mode != known:
                    machine.data["meta"][path] = [mode, owner]

    def _told(self) -> None:
        """Modes as the simulator has them, and a stub for each program that there is now."""
        with opened(self._host.folder) as world:
            machine = world.machine(self._host.machine)
            for path, mode in self._files():
                wanted, _ = machine.data["meta"].get(path, (0o644, ""))
                if mode != wanted:
                    (self.root / path[1:]).chmod(wanted)
            here = set(_programs(machine))
            for path in here:
                _stub(machine.real(path))
            for stub in self.root.glob("usr/local/sbin/*"):
                if f"/usr/local/sbin/{stub.name}" not in here and _is_stub(stub):
                    stub.unlink()

    def _files(self) -> Iterator[tuple[str, int]]:
        """The machine's own files, and their modes; not the kernel's, which nobody sets, and of which a thousand LUNs
        have twenty thousand."""
        root = str(self.root)
        for folder, inner, names in os.walk(root):
            if folder == root:
                inner[:] = [name for name in inner if f"/{name}" not in KERNEL]
            for name in names:
                real = f"{folder}/{name}"
                path = real[len(root) :]
                with suppress(FileNotFoundError):  # a tool that runs beside this one has removed it
                    told = os.lstat(real)
                    if stat.S_ISREG(told.st_mode) and not path.startswith(OURS) and not self._is_stub(real, told):
                        yield path, stat.S_IMODE(told.st_mode)

    def _is_stub(self, real: str, told: os.stat_result) -> bool:
        if told.st_size != len(STUB):
            return False
        known = told.st_ino, told.st_mtime_ns
        if known not in self._stubs:
            self._stubs[known] = _is_stub(Path(real))
        return self._stubs[known]


def _programs(machine: Machine) -> Iterable[str]:
    """Paths where a program of the machine's is to be found, other than the applets."""
    if not machine.rhcs:
        brought = {name for name, (_, package) in TOOLS.items() if not package or package in machine.data["packages"]}
        return [
            "/lib/udev/scsi_id",
            "/usr/sbin/fence_ipmilan",
            *(f"/usr/local/sbin/{name}" for name in brought if name not in APPLETS),
        ]
    files = [path for path, (mode, _) in machine.data["meta"].items() if mode & 0o111]
    own = [path for path in files if (text := machine.text(path)) is not None and not text.startswith("#!")]
    return [path for path in {*BASE, *own} if path.rsplit("/", 1)[1] not in APPLETS]


def _libraries(program: str) -> list[str]:
    assert Path(program).exists(), "no busybox here: apt-get install -y --no-install-recommends busybox"
    said = subprocess.run(["ldd", program], stdout=subprocess.PIPE, check=True, text=True).stdout
    return [word for word in said.split() if word.startswith("/")]


def _is_stub(real: Path) -> bool:
    return real.stat().st_size == len(STUB) and real.read_text() == STUB


def _stub(real: Path) -> None:
    if real.is_symlink() or (real.exists() and _is_stub(real)):
        return
    real.parent.mkdir(parents=True, exist_ok=True)
    real.write_text(STUB)
    real.chmod(0o755)


def _called(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The argv as it was typed: the shell puts the stub's path before a name that it found on the PATH."""
    folder, _, name = argv[0].rpartition("/")
    return (name, *argv[1:]) if folder in ("/usr/local/sbin", "/sbin", "/usr/sbin", "/bin", "/usr/bin") else argv


@contextmanager
def bare(world: Path, machine: str, settings: Mapping[str, object] | None = None) -> Iterator[tuple[Bare, Server]]:
    """An sshd, with these settings as well, whose account is this machine of the world."""
    there = Bare(world, machine)
    enter = world / f"enter-{machine}"
    enter.write_text(ENTER.format(root=there.root))
    enter.chmod(0o755)
    try:
        with serving({"ForceCommand": enter, **(settings or {})}, "rsa") as server:
            yield there, server
    finally:
        there.close()
