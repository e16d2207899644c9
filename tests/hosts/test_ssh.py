"""Hosts behind ssh, against a real sshd on the loopback interface."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.remote.server import Server, serving
from tests.through import Through
from tui_installer.engine.state import Busy
from tui_installer.hosts.host import File, Host, HostError, Link, LoginError, OnLine, Result
from tui_installer.hosts.local import LocalHost
from tui_installer.hosts.shell_text import FIRST
from tui_installer.hosts.ssh import SshDialer, SshHost
from tui_installer.hosts.ssh_files import FILES, links, writing
from tui_installer.hosts.ssh_jobs import JOBS
from tui_installer.hosts.ssh_messages import login_failure, parse_keys, wanted
from tui_installer.remote.lock import HostLock

KEYSCAN = (
    "# 10.50.0.2:22 SSH-2.0-OpenSSH_10.0p2 Debian-7+deb13u4\n"
    "10.50.0.2 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAID9ZF6/x8paC5SD3GgVyeXCOztYu4ZjyFNIwFT9qgl6D\n"
)


NEGOTIATE = "Unable to negotiate with 10.50.0.2 port 22: no matching {} found. Their offer: {}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started


@pytest.fixture(scope="module")
def dialer(server: Server) -> SshDialer:
    return dial(server.folder / "run")


def dial(folder: Path, local: Host | None = None) -> SshDialer:
    here = LocalHost()
    return SshDialer(local or here, str(folder), here.converse)


@pytest.fixture(scope="module")
def host(server: Server) -> Iterator[SshHost]:
    connected = dial(server.folder / "run").connect(server.login, server.trusted)
    yield connected
    connected.close()


# --- logging in


def test_the_keys_offered_are_named_by_their_fingerprints(server: Server, dialer: SshDialer) -> None:
    assert dialer.keys("127.0.0.1", server.port) == server.trusted


def test_nobody_there_offers_no_keys_and_is_unreachable(server: Server, dialer: SshDialer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert dialer.keys("127.0.0.1", port) == ()
    with pytest.raises(LoginError, match="Connection refused") as caught:
        dialer.connect(replace(server.login, port=port), server.trusted)
    assert caught.value.kind == "unreachable"


def test_a_key_that_was_not_accepted_is_refused(server: Server) -> None:
    stranger = dial(server.folder / "stranger")
    with pytest.raises(LoginError) as caught:
        stranger.connect(server.login, ("SHA256:another",))
    assert caught.value.kind == "host-key"


def test_a_wrong_password_is_refused_and_not_left_behind(server: Server, tmp_path: Path) -> None:
    local = Recording(LocalHost())
    login = replace(server.login, key="", password="not the password")
    with pytest.raises(LoginError, match="Permission denied") as caught:
        dial(tmp_path / "r", local).connect(login, server.trusted)
    assert caught.value.kind == "refused"
    assert "not the password" not in " ".join(word for argv in local.commands for word in argv)
    left = [path.read_bytes() for path in (tmp_path / "r").iterdir() if path.is_file()]
    assert not any(b"not the password" in content for content in left)


def test_the_password_reaches_ssh_through_a_private_file(tmp_path: Path, server: Server) -> None:
    """A key's passphrase is asked for in the same way as a password, and there is one that we know."""
    locked = tmp_path / "locked"
    shutil.copy(server.folder / "user", locked)
    locked.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "it's secret", "-f", locked], check=True, stdout=subprocess.DEVNULL)
    login = replace(server.login, key=str(locked), password="it's secret")
    connected = dial(tmp_path / "r").connect(login, server.trusted)
    assert connected.run("echo", "in").out == "in\n"
    connected.close()
    assert (tmp_path / "r").stat().st_mode & 0o777 == 0o700
    assert [path.suffix for path in (tmp_path / "r").iterdir()] == [".hosts"]


