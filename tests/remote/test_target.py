"""Reaching the host that is driven from here: its address, its key, an old sshd, its lock, the members behind it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.remote.bare import Bare, bare
from tests.remote.server import Server, serving
from tui_installer import simulator
from tui_installer.cli.commands import Exit
from tui_installer.engine import child
from tui_installer.engine.journal import Journal
from tui_installer.engine.state import Busy, State
from tui_installer.hosts.host import Login, Result
from tui_installer.hosts.local import LocalHost
from tui_installer.hosts.shell import Conversation, Ended
from tui_installer.hosts.ssh import SshDialer, SshHost
from tui_installer.model.answers import AnswersError, table
from tui_installer.model.step import Plan, Problem
from tui_installer.remote import target
from tui_installer.remote.lock import HostLock
from tui_installer.remote.target import Mend, TargetAnswers, Unreached

OLD = {
    "KexAlgorithms": "diffie-hellman-group14-sha1",
    "HostKeyAlgorithms": "ssh-rsa",
    "Ciphers": "aes128-cbc",
    "MACs": "hmac-sha1",
}
"""What an sshd of Debian 4 offers, as far as today's can be told to."""


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bare, Server]]:
    world = tmp_path_factory.mktemp("target") / "world"
    simulator.create(world, "corosync")
    with bare(world, "fresh") as started:
        yield started


@pytest.fixture
def server(account: tuple[Bare, Server]) -> Server:
    return account[1]


@pytest.fixture
def here(server: Server, tmp_path: Path) -> Iterator[SshHost]:
    with_key = TargetAnswers(key=server.login.key, host_keys=server.trusted)
    host, _ = _reach(server, tmp_path, with_key)
    yield host
    host.close()


def _nobody(problem: Problem, answers: TargetAnswers) -> TargetAnswers | None:
    return None


def _reach(server: Server, folder: Path, answers: TargetAnswers, mend: Mend = _nobody) -> tuple[SshHost, State]:
    login = replace(server.login, key="")
    context, state = target.reach(login, table(answers), target.remembered(login, folder), mend)
    assert isinstance(context.here, SshHost)
    return context.here, state


# --- its address


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("ssh://root@10.0.0.5", Login("10.0.0.5")),
        ("ssh://bottom.example.org:2222/", Login("bottom.example.org", 2222)),
        ("ssh://admin@[fe80::1%eth0]:22", Login("fe80::1%eth0", user="admin")),
    ],
)
def test_an_address_is_understood(url: str, login: Login) -> None:
    assert target.parse(url) == login


