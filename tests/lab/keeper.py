"""The keeper of a running laboratory: one process that owns its hosts, their serial lines and the switches.

Started as `python -m tests.lab.keeper FOLDER` where FOLDER/orders.json says what there is. Clients talk to it over
FOLDER/keeper.sock, one JSON object a line: {"do": "on"|"cut"|"state"|"stop", "host": NAME}. It also answers fence
requests that guests put into the share.
"""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.lab.errors import LabError
from tests.lab.line import Line
from tests.lab.machine import KERNEL, REBOOTING, Disks, command_line, registers, start_name, wait_unlocked
from tests.lab.network import Switch
from tests.lab.orders import read_orders
from tests.lab.processes import end_marked
from tests.lab.scenario import HostPlan, Scenario

LOG = logging.getLogger(__name__)
LOOK = 0.2
"""Seconds between two looks at processes and at the fence agents' mailbox."""


class Machine:
    """One host's process."""

    def __init__(self, plan: HostPlan, number: int, disks: Disks, run: Path, ports: list[Path]) -> None:
        self._plan, self._folder, self._clone = plan, run / plan.name, disks.clone
        self.lines = {name: Line(self._folder / f"{name}.log") for name in ("console", "control")}
        ends = [line.guest_end for line in self.lines.values()]
        self._argv = command_line(plan, number, disks, self._folder, run / "share", ports, ends)
        self._process: subprocess.Popen[bytes] | None = None
        processors = sorted(os.sched_getaffinity(0))
        self._processor = processors[number % len(processors)]
        self.boots = 0
        self.exit_code: int | None = None

    @property
    def running(self) -> bool:
        """Whether the process exists."""
        return self._process is not None

    def on(self) -> None:
        """Switch the host on; nothing happens if it is on."""
        if self._process:
            return
        wait_unlocked(self._clone)
        for line in self.lines.values():
            line.power_on()
        ends = [line.guest_end for line in self.lines.values()]
        with (self._folder / "boot.log").open("wb") as log:
            self._process = subprocess.Popen(
                [start_name(self._plan.name), *self._argv],
                executable=KERNEL,
                pass_fds=ends,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(os.environ, TMPDIR="/dev/shm", LD_PRELOAD=str(registers())),
                start_new_session=True,
            )
        # its processes hand over to each other a hundred thousand times a second: never to another processor
        os.sched_setaffinity(self._process.pid, {self._processor})
        self.boots += 1

    def cut(self) -> None:
        """Take the power away; nothing happens if it is off."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._ended()

    def look(self) -> None:
        """Notice that the process ended by itself; start it again if the guest asked for a restart."""
        if self._process and self._process.poll() is not None:
            self._ended()
            if REBOOTING in (self._folder / "boot.log").read_bytes():
                self.on()

    def _ended(self) -> None:
        if self._process:
            self.exit_code = self._process.wait()
            self._process = None
        end_marked(f"uml_dir={self._folder}/")


class Keeper:
    """All machines and switches of one laboratory."""

    def __init__(self, run: Path, scenario: Scenario, disks: Mapping[str, Disks]) -> None:
        self._run = run
        self._mailbox = run / "share" / "fence"
        self._stopped = asyncio.Event()
        self.switches = {name: Switch(run / "net", name) for name in scenario.networks}
        self._ports = {name: ports_of(plan, self.switches) for name, plan in scenario.hosts.items()}
        self.machines = {
            name: Machine(plan, number, disks[name], run, self._ports[name])
            for number, (name, plan) in enumerate(scenario.hosts.items(), start=1)
        }

    async def keep(self) -> None:
        """Run until told to stop; then no process is left."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped.set)
        try:
            self._start_switches()
            for name, machine in self.machines.items():
                for kind, line in machine.lines.items():
                    await line.serve(self._run / name / f"{kind}.sock")
            await asyncio.start_unix_server(self._client, str(self._run / "keeper.sock"))
            await self._watch()
        finally:
            for machine in self.machines.values():
                machine.cut()
            for switch in self.switches.values():
                switch.stop()

    def _start_switches(self) -> None:
        for switch in self.switches.values():
            ports = [port for host in self._ports.values() for port in host if port.parent == switch.folder]
            switch.start(ports)

    async def _watch(self) -> None:
        while not self._stopped.is_set():
            for machine in self.machines.values():
                machine.look()
            for request in sorted(self._mailbox.glob("*.request")):
                self._fence(request)
            await asyncio.sleep(LOOK)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while text := await reader.readline():
            try:
                answer = self._obey(json.loads(text))
            except LabError as error:
                answer = {"error": str(error)}
            writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    def _obey(self, order: Mapping[str, str]) -> dict[str, Any]:
        if order["do"] == "stop":
            self._stopped.set()
            return {}
        machine = self.machines[order["host"]]
        if order["do"] == "on":
            machine.on()
        elif order["do"] == "cut":
            machine.cut()
        return {"running": machine.running, "boots": machine.boots, "exit_code": machine.exit_code}

    def _fence(self, path: Path) -> None:
        """Answer a fence agent (exit codes of the FenceAgentAPI: 0 done or on, 1 failed, 2 off)."""
        request = json.loads(path.read_text())
        try:
            code, text = self._switch_power(request["action"], request["port"])
        except LabError as error:
            code, text = 1, str(error)
        LOG.info("fence: %s -> %d %s", request, code, text)
        part = path.with_suffix(".part")
        part.write_text(json.dumps({"code": code, "text": text}))
        part.rename(path.with_suffix(".answer"))
        path.unlink()

    def _switch_power(self, action: str, port: str) -> tuple[int, str]:
        if action == "list":
            return 0, "\n".join(f"{name},{name}" for name in self.machines)
        if action == "monitor" and not port:
            return 0, ""
        machine = self.machines.get(port)
        if machine is None:
            return 1, f"fence_lab: no such port: {port!r}"
        if action in ("off", "reboot"):
            machine.cut()
        if action in ("on", "reboot"):
            machine.on()
        if action == "status" and not machine.running:
            return 2, "Status: OFF"
        return 0, "Status: ON" if action == "status" else ""


def ports_of(plan: HostPlan, switches: Mapping[str, Switch]) -> list[Path]:
    """The switch ports that a host's NICs are plugged into, eth0 first."""
    return [switches[nic.network].port(plan.name, f"eth{i}") for i, nic in enumerate(plan.nics)]


def main(run: Path) -> None:
    """Keep the laboratory that the folder's orders describe."""
    scenario, disks = read_orders(run)

    async def keep() -> None:
        await Keeper(run, scenario, disks).keep()

    asyncio.run(keep())


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    main(Path(sys.argv[1]))