def test_an_open_connection_is_used_again(server: Server, host: SshHost) -> None:
    """By another process, say, which has neither key nor password."""
    again = dial(server.folder / "run")
    assert again.connect(replace(server.login, key=""), server.trusted).run("true").ok()


def test_a_dead_socket_is_in_nobodys_way(server: Server, tmp_path: Path) -> None:
    dialer = dial(tmp_path / "r")
    first = dialer.connect(server.login, server.trusted)
    [path] = [each for each in (tmp_path / "r").iterdir() if each.is_socket()]
    path.rename(tmp_path / "kept")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    connected = dialer.connect(server.login, server.trusted)
    assert connected.is_up()
    connected.close()
    (tmp_path / "kept").rename(path)
    first.close()


# --- commands


class Recording(Through):
    """A host that remembers its commands."""

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self.commands: list[tuple[str, ...]] = []

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        self.commands.append(argv)
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)


@pytest.mark.parametrize("argv", [("printf", "%s\n", "a b", "it's", "$HOME", '"*"', "ü\\n", ""), ("env",)])
def test_a_command_runs_as_it_does_here(host: SshHost, argv: tuple[str, ...]) -> None:
    there, here = host.run(*argv), LocalHost().run(*argv)
    assert sorted(there.out.splitlines()) == sorted(here.out.splitlines())


@pytest.mark.parametrize(
    ("script", "end", "code"),
    [
        ("exit 21", "exited", 21),
        ("exit 255", "exited", 255),
        ("echo 'timeout: failed'; exit 127", "exited", 127),
        ("kill -TERM $$", "signal", None),
    ],
)
def test_the_end_of_a_command_is_its_own(host: SshHost, script: str, end: str, code: int | None) -> None:
    said = host.run("sh", "-c", f"echo out; echo err >&2; {script}")
    assert (said.end, said.code) == (end, code)
    assert said.err.startswith("err\n")  # a shell adds "Terminated"
    assert said.out.startswith("out\n")


def test_a_program_that_is_not_there_is_absent(host: SshHost) -> None:
    assert host.run("no-such-program", "--version").end == "absent"


def test_a_late_command_is_asked_to_stop(host: SshHost) -> None:
    said = host.run("sh", "-c", "trap 'echo asked; exit 0' TERM; echo started; sleep 60 & wait", within=0.3)
    assert said.end == "timeout"
    assert set(said.out.splitlines()) == {"started", "asked"}  # by timeout(1) itself and with its group


def test_standard_input_and_lines_as_they_come(host: SshHost) -> None:
    lines: list[str] = []
    assert host.run("cat", stdin=b"one\ntwo\n", on_line=lines.append).out == "one\ntwo\n"
    assert lines == ["one", "two"]


def test_a_lost_connection_is_told_from_a_failed_command(server: Server, dialer: SshDialer) -> None:
    login = replace(server.login, key="/nowhere", user="nobody")
    gone = SshHost(LocalHost(), login, str(server.folder / "gone"), LocalHost().converse)
    assert gone.run("true").end == "lost"
    with pytest.raises(HostError, match="connection lost"):
        gone.read("/etc/hostname")


# --- files


def mine(path: Path) -> str:
    return f"{path.owner()}:{path.group()}"


@pytest.mark.parametrize(
    "file",
    [
        File(bytes(range(256)) * 300 + b"no newline", 0o600),
        File(b"\n", 0o4750, "root:daemon"),
        File(b"", 0o777, "root:root", "/dev/null"),
    ],
)
def test_a_file_is_written_and_read_as_it_is_here(host: SshHost, tmp_path: Path, file: File) -> None:
    file = file if os.geteuid() == 0 else replace(file, owner=mine(tmp_path))  # only root gives files away
    path = str(tmp_path / "new folder" / 'it\'s -a "file"')
    host.write(path, File(b"old", owner=mine(tmp_path)))
    host.write(path, file)
    assert host.read(path) == file
    assert LocalHost().read(path) == file
    assert os.listdir(tmp_path / "new folder") == ['it\'s -a "file"']
    host.write(path, None)
    host.write(path, None)
    assert host.read(path) is None


