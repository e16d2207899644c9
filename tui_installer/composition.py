"""Where everything is put together: the hosts, the stack, and then the screen or a command."""

from __future__ import annotations

import argparse
import atexit
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from screens.front import examine, greet, look_around
from tui_installer.cli import commands as cli
from tui_installer.cli import looking, saying
from tui_installer.cli.arguments import Arguments
from tui_installer.cli.crash import crashed
from tui_installer.cli.kept import kept
from tui_installer.cli.loading import loading, one_heap
from tui_installer.engine import child
from tui_installer.engine.engine import Engine
from tui_installer.engine.files import StateError
from tui_installer.engine.state import State
from tui_installer.hosts.host import Host, Login, LoginError
from tui_installer.model import answers as asked
from tui_installer.model.answers import AnswersError
from tui_installer.model.stack import NoSuchStack, NoSuchStep
from tui_installer.model.step import Context

if TYPE_CHECKING:
    from screens.terminal.doctor import Doctor

BEGUN = {"etch": "etch-begun"}
"""Demos whose host is not fresh: somebody has tried the packages by hand, and met what the guide announces."""
STACK = "stack"
"""The section of the answers in which a stack is asked for by its name; it is remembered until `--stack=auto`."""
AUTO = "auto"
"""The name that asks for the stack which the host's packages tell."""
_KEPT: dict[str, State] = {}
"""Where reports of errors go, as soon as it is known: "state"."""


LOOKS = ("status", "plan")
"""Commands that whoever is not root may give too: they look as far as they can."""


class NoPlace(Exception):
    """The program's own folders, or a simulated world, cannot be used; the text says which, and why."""


def failed(error: Exception, words: Sequence[str]) -> int:
    """Tell what the program ends with: its own files cannot be used, or an error of its own, which is saved."""
    state = _KEPT.get("state")
    saying.say_problems((error.problem if isinstance(error, StateError) else crashed(error, list(words), state),))
    return cli.Exit.PROBLEM


def run(given: argparse.Namespace, parser: Arguments) -> int:
    """Do what is asked for; returns the exit code."""
    if given.command == "standing":
        return _standing()
    with kept(given):
        return _run(given, parser)


def _run(given: argparse.Namespace, parser: Arguments) -> int:
    try:
        answers = asked.given(given.answers) if given.answers else {}
    except AnswersError as error:
        parser.error(str(error))
    try:
        _simulate(given)
    except ValueError as error:
        parser.error(str(error))
    if given.world and given.host:
        parser.error("--host drives a real host: it does not go with --demo")
    if not given.world and not given.host and os.geteuid() != 0 and given.command not in LOOKS:
        parser.error("this changes the host: run it as root (or look around with --demo)")
    # to reach --host, one may be asked for a password: its terminal is examined later
    doctor = None if given.command or given.host else examine(given.console, given.plain)
    try:
        with doctor or nullcontext():
            return _driven(given, answers) if given.host else _command(build(given, answers, doctor), given, doctor)
    except AnswersError as error:
        parser.error(asked.located(given.answers, error) if given.answers and error.section else str(error))
    except (NoSuchStep, NoSuchStack, NoPlace, child.NotAPlan) as error:
        parser.error(str(error))


def _standing() -> int:
    """For the package's own scripts: see `remote.standing`."""
    # for a host that is driven, and for the package's own scripts alone
    from tui_installer.remote.standing import standing
    from tui_installer.remote.target import FOLDER, RUN

    for line in standing(FOLDER, RUN):
        saying.say(line)
    return cli.Exit.DONE


def _driven(given: argparse.Namespace, answers: dict[str, dict[str, Any]]) -> int:
    """On the host that was named; why it can't be reached is told."""
    from tui_installer.remote.target import Unreached  # for a host that is driven alone

    try:
        return _command(build(given, answers), given, None)
    except Unreached as unreached:
        saying.say_problems((unreached.problem,))
        return cli.Exit.PROBLEM


def build(given: argparse.Namespace, answers: dict[str, dict[str, Any]], doctor: Doctor | None = None) -> Engine:
    """The engine for the host that was named, for this one, or for a simulated world; the first picture meanwhile.

    Raises `AnswersError`, `NoPlace`, `NoSuchStack`, `NoSuchStep`, `Unreached`.
    """
    try:
        return _built(given, answers, doctor)
    except OSError as error:
        if error.filename is None:
            raise
        raise NoPlace(f"{error.filename} cannot be used: {error.strerror}") from error


def _built(given: argparse.Namespace, answers: dict[str, dict[str, Any]], doctor: Doctor | None) -> Engine:
    with loading():
        from tui_installer.steps import choose  # once the first line is on the screen

    _switch_on(given)
    context, state = hosts(given, answers)
    _KEPT["state"] = state
    named = given.stack or str(answers.pop(STACK, {}).get("name", ""))
    wanted = named or str(state.answers().get(STACK, {}).get("name", ""))
    try:
        choice = choose(context.here, "" if wanted == AUTO else wanted)
    except NoSuchStack as error:
        raise NoSuchStack(f"{error}; by itself one is chosen with --stack={AUTO}") from error
    greet(doctor, choice.entry.title, choice.entry.subjects, bool(given.world))
    one_heap()
    with loading():
        stack = choice.load()
    engine = Engine(stack, context, state, answers)
    engine.sweep()
    if named and given.command not in LOOKS:
        state.keep(STACK, {} if named == AUTO else {"name": named}, {})
    return engine


