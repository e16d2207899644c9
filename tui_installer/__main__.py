"""Where everything is put together: arguments, the hosts, the stack, and then the screen or a command."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from tui_installer import __version__, child, cli
from tui_installer.answers import AnswersError
from tui_installer.engine import Engine
from tui_installer.local import LocalHost
from tui_installer.stack import NoSuchStep
from tui_installer.state import State
from tui_installer.step import Context

FOLDER, RUN = Path("/var/lib/tui-installer"), Path("/run/tui-installer")
"""Where a real host keeps our state; `State` says what is in them."""


class Arguments(argparse.ArgumentParser):
    """Arguments whose errors end with the usage code."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave."""
        self.print_usage(sys.stderr)
        self.exit(cli.Exit.USAGE, f"{self.prog}: {message}\n")


def arguments() -> Arguments:
    """What the command line accepts."""
    parser = Arguments("tui-installer", description="Joins this host to a virtual-machine cluster on iSCSI storage.")
    parser.add_argument("--version", action="version", version=f"tui-installer {__version__}")
    parser.add_argument("--answers", type=Path, metavar="FILE", help="answers in TOML, a section a step")
    parser.add_argument("--demo", nargs="?", const="corosync", metavar="WORLD", help="simulated hosts: changes nothing")
    parser.add_argument("--world", type=Path, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, text in (
        ("status", "say what is in place"),
        ("plan", "show what would be done"),
        ("apply", "do it"),
        ("undo", "take it back"),
        ("confirm", "keep a change that waits for a confirmation"),
        ("explain", "print the page of a problem's code"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--answers", type=Path, metavar="FILE", default=argparse.SUPPRESS)
        if name == "status":
            command.add_argument("--json", action="store_true", help="for programs")
        elif name == "explain":
            command.add_argument("codes", nargs="+", metavar="CODE", help="as in iscsi.chap-refused")
        elif name != "confirm":
            command.add_argument("steps", nargs="*", metavar="STEP", help="all if none are named")
        if name == "apply":
            command.add_argument("--plan", type=Path, metavar="FILE", help="an approved plan")
            command.add_argument("--on-failure", choices=("undo", "leave"), default="undo")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code (see `cli.Exit`)."""
    parser = arguments()
    given = parser.parse_args(argv)
    if given.command == "explain":
        return cli.explain(given.codes)
    try:
        answers = tomllib.loads(given.answers.read_text("utf-8")) if given.answers else {}
    except (OSError, ValueError) as error:
        parser.error(f"{given.answers}: {error}")
    if given.demo and not given.world:
        given.world = _make_world(given.demo)
    if not given.world and os.geteuid() != 0:
        parser.error("this changes the host: run it as root (or look around with --demo)")
    try:
        return _command(build(given.world, answers), given)
    except (AnswersError, NoSuchStep) as error:
        parser.error(str(error))


def build(world: Path | None, answers: Mapping[str, Mapping[str, Any]]) -> Engine:
    """The engine for this host, or for a simulated world."""
    from tui_installer.steps import COROSYNC

    if world is not None:
        from tui_installer import simulator

        context = Context(simulator.here(world), simulator.dialer(world))
        return Engine(COROSYNC, context, State(world / "state", world / "run"), answers)
    from tui_installer.ssh import SshDialer

    local = LocalHost()
    context = Context(local, SshDialer(local, str(RUN / "ssh"), local.converse))
    return Engine(COROSYNC, context, State(FOLDER, RUN), answers)


def _make_world(scenario: str) -> Path:
    from tui_installer import simulator

    folder = Path(tempfile.mkdtemp(prefix="tui-installer-demo-"))
    simulator.create(folder, scenario)
    return folder


def _command(engine: Engine, given: argparse.Namespace) -> int:
    if given.command in ("apply", "undo"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a dropped line must not stop it half-way
    match given.command:
        case "status":
            return cli.status(engine, given.json)
        case "plan":
            return cli.plan(engine, given.steps)
        case "undo":
            return cli.undo(engine, given.steps)
        case "confirm":
            return cli.confirm(engine)
        case "apply" if given.plan:
            approved = child.read_plan(engine.state, given.plan)
            return cli.Exit.DONE if cli.perform(engine, approved) == "done" else cli.Exit.PROBLEM
        case "apply":
            return cli.apply(engine, given.steps, given.on_failure)
    from screens.app import InstallerApp

    options = ["--world", str(given.world)] if given.world else []
    return InstallerApp(engine, options, simulated=bool(given.world)).run() or 0


if __name__ == "__main__":
    sys.exit(main())
