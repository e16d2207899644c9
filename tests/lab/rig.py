"""The hosts, switches and files of one laboratory, without any meaning yet: started from clones, stopped, collected."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.lab import folders
from tests.lab.errors import LabError
from tests.lab.host import Host, ask_keeper
from tests.lab.images import base_image
from tests.lab.machine import Disks
from tests.lab.network import Switch
from tests.lab.orders import FILE, read_orders, write_orders
from tests.lab.processes import end_marked
from tests.lab.provision import every
from tests.lab.scenario import Scenario, load
from tests.lab.waiting import poll

TELLS = (
    "journalctl -b --no-pager; systemctl --failed; ip a; ps -eLo pid,tid,stat,wchan:24,time,args | grep -v '\\[k';"
    " tail -n 5 /var/lib/tui-installer/journal.jsonl 2>&1; true"
)
"""What a host is asked after a failure."""


class Rig:
    """A keeper with its hosts. `name` is the run's name, for two runs of one scenario at once."""

    def __init__(self, scenario: str | Path, name: str | None = None) -> None:
        self.scenario: Scenario = load(scenario)
        self.name = name or self.scenario.name
        self.run = folders.runs() / self.name
        self.hosts: Mapping[str, Host] = {host: Host(self.run, plan) for host, plan in self.scenario.hosts.items()}

    def __getitem__(self, host: str) -> Host:
        return self.hosts[host]

    def start(self, clones: Path | None) -> None:
        """Start the keeper, all hosts off; their disks are copies of `clones` (None: blank ones of the base images)."""
        if self.is_up:
            raise LabError(f"{self.name} is already up; `down` ends it")
        shutil.rmtree(self.run, ignore_errors=True)
        disks = {name: self._disks(name, clones) for name in self.hosts}
        (self.run / "share" / "fence").mkdir(parents=True)
        write_orders(self.run, self.scenario, disks)
        repository = folders.HERE.parent.parent
        with (self.run / "keeper.log").open("wb") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "tests.lab.keeper", str(self.run)],
                cwd=repository,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        (self.run / "keeper.pid").write_text(str(keeper.pid))
        log_file = self.run / "keeper.log"
        poll("keeper", lambda: (self.is_up, log_file.read_text()), 20, every=0.05)

    def _disks(self, host: str, clones: Path | None) -> Disks:
        plan = self.scenario.hosts[host]
        folder = self.run / host
        folder.mkdir(parents=True)
        (self.run / "share" / host).mkdir(parents=True)
        if clones:
            subprocess.run(["cp", "-r", "--sparse=always", f"{clones / host}/.", str(folder)], check=True)
        luns = [lun for target in self.scenario.targets for lun in target.luns] if plan.role == "san" else []
        paths = tuple(folder / f"lun{i}.img" for i in range(len(luns)))
        for path, lun in zip(paths, luns, strict=True):
            if not clones:
                subprocess.run(["truncate", "-s", lun.size, str(path)], check=True)
        return Disks(base_image(self.scenario.release, plan.image), folder / "root.cow", paths)

    def cable(self, host: str, nic: str, up: bool) -> None:
        """Pull (up=False) or plug a NIC's cable, at the switch."""
        self._switch(host, nic).command("plug" if up else "unplug", f"{host}.{nic}")

    def vlan(self, host: str, nic: str, vlan: int, allowed: bool) -> None:
        """Take one tagged VLAN away from a NIC's switch port, or give it back."""
        self._switch(host, nic).command("allow" if allowed else "deny", f"{host}.{nic}", str(vlan))

    def _switch(self, host: str, nic: str) -> Switch:
        network = self.scenario.hosts[host].nics[int(nic.removeprefix("eth"))].network
        return Switch(self.run / "net", network)

    @property
    def is_up(self) -> bool:
        """Whether a keeper of this name runs."""
        try:
            ask_keeper(self.run, do="state", host=self.scenario.san.name)
        except LabError:
            return False
        return True

    def stop(self) -> None:
        """End every process of the laboratory and remove its files; nothing happens if it is not up."""
        pid_file = self.run / "keeper.pid"
        if self.is_up and pid_file.exists():
            pid = int(pid_file.read_text())
            os.kill(pid, signal.SIGTERM)
            poll("keeper's end", lambda: (not self.is_up, f"process {pid}"), 20, every=0.1)
        end_marked(f"{self.run}/")  # of a keeper that was killed
        for host in self.hosts.values():
            if "console" in vars(host):
                host.console.close()
                del host.console
        shutil.rmtree(self.run, ignore_errors=True)

    def collect(self, title: str = "") -> Path:
        """Save every host's screen, raw console, boot messages and journal; returns the new folder below `failures`."""
        stamp = time.strftime("%Y%m%d-%H%M%S")
        target = folders.failures() / "-".join(filter(None, (self.name, title, stamp)))
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.run / "keeper.log", target)
        every(self.hosts.values(), lambda host: _collect_host(self.run, host, target / host.name))
        return target


def _collect_host(run: Path, host: Host, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for name in ("console.log", "boot.log"):
        if (run / host.name / name).exists():
            shutil.copy(run / host.name / name, target)
    try:
        (target / "screen.txt").write_text(host.console.text() + "\n")
        told = host.check(TELLS, timeout=40)
        (target / "journal.txt").write_text(told)
    except LabError as error:
        (target / "journal.txt").write_text(f"not available: {error}\n")


def running() -> list[Rig]:
    """The laboratories that are up on this machine for this user."""
    runs = [path.parent for path in sorted(folders.runs().glob(f"*/{FILE}"))]
    rigs = [Rig(read_orders(run)[0].source, run.name) for run in runs]
    return [rig for rig in rigs if rig.is_up]