def hosts(given: argparse.Namespace, answers: dict[str, dict[str, Any]]) -> tuple[Context, State]:
    """The hosts, and what is remembered of them; the answers lose what they say of logging in."""
    if given.world:
        with loading():
            from tui_installer import simulator  # for simulated hosts alone

        context = Context(simulator.here(given.world), simulator.dialer(given.world))
        return context, State(given.world / "state", given.world / "run")
    # nothing of this is needed for a simulated host
    from tui_installer.hosts.local import LocalHost
    from tui_installer.remote import prompt as by_terminal
    from tui_installer.remote import target

    if given.host:
        login = target.parse(given.host)
        section = {**answers.pop(target.SECTION, {}), **({"allow": given.allow} if given.allow else {})}
        folders = target.remembered(login, given.state)
        return target.reach(login, section, folders, by_terminal.mend(), given.take_over)
    if os.geteuid() != 0:
        return Context(LocalHost(), NoDialer()), _nothing_remembered()
    return this_host(target.FOLDER, target.RUN)


def this_host(folder: Path, run: Path) -> tuple[Context, State]:
    """The host that this runs on, for root, and what is remembered of it: lasting in one folder, until the next boot
    in the other."""
    # nothing of this is needed for a simulated host
    from tui_installer.hosts import system_log
    from tui_installer.hosts.local import LocalHost
    from tui_installer.hosts.local_jobs import running
    from tui_installer.hosts.ssh import SshDialer

    jobs = run / "jobs"
    local = LocalHost(jobs=jobs)
    dialer = SshDialer(local, str(run / "ssh"), local.converse)
    return Context(local, dialer, log=system_log.here), State(folder, run, running=lambda: running(jobs))


def _simulate(given: argparse.Namespace) -> None:
    """Make the simulated world that is asked for, if it is not there. Raises ValueError."""
    if not given.demo and not given.world:
        if given.fault:
            raise ValueError("--fault goes with --demo or --world")
        return
    # for simulated hosts alone
    import tempfile

    from tui_installer import simulator

    if given.demo and not (given.world and (given.world / "state.json").exists()):
        given.world = given.world or Path(tempfile.mkdtemp(prefix="tui-installer-demo-"))
        simulator.create(given.world, BEGUN.get(given.demo, given.demo))
    if given.fault:
        simulator.inflict(given.world, given.fault)


def _switch_on(given: argparse.Namespace) -> None:
    """A simulated host that was shut down runs again: whoever starts the program on it has it before him."""
    if given.world:
        # for simulated hosts alone
        from tui_installer import simulator

        simulator.switch_on(given.world)


def _command(engine: Engine, given: argparse.Namespace, doctor: Doctor | None) -> int:
    options = _same_hosts(given)
    if given.command in ("apply", "undo", "mend", "leave", "shutdown"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a dropped line must not stop it half-way
    match given.command:
        case "status":
            return _status(engine, given)
        case "plan":
            return looking.plan(engine, given.steps, given.json)
        case "sheet":
            return looking.hand_over(engine)
        case "undo":
            return cli.undo(engine, given.steps, options)
        case "leave":
            return cli.leave(engine, given.cluster, options)
        case "shutdown":
            return cli.shutdown(engine, given.name, options)
        case "mend":
            return cli.mend(engine, given.steps, options)
        case "confirm":
            return cli.confirm(engine)
        case "revert":
            return cli.revert(engine, given.attempt)
        case "apply" if given.plan:
            approved = child.read_plan(engine.state, given.plan)
            return cli.Exit.DONE if cli.perform(engine, approved, options) == "done" else cli.Exit.PROBLEM
        case "apply":
            return cli.apply(engine, given.steps, given.on_failure, options, given.json)
    doctor = examine(given.console, given.plain) if given.host else doctor
    return look_around(engine, _again(given), bool(given.world), doctor, _shell(engine, given))


def _nothing_remembered() -> State:
    """For somebody who is not root: what is remembered is root's, and no member is asked."""
    import tempfile  # seldom

    sys.stderr.write("not root: this tells what can be seen without it, and asks no member\n")
    folder = Path(tempfile.mkdtemp(prefix="tui-installer-look-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return State(folder / "state", folder / "run")


class NoDialer:
    """Asks nobody."""

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        return ()

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        """See `Dialer.connect`."""
        raise LoginError("unreachable", ("members are asked by root alone",))


def _status(engine: Engine, given: argparse.Namespace) -> int:
    if given.since_boot:
        from tui_installer.cli.since_boot import since_boot  # seldom

        return since_boot(engine)
    if given.check:
        return looking.check(engine)
    return looking.watch(engine, looking.EVERY, given.json) if given.watch else looking.status(engine, given.json)


def _shell(engine: Engine, given: argparse.Namespace) -> Callable[[str], object] | None:
    """What runs a shell on the host that is changed; None: it is not here."""
    from tui_installer.cli import shell  # by who needs it

    if given.host:
        return None
    return partial(shell.simulated, engine.here) if given.world else shell.shell


def _again(given: argparse.Namespace) -> list[str]:
    """The options that another process needs to change the same hosts."""
    return [*_same_hosts(given), *(["--take-over"] if given.take_over else [])]


def _same_hosts(given: argparse.Namespace) -> list[str]:
    """The options that another process needs for the same hosts."""
    paths = [word for name in ("world", "state") if (path := getattr(given, name)) for word in (f"--{name}", str(path))]
    return [*paths, *(["--host", given.host] if given.host else [])]
