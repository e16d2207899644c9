"""Where everything is put together: arguments, the hosts, the stack, and then the screen or a command."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tui_installer import __version__, child, cli
from tui_installer.answers import AnswersError, sections
from tui_installer.engine import Engine
from tui_installer.stack import NoSuchStack, NoSuchStep
from tui_installer.state import State
from tui_installer.step import Context
from tui_installer.text import printable

if TYPE_CHECKING:
    from screens.app import InstallerApp
    from screens.terminal.doctor import Doctor

BEGUN = {"etch": "etch-begun"}
"""Demos whose host is not fresh: somebody has tried the packages by hand, and met what the guide announces."""
DEMO = "corosync"
"""The simulated world that `--demo` shows if none is named."""
STACK = "stack"
"""The section of the answers in which a stack is asked for by its name; it is remembered until `--stack=auto`."""
AUTO = "auto"
"""The name that asks for the stack which the host's packages tell."""


COMMANDS = {
    "status": "say what is in place",
    "plan": "show what would be done",
    "apply": "do it",
    "undo": "take it back",
    "confirm": "keep a change that waits for a confirmation",
    "explain": "print the page of a problem's code",
}
"""What can be asked for, and the help on it."""


class NoPlace(Exception):
    """The program's own folders, or a simulated world, cannot be used; the text says which, and why."""


class Arguments(argparse.ArgumentParser):
    """Arguments whose errors end with the usage code."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave."""
        self.print_usage(sys.stderr)
        self.exit(cli.Exit.USAGE, f"{self.prog}: {printable(message)}\n")


