"""Hosts behind ssh: one authenticated connection for each, kept by the system's own ssh and shared by all processes
of this program (an apply that was started by a screen uses the connection that the screen opened).

Nothing is trusted but the host keys that the operator accepted, and no configuration of ssh is read.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from tui_installer import ssh_files
from tui_installer.conversation import Conversation, Shell, ended
from tui_installer.host import (
    ENVIRONMENT,
    GRACE,
    File,
    Host,
    HostError,
    Link,
    Login,
    LoginError,
    OnLine,
    Result,
)

Kind = Literal["unreachable", "host-key", "refused", "failed"]

Converse = Callable[..., Conversation]
"""Starts a command, given as argv, that goes on and is spoken with."""

CONNECT = 5
"""Seconds until a host that does not answer is given up."""

_SAID: dict[Kind, tuple[str, ...]] = {
    "host-key": ("Host key verification failed", "host key is known", "HOST IDENTIFICATION HAS CHANGED"),
    "refused": ("Permission denied", "Too many authentication failures", "no more authentication methods"),
    "unreachable": (
        "Connection refused",
        "No route to host",
        "timed out",
        "is unreachable",
        "Could not resolve hostname",
        "Connection closed by",
        "Connection reset by",
    ),
}


def fingerprint(key: str) -> str:
    """The fingerprint of a public key in base64, as ssh writes it: "SHA256:..."; empty: that is no key."""
    try:
        digest = hashlib.sha256(base64.b64decode(key, validate=True)).digest()
    except (binascii.Error, ValueError):
        return ""
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def parse_keys(text: str) -> tuple[tuple[str, str], ...]:
    """(fingerprint, known_hosts line) of what ssh-keyscan printed."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found = ((fingerprint(line.split()[2]), line) for line in lines if len(line.split()) >= 3)
    return tuple((print_, line) for print_, line in found if print_)


def login_failure(words: tuple[str, ...]) -> Kind:
    """The kind of `LoginError` that ssh's words mean."""
    text = "\n".join(words)
    kinds = (kind for kind, signs in _SAID.items() if any(sign in text for sign in signs))
    return next(kinds, "failed")


class SshDialer:
    """See `Dialer`. `folder` is private to root; it holds sockets, and the host keys that were accepted.
    With `converse` (starting a command that goes on) most commands are typed into one remote shell."""

    def __init__(self, local: Host, folder: str, converse: Converse | None = None) -> None:
        self._local = local
        self._folder = folder
        self._converse = converse
        self._hosts: dict[Login, SshHost] = {}
        self._offered: dict[tuple[str, int], tuple[tuple[str, str], ...]] = {}

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        self._offered[address, port] = self._scan(address, port)
        return tuple(print_ for print_, _ in self._offered[address, port])

    def connect(self, login: Login, trusted: tuple[str, ...]) -> SshHost:
        """See `Dialer.connect`. A connection that is still up is used again."""
        host = self._hosts.setdefault(login, SshHost(self._local, login, self._path(login, ""), self._converse))
        known = self._local.read(self._path(login, ".hosts"))
        if known and _trusts(known, trusted) and host.is_up():
            return host
        self._private()
        host.close()
        self._local.write(self._path(login, ""), None)  # beside a dead socket ssh would share no connection
        where = login.address, login.port
        offered = self._offered.pop(where, ()) or self._scan(*where)
        lines = [line for print_, line in offered if print_ in trusted]
        self._local.write(self._path(login, ".hosts"), File("".join(f"{line}\n" for line in lines).encode(), 0o600))
        said = self._open(host, login)
        if not said.ok():
            words = said.said or (f"ssh: {said.verdict}",)
            raise LoginError("unreachable" if said.end == "timeout" else login_failure(words), words)
        return host

    def _scan(self, address: str, port: int) -> tuple[tuple[str, str], ...]:
        kinds = ("-T", str(CONNECT), "-t", "ed25519,ecdsa,rsa")
        said = self._local.run("ssh-keyscan", *kinds, "-p", str(port), "--", address, within=4 * CONNECT)
        return parse_keys(said.out)

    def _open(self, host: SshHost, login: Login) -> Result:
        """Start the connection that everything else goes through; it stays in the background."""
        secret, helper = self._path(login, ".secret"), self._path(login, ".helper")
        argv = host.command("-f", "-N", "-o", "ControlMaster=yes", batch=not login.password)
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


