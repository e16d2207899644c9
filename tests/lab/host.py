"""One host of a running laboratory, as tests use it."""

import io
import json
import shlex
import socket
import tarfile
import time
import uuid
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.lab import folders
from tests.lab.console import Console
from tests.lab.control import Control
from tests.lab.errors import LabError
from tests.lab.scenario import HostPlan
from tests.lab.waiting import poll

SHARE = "/run/lab"
"""Where a guest has the run folder's `share` mounted (hostfs)."""


def ask_keeper(run: Path, **order: str) -> dict[str, Any]:
    """Give the keeper of a run folder an order; returns its answer. Raises LabError when it refuses or is not there."""
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(20)
            line.connect(str(run / "keeper.sock"))
            line.sendall(json.dumps(order).encode() + b"\n")
            answer = json.loads(line.makefile().readline() or "{}")
    except OSError as error:
        raise LabError(f"{run.name}: no keeper: {error}") from error
    if "error" in answer:
        raise LabError(str(answer["error"]))
    return dict(answer)


MOST_SHOWN = 3000
"""Characters of a failed command's output that its error shows: the last ones."""


class Host:
    """A host: its control line, console, files and power."""

    def __init__(self, run: Path, plan: HostPlan) -> None:
        self.plan = plan
        self.name = plan.name
        self.share = run / "share" / plan.name
        """A folder that the guest sees as /run/lab/NAME."""
        self.patience = 1.0
        """By how much all deadlines are longer than on a host that has a core of its own."""
        self._run = run
        self._control = Control(plan.name, run / plan.name / "control.sock")

    @cached_property
    def console(self) -> Console:
        """The serial console; connected at the first use, and drawn from what was said since power-on."""
        return Console(self.name, self._run / self.name / "console.sock")

    def sh(self, command: str, timeout: float = 30) -> tuple[int, str]:
        """Run a command in bash over the control line; returns (exit code, stdout and stderr as they came)."""
        return self._control.sh(command, timeout * self.patience)

    def check(self, command: str, timeout: float = 30) -> str:
        """As `sh`, for what must succeed: returns the output, raises LabError for an exit code other than 0."""
        code, out = self.sh(command, timeout)
        if code:
            raise LabError(f"{self.name}: exit code {code}: {command}\n{out[-MOST_SHOWN:]}")
        return out

    def put(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """Write a file of root's."""
        self.put_tree({path: (mode, content)})

    def put_tree(self, files: Mapping[str, tuple[int, bytes]]) -> None:
        """Write several files: path -> (mode, content). Folders that are missing are made."""
        archive = self.share / f"{uuid.uuid4().hex}.tar"
        with tarfile.open(archive, "w") as tar:
            for path, (mode, content) in files.items():
                entry = tarfile.TarInfo(path.lstrip("/"))
                entry.mode, entry.size, entry.mtime = mode, len(content), int(time.time())
                tar.addfile(entry, io.BytesIO(content))
        self.check(f"tar -C / -xf {SHARE}/{self.name}/{archive.name} && sync", timeout=60)
        archive.unlink()

    def get(self, path: str) -> bytes:
        """Read a file; raises LabError when it is not there."""
        name = uuid.uuid4().hex
        self.check(f"cp -L {shlex.quote(path)} {SHARE}/{self.name}/{name}")
        copy = self.share / name
        content = copy.read_bytes()
        copy.unlink()
        return content

    def snapshot(self) -> str:
        """The host's state as guest/snapshot.sh prints it, to be compared with another one."""
        (self.share / "snapshot.sh").write_bytes((folders.GUEST / "snapshot.sh").read_bytes())
        return self.check(f"sh {SHARE}/{self.name}/snapshot.sh", timeout=180)

    @property
    def running(self) -> bool:
        """Whether the power is on and the guest has not switched itself off."""
        return bool(ask_keeper(self._run, do="state", host=self.name)["running"])

    @property
    def boots(self) -> int:
        """How often the host was started in this laboratory; rises at a restart inside the guest."""
        return int(ask_keeper(self._run, do="state", host=self.name)["boots"])

    def on(self) -> None:
        """Switch the power on; see `wait_agent`."""
        ask_keeper(self._run, do="on", host=self.name)

    def cut(self) -> None:
        """Take the power away."""
        ask_keeper(self._run, do="cut", host=self.name)

    def wait_agent(self, timeout: float = 120) -> None:
        """Wait until commands can be run (early in the boot)."""
        self._control.wait(timeout)

    def wait_booted(self, timeout: float = 180) -> None:
        """Wait until systemd has finished starting, with or without failed units."""
        self.wait_agent(timeout)
        finished = ("running", "degraded")

        def seen() -> tuple[bool, str]:
            state = self.sh("systemctl is-system-running")[1].strip()
            return state in finished, state + "\n" + (self.sh("systemctl list-jobs")[1])

        poll(f"{self.name}: boot", seen, timeout)

    def power_off(self, timeout: float = 180) -> None:
        """Shut down properly and wait until the process is gone."""
        self.sh("systemctl --no-block poweroff")
        poll(f"{self.name}: power-off", lambda: (not self.running, self.console.text()), timeout, every=0.5)

    def reboot(self, timeout: float = 300) -> None:
        """Restart inside the guest and wait until it has booted again."""
        before = self.boots
        self.sh("systemctl --no-block reboot")
        poll(f"{self.name}: restart", lambda: (self.boots > before, self.console.text()), timeout, every=0.5)
        self.wait_booted(timeout)