@pytest.mark.parametrize(
    "url", ["10.0.0.5", "ssh://", "ssh://root@-oProxyCommand=x", "ssh://a b", "http://x", "ssh://a:65536"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(AnswersError, match="ssh://root@HOST"):
        target.parse(url)


# --- its key


def test_nothing_is_sent_to_a_host_whose_key_was_not_accepted(server: Server, tmp_path: Path) -> None:
    with pytest.raises(Unreached) as caught:
        _reach(server, tmp_path, TargetAnswers(key=server.login.key))
    assert (caught.value.problem.code, caught.value.problem.level) == ("target.host-key", "ask")
    assert caught.value.problem.evidence == (f"127.0.0.1 {server.trusted[0]}",)


def test_another_key_than_the_accepted_one_is_said(server: Server, tmp_path: Path) -> None:
    with pytest.raises(Unreached) as caught:
        _reach(server, tmp_path, TargetAnswers(key=server.login.key, host_keys=("SHA256:another",)))
    assert caught.value.problem.code == "target.host-key-changed"


def test_a_wrong_key_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(Unreached) as caught:
        _reach(server, tmp_path, TargetAnswers(key=str(server.folder / "host"), host_keys=server.trusted))
    assert caught.value.problem.code == "target.refused"


def test_nobody_there_is_said(server: Server, tmp_path: Path) -> None:
    with serving() as gone:
        pass
    with pytest.raises(Unreached) as caught:
        _reach(gone, tmp_path, TargetAnswers())
    assert caught.value.problem.code == "target.unreachable"


def test_what_was_accepted_once_is_remembered(here: SshHost, server: Server, tmp_path: Path) -> None:
    again, _ = _reach(server, tmp_path, TargetAnswers(key=server.login.key))
    assert again.run("uname", "-r").out.endswith("-amd64\n")
    assert (tmp_path / "targets" / f"{server.login.user}@127.0.0.1:{server.port}" / "answers.toml").exists()


def test_an_old_sshd_is_reached_with_what_is_allowed_for_it_alone(tmp_path: Path) -> None:
    """What is missing is named one after the other, as ssh finds it, and the operator agrees to each."""
    simulator.create(tmp_path / "world", "corosync")
    asked: list[str] = []

    def agree(problem: Problem, answers: TargetAnswers) -> TargetAnswers:
        asked.append(problem.code)
        if problem.code == "target.host-key":
            return replace(answers, host_keys=(problem.evidence[0].split()[1],))
        return replace(answers, allow=(*answers.allow, problem.hint.split()[-1]))

    with bare(tmp_path / "world", "fresh", OLD) as (_, server):
        host, state = _reach(server, tmp_path, TargetAnswers(key=server.login.key), agree)
        assert host.run("id", "-u").out == "0\n"
        host.close()
    assert asked == [*["target.algorithms"] * 3, "target.host-key"]
    assert state.answers()["target"]["allow"] == ["diffie-hellman-group14-sha1", "ssh-rsa", "aes128-cbc"]


# --- its lock


def test_two_drivers_at_once_are_refused_in_words(here: SshHost, server: Server) -> None:
    local = LocalHost()
    other = SshDialer(local, str(server.folder / "other"), local.converse).connect(server.login, server.trusted)
    with HostLock(here)() as found, pytest.raises(Busy, match=r"is changing this host now.*--take-over"):
        assert found == ()
        with HostLock(other)():
            pass
    with HostLock(other)() as found:
        assert found == ()
    other.close()


def test_a_lock_is_taken_from_one_who_still_holds_it_if_asked_for(here: SshHost, server: Server) -> None:
    with HostLock(here)(), HostLock(here, take_over=True)() as found:
        assert [line.split(" was ")[1] for line in found] == ["taken over."]


def test_who_is_cut_off_holds_no_lock(here: SshHost) -> None:
    """The shell that held it ends with the connection."""
    with HostLock(here)():
        here.close()
        here.reopen()
        assert all("its connection is gone" in line for line in _had(here))


class Unnoticed:
    """A host whose first shell is lost to us alone: at its other end it goes on."""

    open = True

    def __init__(self, host: SshHost) -> None:
        self.lost = False
        self._host = host
        self._first = host.converse()
        self._had = False

    def run(self, *argv: str) -> Result:
        return self._host.run(*argv)

    def converse(self) -> Any:
        self._had, had = True, self._had
        return self._host.converse() if had else self

    def ask(self, line: str, within: float) -> tuple[int, bytes, bytes]:
        if self.lost:
            raise Ended("lost")
        return self._first.ask(line, within)

    def close(self) -> None:
        """Nothing of it gets there."""


def test_a_lock_is_let_go_though_the_shell_that_holds_it_is_out_of_reach(here: SshHost) -> None:
    unnoticed = Unnoticed(here)
    with HostLock(unnoticed)():
        unnoticed.lost = True
    with HostLock(here)() as found:
        assert found == ()


class Counting:
    """A host that counts the shells that are begun on it."""

    def __init__(self, host: SshHost) -> None:
        self.begun = 0
        self._host = host

    def run(self, *argv: str) -> Result:
        return self._host.run(*argv)

    def converse(self) -> Conversation:
        self.begun += 1
        return self._host.converse()


def test_a_lock_that_is_taken_again_needs_a_new_shell_only_if_that_one_is_gone(here: SshHost) -> None:
    counting = Counting(here)
    lock = HostLock(counting)
    for shells in (1, 1):
        with lock() as found:
            assert (found, counting.begun) == ((), shells)
            assert "is changing this host now" in _refused(here)
    here.close()
    here.reopen()
    with lock() as found:
        assert (found, counting.begun) == ((), 2)


def test_a_command_that_goes_on_there_is_waited_for(here: SshHost, account: tuple[Bare, Server]) -> None:
    go = Event()

    def cut(argv: tuple[str, ...], done: bool) -> None:
        if argv[0] == "uname" and not done:
            here.close()
            go.wait(60)

    account[0].disturb = cut
    assert here.run("uname", "-r", on_line=lambda line: None).end == "lost"
    account[0].disturb = lambda argv, done: None
    said = _refused(here)
    while "is changing this host now" in said:  # the shell of the connection that was cut is not gone yet
        said = _refused(here)
    assert "a command that was started earlier still runs there: uname -r" in said
    go.set()
    _had(here)


def _refused(host: SshHost) -> str:
    """Why the lock cannot be had."""
    with pytest.raises(Busy) as caught, HostLock(host)():
        pass
    return str(caught.value)


def _had(host: SshHost) -> tuple[str, ...]:
    """What is said to who gets the lock at last."""
    for _ in range(200):
        with suppress(Busy), HostLock(host)() as found:
            return found
    raise AssertionError("it is never free")


# --- through it, and all of it


def test_members_are_reached_through_it(here: SshHost, server: Server) -> None:
    local = LocalHost()
    with serving() as member:
        dialer = SshDialer(local, str(server.folder / "m"), local.converse, via=here)
        assert dialer.keys("127.0.0.1", member.port) == member.trusted
        connected = dialer.connect(member.login, member.trusted)
        assert connected.run("echo", "in").out == "in\n"
        here.close()
        assert connected.run("echo", "in").end == "lost"
        connected.close()


def test_the_program_drives_it(server: Server, tmp_path: Path) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text(f"[target]\nkey = '{server.login.key}'\nhost-keys = {list(server.trusted)}\n")
    url = f"ssh://{server.login.user}@127.0.0.1:{server.port}"
    program = [sys.executable, "-m", "tui_installer", "--state", str(tmp_path / "state"), "--host", url]
    first = subprocess.run([*program, "status"], stdout=subprocess.PIPE, check=False, text=True)
    assert (first.returncode, first.stdout.split(":")[0]) == (Exit.PROBLEM, "  TO ANSWER target.host-key")
    argv = [*program, "--answers", str(answers), "status", "--json"]
    said = subprocess.run(argv, stdout=subprocess.PIPE, check=False, text=True)
    assert said.returncode == Exit.TODO
    site = json.loads(said.stdout)["steps"][0]
    assert [problem["code"] for problem in site["problems"]] == ["site.no-peer"]
    _reach(server, tmp_path / "state", TargetAnswers(key=server.login.key))[0].close()


def test_an_approved_plan_is_applied_by_a_process_of_its_own(here: SshHost, server: Server, tmp_path: Path) -> None:
    """It uses the connection that is open, and asks nobody anything."""
    state = State(*target.remembered(server.login, tmp_path))
    url = f"ssh://{server.login.user}@127.0.0.1:{server.port}"
    options = ["--state", str(tmp_path), "--host", url, "apply", "--plan", str(child.write_plan(state, Plan("site")))]
    said = subprocess.run([sys.executable, "-m", "tui_installer", *options], check=False, stdout=subprocess.PIPE)
    assert (said.returncode, said.stdout) == (Exit.DONE, b"")
    [attempt] = Journal(state.journal).attempts()
    assert (attempt.step, attempt.outcome) == ("site", "done")