def arguments(*, own: bool = False) -> Arguments:
    """What the command line accepts. `own`: also the program's own command, that nobody is told of."""
    parser = Arguments("tui-installer", description="Joins this host to a virtual-machine cluster on iSCSI storage.")
    parser.add_argument("--version", action="version", version=f"tui-installer {__version__}")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="answers in TOML, a section a step")
    parser.add_argument("--host", metavar="URL", help="drive another host from here: ssh://root@HOST[:PORT]")
    parser.add_argument(
        "--allow", action="append", default=[], metavar="NAME", help="an old algorithm for --host's ssh"
    )
    parser.add_argument("--take-over", action="store_true", help="take --host's lock from one who is gone for good")
    parser.add_argument("--plain", action="store_true", help="numbered lines instead of screens")
    parser.add_argument("--console", choices=("auto", "serial", "rich", "plain"), default="", help="how it is painted")
    parser.add_argument("--state", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--stack", metavar="NAME", default="", help="corosync, etch, lenny or squeeze; auto: by itself")
    parser.add_argument("--demo", metavar="WORLD", help="simulated hosts (corosync, etch, ...): changes nothing")
    parser.add_argument("--world", type=Path, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("--answers", type=Path, metavar="FILE", default=argparse.SUPPRESS)
        command.add_argument("--host", metavar="URL", default=argparse.SUPPRESS)
        command.add_argument("--allow", action="append", metavar="NAME", default=argparse.SUPPRESS)
        command.add_argument("--take-over", action="store_true", default=argparse.SUPPRESS)
        if name == "status":
            command.add_argument("--json", action="store_true", help="for programs")
        elif name == "explain":
            command.add_argument("codes", nargs="+", metavar="CODE", help="as in iscsi.chap-refused")
        elif name != "confirm":
            command.add_argument("steps", nargs="*", metavar="STEP", help="all if none are named")
        if name == "apply":
            command.add_argument("--plan", type=Path, metavar="FILE", help="an approved plan")
            command.add_argument("--on-failure", choices=("undo", "leave"), default="undo")
    if own:
        commands.add_parser("revert").add_argument("attempt")  # see `Engine.see_through`
    return parser


def _demo_named(words: Sequence[str]) -> Iterator[str]:
    """The words with a `--demo` and its world in one, so that argparse takes no command for a world."""
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--demo":
            bare = not left or left[0] in COMMANDS or left[0].startswith("-")
            word = f"--demo={DEMO if bare else left.pop(0)}"
        yield word


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code (see `cli.Exit`)."""
    words = list(_demo_named(sys.argv[1:] if argv is None else argv))
    parser = arguments(own="revert" in words)
    given = parser.parse_args(words)
    if given.command == "explain":
        return cli.explain(given.codes)
    try:
        answers = sections(given.answers) if given.answers else {}
    except AnswersError as error:
        parser.error(str(error))
    if given.demo and not given.world:
        try:
            given.world = _make_world(given.demo)
        except ValueError as error:
            parser.error(f"--demo: {error}")
    if given.world and given.host:
        parser.error("--host drives a real host: it does not go with --demo")
    if not given.world and not given.host and os.geteuid() != 0:
        parser.error("this changes the host: run it as root (or look around with --demo)")
    doctor = None if given.command or given.host else _examine(given)  # to reach --host, one may be asked a password
    try:
        with doctor or nullcontext():
            return _driven(given, answers) if given.host else _command(build(given, answers), given, doctor)
    except (AnswersError, NoSuchStep, NoSuchStack, NoPlace, child.NotAPlan) as error:
        parser.error(str(error))


def _driven(given: argparse.Namespace, answers: dict[str, dict[str, Any]]) -> int:
    """On the host that was named; why it can't be reached is told."""
    from tui_installer.target import Unreached

    try:
        return _command(build(given, answers), given, None)
    except Unreached as unreached:
        cli.say_problems((unreached.problem,))
        return cli.Exit.PROBLEM


def build(given: argparse.Namespace, answers: dict[str, dict[str, Any]]) -> Engine:
    """The engine for the host that was named, for this one, or for a simulated world.

    Raises `AnswersError`, `NoPlace`, `NoSuchStack`, `NoSuchStep`, `Unreached`.
    """
    try:
        return _built(given, answers)
    except OSError as error:
        if error.filename is None:
            raise
        raise NoPlace(f"{error.filename} cannot be used: {error.strerror}") from error


def _built(given: argparse.Namespace, answers: dict[str, dict[str, Any]]) -> Engine:
    with _loading():
        from tui_installer.steps import choose

    context, state = _hosts(given, answers)
    named = given.stack or str(answers.pop(STACK, {}).get("name", ""))
    wanted = named or str(state.answers().get(STACK, {}).get("name", ""))
    try:
        stack = choose(context.here, "" if wanted == AUTO else wanted)
    except NoSuchStack as error:
        raise NoSuchStack(f"{error}; by itself one is chosen with --stack={AUTO}") from error
    engine = Engine(stack, context, state, answers)
    if named:
        state.keep(STACK, {} if named == AUTO else {"name": named}, {})
    return engine


def _hosts(given: argparse.Namespace, answers: dict[str, dict[str, Any]]) -> tuple[Context, State]:
    """The hosts, and what is remembered of them; the answers lose what they say of logging in."""
    if given.world:
        with _loading():
            from tui_installer import simulator

        context = Context(simulator.here(given.world), simulator.dialer(given.world))
        return context, State(given.world / "state", given.world / "run")
    from tui_installer import by_terminal, target  # nothing of this is needed for a simulated host
    from tui_installer.local import LocalHost
    from tui_installer.ssh import SshDialer

    if given.host:
        login = target.parse(given.host)
        section = {**answers.pop(target.SECTION, {}), **({"allow": given.allow} if given.allow else {})}
        folders = target.remembered(login, given.state)
        return target.reach(login, section, folders, by_terminal.mend(), given.take_over)
    local = LocalHost()
    dialer = SshDialer(local, str(target.RUN / "ssh"), local.converse)
    return Context(local, dialer), State(target.FOLDER, target.RUN)


@contextmanager
def _loading() -> Iterator[None]:
    """What is loaded stays: to look for garbage meanwhile takes a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _make_world(scenario: str) -> Path:
    import tempfile

    from tui_installer import simulator

    folder = Path(tempfile.mkdtemp(prefix="tui-installer-demo-"))
    simulator.create(folder, BEGUN.get(scenario, scenario))
    return folder


def _command(engine: Engine, given: argparse.Namespace, doctor: Doctor | None) -> int:
    options = _same_hosts(given)
    if given.command in ("apply", "undo"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a dropped line must not stop it half-way
    match given.command:
        case "status":
            return cli.status(engine, given.json)
        case "plan":
            return cli.plan(engine, given.steps)
        case "undo":
            return cli.undo(engine, given.steps, options)
        case "confirm":
            return cli.confirm(engine)
        case "revert":
            return cli.revert(engine, given.attempt)
        case "apply" if given.plan:
            approved = child.read_plan(engine.state, given.plan)
            return cli.Exit.DONE if cli.perform(engine, approved, options) == "done" else cli.Exit.PROBLEM
        case "apply":
            return cli.apply(engine, given.steps, given.on_failure, options)
    return _look_around(engine, given, doctor or _examine(given))


def _look_around(engine: Engine, given: argparse.Namespace, doctor: Doctor | None) -> int:
    """The front end for somebody who sits at a terminal."""
    options, simulated = _again(given), bool(given.world)
    with doctor or nullcontext():
        if doctor is not None and (app := _screens(engine, options, simulated, doctor)):
            app.run()
            return app.return_code or 0
    from screens.plain.lines import TerminalLines
    from screens.plain.session import Session

    return Session(engine, TerminalLines(), child.start, options, simulated).run()


def _screens(engine: Engine, options: list[str], simulated: bool, doctor: Doctor) -> InstallerApp | None:
    """The screens on a terminal that was asked what it is; None: by its answer there is no room for them."""
    from screens.opening import opening
    from screens.terminal.doctor import has_room

    if size := doctor.line.size:
        doctor.greet(opening(engine.stack, simulated, *size))
    with _loading():
        from screens.app import InstallerApp  # which takes its time; meanwhile the terminal answers

    found = doctor.answer()
    if has_room(*found.size):
        return InstallerApp(engine, options, simulated, found=found)
    doctor.dismiss()
    return None


def _examine(given: argparse.Namespace) -> Doctor | None:
    """A first look at the terminal, and a first line on it; None: it is not fit for screens, or lines are wanted."""
    from screens.terminal import console, doctor
    from screens.words import bare

    choice = doctor.chosen(given.console, os.environ)
    if given.plain or choice == "plain" or not _may_have_room():
        return None
    try:
        looks = doctor.examine(console.streams(), os.environ, choice)
        with looks:
            if size := looks.line.size:
                looks.greet(bare(*size))
    except (LookupError, OSError):
        return None
    return looks


def _may_have_room() -> bool:
    """Whether there may be room for screens. A size of 0x0 is that of a serial line which nobody told it to."""
    from screens.terminal.doctor import has_room

    try:
        columns, lines = os.get_terminal_size(sys.__stdout__.fileno() if sys.__stdout__ else 1)
    except OSError:
        return False
    return not columns or not lines or has_room(columns, lines)


def _again(given: argparse.Namespace) -> list[str]:
    """The options that another process needs to change the same hosts."""
    return [*_same_hosts(given), *(["--take-over"] if given.take_over else [])]


def _same_hosts(given: argparse.Namespace) -> list[str]:
    """The options that another process needs for the same hosts."""
    paths = [word for name in ("world", "state") if (path := getattr(given, name)) for word in (f"--{name}", str(path))]
    return [*paths, *(["--host", given.host] if given.host else [])]


if __name__ == "__main__":
    sys.exit(main())
