"""The host that is driven from here: `--host ssh://root@HOST[:PORT]`. Its journal, answers and secrets lie here, in a
folder of its own; its lock lies there. Members of the cluster are reached through it, so that an address means what
it means there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from tui_installer.engine.state import State
from tui_installer.hosts import system_log
from tui_installer.hosts.host import Login, LoginError
from tui_installer.hosts.local import LocalHost
from tui_installer.hosts.ssh import SshDialer, SshHost
from tui_installer.hosts.ssh_messages import check_allowed, wanted
from tui_installer.model import answers as asked
from tui_installer.model.answers import AnswersError, Secret, ask
from tui_installer.model.step import Context, Problem
from tui_installer.remote.fallback import SshFallback
from tui_installer.remote.lock import HostLock

SECTION = "target"
"""Of the answers: how the host is logged in to."""
FOLDER, RUN = Path("/var/lib/tui-installer"), Path("/run/tui-installer")
"""Where root keeps our state; `State` says what is in them."""
_URL = re.compile(r"ssh://(?:([\w.-]+)@)?(?:\[([\w:%.]+)\]|(\w[\w.-]*))(?::(\d+))?/?", re.ASCII)
"""User, IPv6 address, other address or name, port."""


@dataclass(frozen=True, slots=True)
class TargetAnswers:
    """How the host is logged in to."""

    key: str = ask("SSH key file", "Path of a private key here; empty: the agent and the usual places.")
    password: Secret = ask("Password", "Or the key's passphrase. It is kept until the next reboot.", default=Secret())
    host_keys: tuple[str, ...] = ask("Host keys accepted", "Fingerprints, as ssh-keygen -lf prints them.", default=())
    allow: tuple[str, ...] = ask("Old algorithms", "What ssh may use with this host beside the usual.", default=())

    def __post_init__(self) -> None:
        """Raises ValueError for an algorithm that there is not."""
        check_allowed(self.allow)


Mend = Callable[[Problem, TargetAnswers], TargetAnswers | None]
"""Asks the operator what would mend a problem; None: there is nobody to ask, or no answer."""


class Unreached(Exception):
    """The host cannot be logged in to; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def parse(url: str) -> Login:
    """The login of `ssh://[USER@]HOST[:PORT]`. Raises `AnswersError`."""
    found = _URL.fullmatch(url)
    if found is None or int(found[4] or 22) not in range(1, 65536):
        raise AnswersError(f"{url!r} is not of the form ssh://root@HOST[:PORT]")
    user, six, name, port = found.groups()
    return Login(six or name, int(port or 22), user or "root")


def remembered(login: Login, folder: Path | None = None) -> tuple[Path, Path]:
    """The folders of a target's state: (lasting, until the next reboot). `folder`: another place than the usual."""
    name = f"{login.user}@{login.address}:{login.port}"
    lasting, passing = (folder, folder / "run") if folder else _usual()
    return lasting / "targets" / name, passing / "targets" / name


def _usual() -> tuple[Path, Path]:
    if os.geteuid() == 0:
        return FOLDER, RUN
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "tui-installer"
    run = os.environ.get("XDG_RUNTIME_DIR")
    return home, Path(run) / "tui-installer" if run else home / "run"


def reach(
    login: Login, given: Mapping[str, Any], folders: tuple[Path, Path], mend: Mend, take_over: bool = False
) -> tuple[Context, State]:
    """The host, logged in to, and what is remembered of it. `given` is the answers' section; it is kept.

    Raises `Unreached`, `AnswersError`, `HostError`.
    """
    local, known = LocalHost(), State(*folders)
    sockets = str(folders[1].parents[1] / "ssh")
    answers = asked.parse(TargetAnswers, {**known.answers().get(SECTION, {}), **given}, SECTION)
    host, answers = _logged_in(SshDialer(local, sockets, local.converse), login, answers, mend)
    _keep(known, answers)
    dialer = SshDialer(local, sockets, local.converse, via=host)
    context = Context(host, dialer, fallback=SshFallback(host), log=partial(system_log.there, host))
    return context, State(*folders, HostLock(host, take_over))