class SshHost:
    """A host behind ssh; `SshDialer.connect` makes them. Commands run as they do on `LocalHost`."""

    def __init__(self, local: Host, login: Login, socket: str, converse: Converse | None = None) -> None:
        self.name = login.address
        self._local = local
        self._login = replace(login, password="")
        self._socket = socket
        self._shell = Shell(lambda: converse(*self.command("-o", "ControlMaster=auto"), _shell())) if converse else None

    def command(self, *options: str, batch: bool = True) -> tuple[str, ...]:
        """The ssh command up to the destination; what follows it is the remote command."""
        login = self._login
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

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`. A command that is late is asked to stop there; a lost connection ends it "lost"."""
        if self._shell:
            said = self._shell.run(*argv, within=within, stdin=stdin)
            if on_line:
                for line in said.out.splitlines():
                    on_line(line)
            return said
        mark = f"{secrets.token_hex(8)}="
        remote = _remote(argv, within, mark)
        shared = self.command("-o", "ControlMaster=auto")
        said = self._local.run(*shared, remote, stdin=stdin, within=within + GRACE, on_line=on_line)
        return _understood(argv, said, mark)

    def _look(self, script: str, path: str) -> Result:
        """Run a little script of ours about a path; in the shell that stays it costs no process of its own."""
        argv = ("sh", "-c", script, "sh", path)
        if self._shell is None:
            return self.run(*argv)
        return self._shell.type(f"( set -- {shlex.quote(path)}\n{script}\n)", argv, 60)

    def read(self, path: str) -> File | None:
        """See `Host.read`."""
        return ssh_files.understand(path, self._look(ssh_files.READ, path))

    def list(self, pattern: str) -> tuple[str, ...]:
        """See `Host.list`."""
        said = self._look(ssh_files.LIST, pattern)
        if not said.ok():
            raise HostError(f"{pattern} cannot be listed: {ssh_files.why(said)}")
        return tuple(sorted(said.out.splitlines()))

    def write(self, path: str, file: File | None) -> None:
        """See `Host.write`."""
        said = self.run(*ssh_files.writing(path, file), stdin=b"" if file is None else file.content)
        if not said.ok():
            raise HostError(f"{path} cannot be written: {ssh_files.why(said)}")

    def links(self) -> tuple[Link, ...]:
        """See `Host.links`."""
        addresses, routes = self.run("ip", "-j", "addr"), self.run("ip", "-j", "-4", "route")
        for said in (addresses, routes):
            if not said.ok():
                raise HostError(f"ip: {ssh_files.why(said)}")
        return ssh_files.links(addresses.out, routes.out)


def _remote(argv: tuple[str, ...], within: float, mark: str) -> str:
    """The command for the other side's shell. It says its exit code itself: ssh's 255 may be its own or ssh's."""
    variables = (f"{name}={value}" for name, value in ENVIRONMENT.items())
    words = shlex.join(("env", "-i", *variables, "timeout", f"{within:g}", *argv))
    return shlex.join(("sh", "-c", f"cd /; {words}; printf '\\n%s%d' {mark} $? >&2"))


def _understood(argv: tuple[str, ...], said: Result, mark: str) -> Result:
    """The command's result from that of ssh."""
    if said.end != "exited":
        return replace(said, argv=argv)
    err, found, code = said.err.rpartition(f"\n{mark}")
    if not found or not code.isdigit():
        return Result(argv, "lost", None, said.out, said.err)
    return ended(argv, int(code), said.out, err)


def _shell() -> str:
    """The remote command that is a shell in the environment which every command has."""
    variables = (f"{name}={value}" for name, value in ENVIRONMENT.items())
    return shlex.join(("sh", "-c", f"cd /; exec {shlex.join(('env', '-i', *variables, 'sh'))}"))