@pytest.mark.parametrize("there", ["old", None])
def test_half_a_file_never_replaces_a_whole_one(tmp_path: Path, there: str | None) -> None:
    """The connection is cut after each byte of the line that writes it; the shell is at the end of what came."""
    path = tmp_path / "conf"
    line = f"{{ {writing(str(path), File(b'whole content', owner=mine(tmp_path)))}\n}} </dev/null\n"
    for cut in range(len(line)):
        path.unlink(missing_ok=True) if there is None else path.write_text(there)
        typed = (FIRST + FILES + line[:cut]).encode()
        subprocess.run(["sh"], input=typed, stderr=subprocess.DEVNULL, check=False)
        assert (path.read_text() if path.exists() else None) in (there, "whole content")
        assert os.listdir(tmp_path) in (["conf"], [])


def test_a_followed_command_goes_on_when_the_connection_is_lost(server: Server, tmp_path: Path) -> None:
    host = dial(tmp_path / "r").connect(server.login, server.trusted)
    go, done = tmp_path / "go", tmp_path / "done"
    os.mkfifo(go)
    os.mkfifo(done)
    lines: list[str] = []

    def cut(line: str) -> None:
        lines.append(line)
        host.close()

    said = host.run("sh", "-c", f"echo begun; cat {go}; echo more; echo done >{done}", on_line=cut)
    assert (said.end, said.out, lines) == ("lost", "begun\n", ["begun"])
    go.write_text("")
    assert done.read_text() == "done\n"
    assert any("it went on there, and ended with exit code 0" in each for each in _found(host))
    host.close()


@pytest.mark.parametrize("left", [(), ("starter", "in"), ("out", "code", "err"), ("code", "err"), ("out",)])
@pytest.mark.parametrize("shell", [("sh",), ("busybox", "sh")])
def test_a_restart_takes_the_files_of_a_job_one_after_the_other(
    shell: tuple[str, ...], left: tuple[str, ...], tmp_path: Path
) -> None:
    """A restart clears /var/run while the command that restarts the host is still followed."""
    (tmp_path / "job").mkdir()
    for name in left:
        (tmp_path / "job" / name).write_text("0\n")
    typed = f"{FIRST}{JOBS}our_jobs={tmp_path}\nour_follow job 1\nour_end job\n"
    said = subprocess.run(shell, input=typed.encode(), capture_output=True, check=True)
    code = "0" if "code" in left else ""
    assert said.stdout.decode() == (f"{code}\n0\n" if "out" in left else "gone\n")
    assert said.stderr == (b"0\n" if "err" in left else b"")
    assert not list(tmp_path.iterdir())


def _found(host: SshHost) -> tuple[str, ...]:
    """What is said to who locks the host once the shell of the connection that was cut is gone."""
    for _ in range(200):
        with suppress(Busy), HostLock(host)() as found:
            if found:
                return found
    raise AssertionError("it never ended")


def test_what_cannot_be_read_or_written_says_why(host: SshHost, tmp_path: Path) -> None:
    with pytest.raises(HostError, match="not a file"):
        host.read(str(tmp_path))
    with pytest.raises(HostError, match="cannot be written"):
        host.write(str(tmp_path), File(b"x"))


def test_a_pattern_lists_what_is_here(host: SshHost, tmp_path: Path) -> None:
    for name in ("b c.txt", "a.txt", "$x.txt", ".hidden.txt", "other"):
        (tmp_path / name).touch()
    (tmp_path / "dangling.txt").symlink_to("/nowhere")
    pattern = f"{tmp_path}/*.txt"
    assert host.list(pattern) == LocalHost().list(pattern)
    assert host.list(f"{tmp_path}/none*") == ()


