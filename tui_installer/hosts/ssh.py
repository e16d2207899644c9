"""Hosts behind ssh: one authenticated connection for each, kept by the system's own ssh and shared by all processes
of this program (an apply that was started by a screen uses the connection that the screen opened).

On the other side a POSIX shell and a handful of old tools are enough. Nothing is trusted but the host keys that the
operator accepted, and no configuration of ssh is read.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shlex
from collections.abc import Callable, Collection
from dataclasses import replace

from tui_installer.hosts import ahead, many_files, ssh_files
from tui_installer.hosts.host import ENVIRONMENT, File, Host, HostError, Link, Login, LoginError, OnLine, Result
from tui_installer.hosts.shell import Conversation, Shell, ended, timed
from tui_installer.hosts.shell_text import FIRST
from tui_installer.hosts.ssh_jobs import JOBS, Job
from tui_installer.hosts.ssh_messages import allowing, login_failure, parse_keys

Converse = Callable[..., Conversation]
"""Starts a command, given as argv, that goes on and is spoken with."""

CONNECT = 5
"""Seconds until a host that does not answer is given up."""
SESSIONS = 4
"""Shells that one process keeps on a host: sshd lets a connection have 10, for all processes together."""
SPOKEN = ("-o", "LogLevel=INFO")
"""With less than this ssh does not say why it could not agree with a server (sshpkt_fatal of OpenSSH's packet.c)."""
LOOK = 60
"""Seconds that reading or writing a file may take."""

Keys = tuple[tuple[str, str], ...]
"""(fingerprint, line of a known_hosts file)."""


class SshDialer:
    """See `Dialer`. `folder` is private to its owner; it holds sockets, and the host keys that were accepted."""

    def __init__(self, local: Host, folder: str, converse: Converse, via: SshHost | None = None) -> None:
        """`converse` starts a command on `local`. With `via` hosts are reached through the connection to that one."""
        self._local = local
        self._folder = folder
        self._converse = converse
        self._via = via
        self._hosts: dict[Login, SshHost] = {}
        self._offered: dict[tuple[str, int], Keys] = {}

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        return self.offered(Login(address, port))

    def offered(self, login: Login) -> tuple[str, ...]:
        """Fingerprints of the host keys offered to this login; empty: nobody answers whom ssh understands."""
        found = self._offered[login.address, login.port] = self._scan(login)
        return tuple(print_ for print_, _ in found)

    def connect(self, login: Login, trusted: tuple[str, ...]) -> SshHost:
        """See `Dialer.connect`. A connection that is still up is used again."""
        host = self._hosts.setdefault(login, self._host(login, self._path(login, "")))
        host.reopen = lambda: self._open(host, login, trusted)
        host.reopen()
        return host

    def greet(self, login: Login) -> Keys:
        """The host key that ssh is shown; it then leaves, without having logged in. Raises `LoginError`."""
        self._private()
        path = self._path(login, ".greet")
        alone = {"StrictHostKeyChecking": "accept-new", "ControlPath": "none", "PreferredAuthentications": "none"}
        options = tuple(word for name, value in alone.items() for word in ("-o", f"{name}={value}"))
        try:
            said = self._local.run(*self._host(login, path).command(*SPOKEN, *options), "true", within=6 * CONNECT)
            known = self._local.read(f"{path}.hosts")
        finally:
            self._local.write(f"{path}.hosts", None)
        if known is None:
            raise _refusal(said)
        return parse_keys(known.content.decode("utf-8", "replace"))

    def _host(self, login: Login, path: str) -> SshHost:
        if self._via:
            login = replace(login, allow=(*login.allow, *self._via.login.allow))
        proxy = shlex.join(self._via.command("-W", "[%h]:%p")) if self._via else ""
        return SshHost(self._local, login, path, self._converse, proxy)

    def _open(self, host: SshHost, login: Login, trusted: tuple[str, ...]) -> None:
        """Open its connection unless it is up. Raises `LoginError`."""
        known = self._local.read(self._path(login, ".hosts"))
        if known and _trusts(known, trusted) and host.is_up():
            return
        self._private()
        host.close()
        self._local.write(self._path(login, ""), None)  # beside a dead socket ssh would share no connection
        offered = self._offered.pop((login.address, login.port), ()) or self._scan(login)
        lines = [line for print_, line in offered if print_ in trusted]
        self._local.write(self._path(login, ".hosts"), File("".join(f"{line}\n" for line in lines).encode(), 0o600))
        said = self._log_in(host, login)
        if not said.ok():
            raise _refusal(said)

    def _scan(self, login: Login) -> Keys:
        """The keys that are offered; none: nobody answers, or nobody whom ssh understands."""
        if self._via or login.allow:
            with contextlib.suppress(LoginError):
                return self.greet(login)
            return ()
        kinds = ("-T", str(CONNECT), "-t", "ed25519,ecdsa,rsa")
        where = ("-p", str(login.port), "--", login.address)
        return parse_keys(self._local.run("ssh-keyscan", *kinds, *where, within=4 * CONNECT).out)

    def _log_in(self, host: SshHost, login: Login) -> Result:
        """Start the connection that everything else goes through; it stays in the background."""
        secret, helper = self._path(login, ".secret"), self._path(login, ".helper")
        argv = host.command(*SPOKEN, "-f", "-N", "-o", "ControlMaster=yes", batch=not login.password)
        if not login.password:
            return self._local.run(*argv, within=6 * CONNECT)
        # /run is mounted noexec: ssh can start nothing there, but bash reads BASH_ENV before its script,
        # which is here the prompt that ssh hands over.
        ask = ("SSH_ASKPASS=/bin/bash", "SSH_ASKPASS_REQUIRE=force", f"BASH_ENV={helper}")
        try:
            self._local.write(secret, File(login.password.encode() + b"\n", 0o600))
            self._local.write(helper, File(f"cat -- {shlex.quote(secret)}; exit\n".encode(), 0o600))
            return self._local.run("env", *ask, *argv, within=6 * CONNECT)
        finally:
            self._local.write(secret, None)
            self._local.write(helper, None)

    def _private(self) -> None:
        said = self._local.run("install", "-d", "-m", "0700", "--", self._folder)
        if not said.ok():
            raise HostError(f"{self._folder} cannot be made: {ssh_files.why(said)}")

    def _path(self, login: Login, what: str) -> str:
        """A path of at most a few characters more than the folder's: a socket's may have 107."""
        name = hashlib.sha256(f"{login.user}@{login.address}:{login.port}".encode()).hexdigest()[:10]
        return f"{self._folder}/{name}{what}"


def _trusts(known: File, trusted: tuple[str, ...]) -> bool:
    return any(print_ in trusted for print_, _ in parse_keys(known.content.decode("utf-8", "replace")))


def _refusal(said: Result) -> LoginError:
    words = said.said or (f"ssh: {said.verdict}",)
    return LoginError("unreachable" if said.end == "timeout" else login_failure(words), words)


class SshHost:
    """A host behind ssh; `SshDialer.connect` makes them. Commands run as they do on `LocalHost`."""

    def __init__(self, local: Host, login: Login, socket: str, converse: Converse, proxy: str = "") -> None:
        """`socket` is where the shared connection is found; `proxy` a command for ssh's ProxyCommand."""
        self.name = login.address
        self.login = replace(login, password="")
        self.reopen: Callable[[], None] = lambda: None
        """Opens the connection again if it was lost. Raises `LoginError`."""
        self._local = local
        self._socket = socket
        self._converse = converse
        self._proxy = proxy
        self._shell = Shell(self._start, FIRST + ssh_files.FILES + many_files.ALL + ahead.ASK + JOBS, SESSIONS)

    def command(self, *options: str, batch: bool = True) -> tuple[str, ...]:
        """The ssh command up to the destination; what follows it is the remote command."""
        login = self.login
        fixed = {
            "ControlPath": self._socket,
            "ControlPersist": "600",
            "UserKnownHostsFile": f"{self._socket}.hosts",
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "CheckHostIP": "no",
            "UpdateHostKeys": "no",
            "BatchMode": "yes" if batch else "no",
            "PubkeyAuthentication": "yes" if batch or login.key else "no",
            "NumberOfPasswordPrompts": "1",
            "ConnectTimeout": str(CONNECT),
            "ServerAliveInterval": "5",
            "ServerAliveCountMax": "3",
            "LogLevel": "ERROR",
            **dict(allowing(login.allow)),
            **({"ProxyCommand": self._proxy} if self._proxy else {}),
        }
        agent = ("env", f"SSH_AUTH_SOCK={os.environ['SSH_AUTH_SOCK']}") if "SSH_AUTH_SOCK" in os.environ else ()
        key = ("-i", login.key, "-o", "IdentitiesOnly=yes") if login.key else ()
        settings = tuple(word for name, value in fixed.items() for word in ("-o", f"{name}={value}"))
        where = ("-l", login.user, "-p", str(login.port), "--", login.address)
        return (*agent, "ssh", "-F", "none", "-T", *options, *settings, *key, *where)

    def is_up(self) -> bool:
        """Whether the connection is open."""
        return self._local.run(*self.command("-O", "check"), within=CONNECT).ok()

    def close(self) -> None:
        """Close the connection."""
        self._local.run(*self.command("-O", "exit"), within=CONNECT)

    def converse(self) -> Conversation:
        """A shell there, in the environment which every command has."""
        variables = (f"{name}={value}" for name, value in ENVIRONMENT.items())
        line = f"cd /; exec {shlex.join(('env', '-i', *variables, 'sh'))}"
        return self._converse(*self.command("-o", "ControlMaster=no"), shlex.join(("sh", "-c", line)))

    def _start(self) -> Conversation:
        if self._shell.lost:
            self.reopen()
        return self.converse()

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`. A command that is late is asked to stop there. When the connection is lost it ends "lost";
        one that is followed, as all are that change something, goes on there."""
        if on_line is None:
            return self._shell.run(*argv, stdin=stdin, within=within)
        return Job(self._shell, argv, on_line).run(stdin, within)

    def read(self, path: str) -> File | None:
        """See `Host.read`."""
        return ssh_files.understand(path, self._type("our_read", path))

    def list(self, pattern: str) -> tuple[str, ...]:
        """See `Host.list`."""
        said = self._type("our_list", pattern)
        if not said.ok():
            raise HostError(f"{pattern} cannot be listed: {ssh_files.why(said)}")
        return tuple(sorted(said.out.splitlines()))

    def read_all(self, *patterns: str) -> dict[str, File]:
        """See `Host.read_all`; what was not told whole is read by itself."""
        said = self._type("our_all", *patterns)
        if not said.ok():
            raise HostError(f"{patterns[0]} cannot be read: {ssh_files.why(said)}")
        told = {path: file or self.read(path) for path, file in many_files.understand(said.out)}
        return {path: file for path, file in told.items() if file is not None}

    def ahead(self, questions: Collection[tuple[str, ...]]) -> ahead.Answers:
        """See `Far.ahead`."""
        mark = secrets.token_hex(12)
        paths = (words[0] for kind, *words in questions if kind == "read")
        asked = (("files", *paths), *(question for question in questions if question[0] != "read"))
        said = self._shell.type(ahead.line(asked, mark, _typed), ("our_ask",), ahead.WITHIN)
        if not said.ok():
            raise HostError(f"nothing was told ahead: {ssh_files.why(said)}")
        answers: dict[tuple[str, ...], object] = {}
        for question, answer in ahead.understand(said.out, mark, asked):
            with contextlib.suppress(HostError, LookupError):
                answers.update(_answers(question, answer))
        return answers

    def write(self, path: str, file: File | None) -> None:
        """See `Host.write`."""
        said = self._shell.type(ssh_files.writing(path, file), ("our_write", path), LOOK)
        if not said.ok():
            raise HostError(f"{path} cannot be written: {ssh_files.why(said)}")

    def links(self) -> tuple[Link, ...]:
        """See `Host.links`."""
        return ssh_files.understand_links(self._type("our_links"))

    def _type(self, *words: str) -> Result:
        return self._shell.type(shlex.join(words), words, LOOK)


_TYPED = {"files": "our_files", "list": "our_list", "read_all": "our_all", "links": "our_links"}
"""What asks a question of that kind there."""


def _typed(question: tuple[str, ...]) -> str:
    kind, *words = question
    return timed(tuple(words), ahead.WITHIN) if kind == "run" else shlex.join((_TYPED[kind], *words))


def _answers(question: tuple[str, ...], said: Result) -> ahead.Answers:
    """What the questions alone would have been answered. Raises `HostError`, `LookupError`: to be asked alone."""
    kind, *words = question
    match kind:
        case "run":
            answer = ended(tuple(words), said.code or 0, said.out, said.err)
            if answer.end == "timeout":
                raise LookupError
            return {question: answer}
        case "files" if said.ok():
            return {("read", path): file for path, file in many_files.named(said.out).items()}
        case "links":
            return {question: ssh_files.understand_links(said)}
        case "list" if said.ok():
            return {question: tuple(sorted(said.out.splitlines()))}
        case "read_all" if said.ok():
            files = dict(many_files.understand(said.out))
            if None not in files.values():
                return {question: files}
    raise LookupError
