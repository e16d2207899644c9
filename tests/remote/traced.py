"""All that takes passwords: logins, an apply of iSCSI that fails, one that does not, taking it back.

`python -m tests.remote.traced WORLD`, under strace(1). What comes before iSCSI is in place already. The host is driven
over a real sshd, and starts busybox for each command: so the trace has every argv and environment of both sides. Each
password is a key's passphrase, which ssh asks for as for a password.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.remote.bare import bare
from tests.remote.server import Server, serving
from tests.simulator.worlds import fault
from tests.test_secrets import CHAP, ROOT
from tests.world import answers, engine, join
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.cli import looking
from tui_installer.engine.engine import Engine
from tui_installer.hosts.host import Host, Login
from tui_installer.hosts.local import LocalHost
from tui_installer.hosts.ssh import SshDialer, SshHost
from tui_installer.model.step import Context
from tui_installer.remote import target
from tui_installer.steps import choose

TARGET = "targetMARK-3"


class Proven:
    """A dialer of members: it logs in to a server through the driven host, and then hands over the simulated member."""

    def __init__(self, world: Path, server: Server, dialer: SshDialer) -> None:
        self._members = simulator.dialer(world)
        self._server = server
        self._dialer = dialer

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        return self._members.keys(address, port)

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        """See `Dialer.connect`."""
        there = replace(self._server.login, key=locked(self._server), password=login.password)
        assert self._dialer.connect(there, self._server.trusted).run("true").ok()
        return self._members.connect(login, trusted)


def locked(server: Server, passphrase: str = "") -> str:
    """The path of its user's key with a passphrase, which is set if one is given."""
    path = f"{server.login.key}.locked"
    if passphrase:
        shutil.copy(server.login.key, path)
        Path(path).chmod(0o600)
        given = f"{passphrase}\n{passphrase}\n"  # typed: in an argv it would be in the trace
        subprocess.run(["ssh-keygen", "-q", "-p", "-f", path], input=given, text=True, check=True)
    return path


def mark(world: Path) -> None:
    """Give the SAN and the members secrets that nothing else has."""
    with simulator.opened(world) as opened:
        opened.state["ssh"]["password"] = ROOT
    state = world / "state.json"
    state.write_text(state.read_text().replace("chapsecret123", CHAP["corosync"]))


def driven(world: Path, server: Server, member: Server) -> Engine:
    """An engine that drives the host as `--host` does."""
    login = replace(server.login, key="")
    given = {"key": locked(server, TARGET), "password": TARGET, "host-keys": list(server.trusted)}
    context, state = target.reach(
        login, given, target.remembered(login, world.parent / "driving"), lambda problem, answers: None
    )
    assert isinstance(context.here, SshHost)
    local = LocalHost()
    locked(member, ROOT)
    through = SshDialer(local, str(world.parent / "driving" / "members"), local.converse, via=context.here)
    hosts = Context(context.here, Proven(world, member, through), fallback=context.fallback)
    return Engine(choose(hosts.here).load(), hosts, state, typed(world))


def typed(world: Path) -> dict[str, dict[str, Any]]:
    """The answers, with the marked secrets."""
    given: dict[str, dict[str, Any]] = {name: dict(section) for name, section in answers(world).items()}
    given["site"]["password"] = ROOT
    given["iscsi"]["chap-password"] = CHAP["corosync"]
    return given


def carried_out(mine: Engine, world: Path) -> None:
    """What is traced; what is said goes to standard output."""
    fault(world, "chap", "wrong")
    looking.plan(mine, ("iscsi",))
    assert cli.apply(mine, ("iscsi",), "undo") == cli.Exit.PROBLEM
    fault(world, "chap", None)
    assert cli.apply(mine, ("iscsi",), "undo") == cli.Exit.DONE
    assert cli.undo(mine, ("iscsi",)) == cli.Exit.DONE


def main(world: Path) -> None:
    """Join a host that is marked, drive another one to the same failures, and take both back."""
    simulator.create(world, "corosync")
    mark(world)
    join(engine(world, typed(world)), until="iscsi")
    for name in ("state", "run"):  # what is traced knows nothing of it
        shutil.rmtree(world / name)
    with bare(world, "fresh") as (_, server), serving() as member:
        mine = driven(world, server, member)
        try:
            carried_out(mine, world)
        finally:
            assert isinstance(mine.here, SshHost)
            mine.here.close()  # and with it what goes through it: strace waits for all


if __name__ == "__main__":
    main(Path(sys.argv[1]))