def _keep(state: State, answers: TargetAnswers) -> None:
    secret = {"password": answers.password.value} if answers.password else {}
    state.keep(SECTION, asked.table(answers), secret)


def _logged_in(dialer: SshDialer, login: Login, answers: TargetAnswers, mend: Mend) -> tuple[SshHost, TargetAnswers]:
    while True:
        try:
            return _connect(dialer, login, answers), answers
        except Unreached as unreached:
            mended = mend(unreached.problem, answers)
            if mended is None:
                raise
            answers = mended


def _connect(dialer: SshDialer, login: Login, answers: TargetAnswers) -> SshHost:
    """The host, of which nothing is asked that is known already. Raises `Unreached`."""
    login = replace(login, password=answers.password.value, key=answers.key, allow=answers.allow)
    try:
        host = _proven(dialer, login, answers.host_keys)
        if host is None:
            offered = dialer.offered(login) or tuple(print_ for print_, _ in dialer.greet(login))
            raise Unreached(_unknown(login, offered, changed=bool(answers.host_keys)))
    except LoginError as error:
        _refuse(login, error)
    host.name = "here"
    if host.run("id", "-u").out.strip() != "0":
        text = f"{login.user} is not root on {login.address}."
        raise Unreached(Problem("target.not-root", text, hint="Log in as root: ssh://root@HOST."))
    return host


def _proven(dialer: SshDialer, login: Login, trusted: tuple[str, ...]) -> SshHost | None:
    """The host, if it proves a key that was accepted. Raises `LoginError`."""
    try:
        return dialer.connect(login, trusted) if trusted else None
    except LoginError as error:
        if error.kind != "host-key":
            raise
        return None


def _unknown(login: Login, offered: tuple[str, ...], changed: bool) -> Problem:
    keys = tuple(f"{login.address} {print_}" for print_ in offered)
    compare = "Compare with `ssh-keygen -lf /etc/ssh/ssh_host_rsa_key.pub` (or another of its keys) on its console"
    if changed:
        text = "This host shows another key than the one that was accepted: nothing was sent to it."
        return Problem("target.host-key-changed", text, keys, f"{compare}; accept it if it was installed anew.")
    text = f"{login.address} is not known yet: nothing was sent to it."
    hint = f"{compare}, then accept it: host-keys = [...] in [target] of the answers."
    return Problem("target.host-key", text, keys, hint, "ask", "host_keys")


def _refuse(login: Login, error: LoginError) -> NoReturn:
    """Raises the problem that ssh's words mean."""
    where, words = f"{login.user}@{login.address}:{login.port}", error.evidence
    if error.kind == "unreachable":
        hint = "Check the address and the port, and that this host has a route there: ping it."
        problem = Problem("target.unreachable", f"{where} cannot be reached by ssh.", words, hint)
    elif error.kind == "refused":
        hint = "Type its password, or name a key that it knows: key = ... in [target] of the answers."
        text = f"{login.address} does not let {login.user} in with what it was given."
        problem = Problem("target.refused", text, words, hint, "ask", "password")
    elif error.kind == "algorithms":
        problem = _old(login, words)
    else:
        problem = Problem("target.login-failed", f"ssh to {where} failed.", words, f"By hand: ssh -v {where}")
    raise Unreached(problem) from error


def _old(login: Login, words: tuple[str, ...]) -> Problem:
    name = wanted(words)
    text = f"The ssh server of {login.address} is too old for what today's ssh uses of its own accord."
    options = " ".join(f"--allow {each}" for each in (*login.allow, name))
    hint = f"Allow it for this host alone: {options}" if name else "It offers nothing that this ssh knows."
    return Problem("target.algorithms", text, words, hint, "ask" if name else "stop", "allow")