def test_links_are_those_of_this_machine(host: SshHost) -> None:
    there = {link.name: link for link in host.links()}
    assert there["lo"].addresses == ("127.0.0.1/8",)
    assert set(there) == {link.name for link in LocalHost().links()}


# --- words


def test_a_fingerprint_is_what_ssh_prints() -> None:
    [(print_, line)] = parse_keys(KEYSCAN)
    assert print_ == "SHA256:2/rDEtsQGfoF/nBWejs0ImyRSznC+/x7Yxhnue6jvS0"
    assert line == KEYSCAN.splitlines()[1]


@given(st.text())
def test_no_answer_of_keyscan_is_too_strange(text: str) -> None:
    assert all(print_.startswith("SHA256:") for print_, _ in parse_keys(text))


@given(st.text())
def test_no_answer_of_ip_is_too_strange(text: str) -> None:
    assert isinstance(links(text, text, text), tuple)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("ssh: connect to host 10.50.0.2 port 2222: Connection refused", "unreachable"),
        ("ssh: connect to host 10.50.0.77 port 22: No route to host", "unreachable"),
        ("root@10.50.0.2: Permission denied (publickey,password).", "refused"),
        ("Permission denied, please try again.", "refused"),
        ("Host key verification failed.", "host-key"),
        ("No ED25519 host key is known for 10.50.0.2 and you have requested strict checking.", "host-key"),
        (NEGOTIATE.format("host key type", "ssh-rsa,ssh-dss"), "algorithms"),
        ("Bad server host key: Invalid key length", "algorithms"),
        ("Bad configuration option: x", "failed"),
    ],
)
def test_the_words_of_ssh_have_a_kind(words: str, kind: str) -> None:
    assert login_failure((words,)) == kind


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (NEGOTIATE.format("key exchange method", "diffie-hellman-group14-sha1"), "diffie-hellman-group14-sha1"),
        (NEGOTIATE.format("host key type", "ssh-dss,ssh-rsa"), "ssh-rsa"),
        (NEGOTIATE.format("cipher", "arcfour"), ""),
        ("Bad server host key: Invalid key length", "rsa-1024"),
    ],
)
def test_what_an_old_server_would_need_is_named(words: str, name: str) -> None:
    assert wanted((words,)) == name


def test_links_of_an_old_iproute() -> None:
    states = (
        "1: lo: <LOOPBACK,UP,10000> mtu 16436 qdisc noqueue \\    link/loopback 00:00:00:00:00:00 brd 00:00\n"
        "2: eth0: <BROADCAST,MULTICAST,UP,10000> mtu 1500 qdisc pfifo_fast qlen 1000\\    "
        "link/ether 00:16:3e:00:00:01 brd ff:ff:ff:ff:ff:ff\n"
        "5: vlan16@eth0: <BROADCAST,MULTICAST> mtu 1500 qdisc noqueue \\    link/ether 00:16:3e:00:00:01 brd ff\n"
        "6: sit0: <NOARP> mtu 1480 qdisc noop \\    link/sit 0.0.0.0 brd 0.0.0.0\n"
    )
    addresses = (
        "1: lo    inet 127.0.0.1/8 scope host lo\n"
        "2: eth0    inet 172.16.17.55/16 brd 172.16.255.255 scope global eth0\n"
        "2: eth0    inet 10.9.9.9 peer 10.9.9.1/32 scope global eth0\n"
    )
    routes = "172.16.0.0/16 dev eth0  proto kernel  scope link  src 172.16.17.55 \ndefault via 172.16.0.1 dev eth0 \n"
    assert links(states, addresses, routes) == (
        Link("eth0", "00:16:3e:00:00:01", 1500, True, ("172.16.17.55/16", "10.9.9.9/32"), "172.16.0.1"),
        Link("lo", "00:00:00:00:00:00", 16436, True, ("127.0.0.1/8",)),
        Link("sit0", "0.0.0.0", 1480, False, ()),
        Link("vlan16", "00:16:3e:00:00:01", 1500, False, ()),
    )
