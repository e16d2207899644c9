"""The simulated `Host` and `Dialer`: in this process under the world's lock, or through its server's socket."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tui_installer.hosts.host import Dialer, File, Host, HostError, Link, Login, LoginError, OnLine, Result
from tui_installer.simulator import commands, derived, net
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.remote import RemoteDialer, RemoteHost, asked
from tui_installer.simulator.tools import reboot
from tui_installer.simulator.world import World, looked_at, opened

HERE = "fresh"
NO_KEY = (
    "No ED25519 host key is known for {address} and you have requested strict checking.",
    "Host key verification failed.",
)


@dataclass(frozen=True, slots=True)
class SimulatedHost:
    """One host of a world's folder. Two processes may use the same world at once."""

    folder: Path
    machine: str
    """Its name in the world."""
    name: str
    """Its name in plans: "here" or the node's name."""

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`."""
        with opened(self.folder) as world:
            return commands.run(world, self._up(world), argv, stdin, on_line)

    def read(self, path: str) -> File | None:
        """See `Host.read`."""
        with self._looked_at() as machine:
            file = machine.read(path)
            if file is not None and file.content == b"<EINVAL>":
                raise HostError(f"{path} cannot be read: Invalid argument")
            return file

    def list(self, pattern: str) -> tuple[str, ...]:
        """See `Host.list`."""
        with self._looked_at() as machine:
            return machine.glob(pattern)

    def read_all(self, *patterns: str) -> dict[str, File]:
        """See `Host.read_all`."""
        with self._looked_at() as machine:
            paths = (path for pattern in patterns for path in machine.glob(pattern))
            return {path: file for path in paths if (file := machine.read(path)) is not None}

    def write(self, path: str, file: File | None) -> None:
        """See `Host.write`."""
        with opened(self.folder) as world:
            self._up(world).write(path, file)

    def links(self) -> tuple[Link, ...]:
        """See `Host.links`."""
        with self._looked_at() as machine:
            links = machine.data["links"]
            return tuple(
                Link(name, link["mac"], link["mtu"], link["up"], tuple(link["addresses"]), link["gateway"] or None)
                for name, link in sorted(links.items())
            )

    @contextmanager
    def _looked_at(self) -> Iterator[Machine]:
        """The machine, as long as nothing changes; one that starts comes up by being asked."""
        with looked_at(self.folder) as world:
            if not world.machine(self.machine).data["away"]:
                yield self._up(world)
                return
        with opened(self.folder) as world:
            yield self._up(world)

    def _up(self, world: World) -> Machine:
        machine = world.machine(self.machine)
        if machine.data["away"] and not _answers(world, machine):
            raise HostError(f"ssh: connect to host {machine.data['address']} port 22: Connection refused")
        if self.machine in (world.fault("unreachable") or ()):
            raise HostError(f"ssh: connect to host {machine.data['address']} port 22: Connection timed out")
        return machine


@dataclass(frozen=True, slots=True)
class SimulatedDialer:
    """ssh from the fresh host to the members."""

    folder: Path

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        with opened(self.folder) as world:
            found = _at(world, address, port)
            return (_fingerprint(world, found),) if found else ()

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        """See `Dialer.connect`."""
        with opened(self.folder) as world:
            where = f"ssh: connect to host {login.address} port {login.port}: "
            found = _at(world, login.address, login.port)
            if found is None:
                known = net.is_address(login.address) and net.owner(world, login.address)
                raise LoginError("unreachable", (where + ("Connection refused" if known else "No route to host"),))
            if _fingerprint(world, found) not in trusted:
                raise LoginError("host-key", tuple(line.format(address=login.address) for line in NO_KEY))
            _authenticate(world, login)
            return SimulatedHost(self.folder, found.name, found.name)


def _at(world: World, address: str, port: int) -> Machine | None:
    """The host that answers ssh there, as seen from the fresh one."""
    here = world.machine(world.state.get("here", HERE))
    for machine in world.machines():
        names = [
            machine.name,
            *(each.split("/")[0] for link in machine.data["links"].values() for each in link["addresses"]),
        ]
        if address in names and port == 22 and machine.name not in (world.fault("unreachable") or ()):
            own = machine.data["address"]
            return machine if net.reaches(world, here, own if address == machine.name else address) else None
    return None


def _fingerprint(world: World, machine: Machine) -> str:
    changed = world.fault("ssh") == "host-key"
    digest = hashlib.sha256(f"{machine.data['ssh_key']}{changed}".encode()).hexdigest()
    return f"SHA256:{digest[:43]}"


def _authenticate(world: World, login: Login) -> None:
    refused = f"{login.user}@{login.address}: Permission denied (publickey,password)."
    if world.fault("ssh") == "password":
        raise LoginError(
            "refused", (("Permission denied, please try again.", refused) if login.password else (refused,))
        )
    if login.key and Path(login.key).name in world.state["ssh"]["keys"]:
        return
    if not login.password:
        raise LoginError("refused", (refused,))
    if login.password != world.state["ssh"]["password"] or login.user != "root":
        raise LoginError("refused", ("Permission denied, please try again.", refused))


def here(folder: Path, machine: str = "") -> Host:
    """The host that the program runs on, named "here"; another machine of the world shows it from there."""
    if served := _served(folder):
        return RemoteHost(served, machine or asked(served, {"here": True}), "here")
    return SimulatedHost(folder, machine or begun_at(folder), "here")


def begun_at(folder: Path) -> str:
    """The name of the machine that the program runs on."""
    with opened(folder) as world:
        return str(world.state.get("here", HERE))


def dialer(folder: Path) -> Dialer:
    """How members are reached."""
    served = _served(folder)
    return RemoteDialer(served) if served else SimulatedDialer(folder)


def _served(folder: Path) -> Path | None:
    """The socket of the process that has the world; None: it is ours."""
    path = folder / "socket"
    return path if path.exists() else None


def pull(folder: Path, portal: str) -> None:
    """Take a portal off the network."""
    with opened(folder) as world:
        world.pull(portal)
        derived.refresh(world)


def plug(folder: Path, portal: str) -> None:
    """Give it back."""
    with opened(folder) as world:
        world.plug(portal)
        derived.refresh(world)


def switch_on(folder: Path) -> None:
    """Press the button of the host that the program runs on: one that was shut down boots, any other goes on."""
    if served := _served(folder):
        asked(served, {"switch_on": True})
    else:
        press(folder)


def press(folder: Path) -> None:
    """The same in this process."""
    with opened(folder) as world:
        machine = world.machine(world.state.get("here", HERE))
        if machine.rhcs:
            from tui_installer.simulator.rhcs import boot  # for old hosts only

            boot.switch_on(machine)


def _answers(world: World, machine: Machine) -> bool:
    if not machine.rhcs:
        return reboot.answers(world, machine, commands.execute)
    from tui_installer.simulator.rhcs import boot  # for old hosts only

    return boot.answers(world, machine)
