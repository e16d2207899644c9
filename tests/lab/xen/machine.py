"""One QEMU process and its serial line: what a machine with a board at the other end of a cable looks like.

Software emulation: it needs no /dev/kvm, and takes minutes where a machine takes seconds. ACCEL=kvm uses one.
"""

import contextlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from tests.lab.console import Console
from tests.lab.errors import LabError

SPEED = 12 if os.environ.get("ACCEL", "tcg") == "tcg" else 1
"""By how much everything is slower than on a machine; deadlines are counted in a machine's seconds."""
BOOT = 120
"""A machine's seconds from power on to a login."""
PROMPT = re.compile(r"root@vm:~# ?$", re.MULTILINE)
ENDED = re.compile(rf"rc=\d+:[^$]*{PROMPT.pattern}", re.MULTILINE)
"""What follows a command; the prompt may come in one piece with it."""


@dataclass(frozen=True)
class Firmware:
    """What a machine's board starts from a disk."""

    name: str
    loader: str
    """Debian's package of the boot loader for it."""
    root: int
    """The number of the root file system's partition."""
    code: str = ""
    """What is in its flash; empty: QEMU's own."""
    kept: str = ""
    """What the flash keeps at first."""


OVMF = "/usr/share/OVMF/OVMF_"
BIOS = Firmware("bios", "grub-pc", 1)
UEFI = Firmware("uefi", "grub-efi-amd64", 2, f"{OVMF}CODE_4M.fd", f"{OVMF}VARS_4M.fd")


class SerialLine(Console):
    """The console, straight at the emulated port: nothing in between keeps what was said before."""

    def _greet(self) -> None:
        """Nobody has to be told who listens."""

    def _begin(self, stream: BinaryIO) -> None:
        """There is no backlog."""


class Machine:
    """A machine that runs from a disk; use it as a context. Its line is logged whole."""

    def __init__(self, disk: Path, log: Path, firmware: Firmware, memory: int = 1536) -> None:
        self._disk = disk
        self.log = log
        self._firmware = firmware
        self._memory = memory
        self._socket = Path(f"/dev/shm/xen-lab-{os.getpid()}-{disk.stem[:12]}")
        self._process: subprocess.Popen[bytes] | None = None
        self.console: SerialLine

    def __enter__(self) -> "Machine":
        """Power on."""
        self._socket.unlink(missing_ok=True)
        argv = [*_argv(self._disk, self._socket, self.log, self._memory), *self._flash()]
        with self.log.with_suffix(".qemu").open("wb") as words:
            self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=words, stderr=words)
        end = time.monotonic() + 30
        while not self._socket.exists():
            if self._process.poll() is not None or time.monotonic() > end:
                raise LabError(f"qemu did not start: {self.log.with_suffix('.qemu').read_text()}")
            time.sleep(0.2)
        self.console = SerialLine("vm", self._socket)
        self.console.patience = max(1, SPEED // 3)
        return self

    def _flash(self) -> Iterator[str]:
        """The board's own memory: what it runs, and a copy of what it keeps."""
        if self._firmware.code:
            kept = self.log.with_suffix(".vars")
            shutil.copyfile(self._firmware.kept, kept)
            for words in (f"readonly=on,file={self._firmware.code}", f"file={kept}"):
                yield from ("-drive", f"if=pflash,format=raw,{words}")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Pull the plug, if it still runs."""
        self.console.close()
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(30)
        self._socket.unlink(missing_ok=True)

    def expect(self, wanted: re.Pattern[str], seconds: float) -> str:
        """Wait until the line says this, so many of a machine's seconds; returns all that it said. Raises LabError."""
        return self.console.said(wanted, seconds * SPEED / self.console.patience)

    def login(self, seconds: float = BOOT) -> str:
        """Log in as root once that is asked for; returns what the line said since the last call. Raises LabError."""
        said = self.expect(re.compile(r"vm login: "), seconds)
        time.sleep(1)
        self.console.send("root\r")
        said += self.expect(re.compile(r"Password: ?$"), 20)
        self.console.send("root\r")
        return said + self.expect(PROMPT, 30)

    def shell(self, command: str, wanted: str = "", seconds: float = 30) -> str:
        """Type a command at the prompt; returns what it printed. Raises LabError if that lacks `wanted`."""
        self.console.send(f"{command}; echo rc=$?:\r")
        said = self.expect(ENDED, seconds + 30)
        if wanted not in said:
            raise LabError(f"{command}: {wanted!r} is not in what it says:\n{said}")
        return said

    def power_off(self) -> None:
        """Shut it down and wait for the process. Raises LabError."""
        self.console.send("systemctl poweroff\r")
        assert self._process
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(60 * SPEED)
            return
        raise LabError("the machine did not power off")


def died(log: Path) -> bool:
    """Whether a kernel or the hypervisor ended by an error of its own, as emulated ones do now and then."""
    return bool(re.search(rb"Oops: |kernel BUG at |double fault|Kernel panic|\(XEN\) Panic on CPU", log.read_bytes()))


def _argv(disk: Path, line: Path, log: Path, memory: int) -> list[str]:
    accel = os.environ.get("ACCEL", "tcg")
    cpu = (
        ["-accel", "kvm", "-cpu", "host"]
        if accel == "kvm"
        else ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "Westmere,+rdrand"]
    )
    return [
        "qemu-system-x86_64", "-machine", "pc", *cpu, "-smp", "1", "-m", str(memory), "-nodefaults", "-vga", "std",
        "-display", "none", "-device", "virtio-rng-pci,addr=6",
        "-drive", f"file={disk},format=raw,if=none,id=disk,cache=unsafe",
        "-device", "virtio-blk-pci,drive=disk,addr=5,bootindex=0",
        "-netdev", "user,id=lan,restrict=on", "-device", "virtio-net-pci,netdev=lan,addr=3",
        "-netdev", "user,id=storage,restrict=on,net=10.16.0.0/16,host=10.16.0.2",
        "-device", "virtio-net-pci,netdev=storage,addr=4",
        "-chardev", f"socket,id=line,path={line},server=on,wait=off,logfile={log}", "-serial", "chardev:line",
        "-monitor", "none",
    ]  # fmt: skip
