"""The command line: what is accepted, and the help on it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn

from tui_installer import __version__
from tui_installer.cli import commands as cli
from tui_installer.model.text import printable

DEMO = "corosync"
"""The simulated world that `--demo` shows if none is named."""
COMMANDS = {
    "status": "say what is in place",
    "plan": "show what would be done",
    "apply": "do it",
    "undo": "take it back",
    "mend": "do what mends a step's last failure, where that is safe",
    "confirm": "keep a change that waits for a confirmation",
    "explain": "print the page of a problem's code",
}
"""What can be asked for, and the help on it."""
OWN = {"revert", "standing"}
"""What only the program itself and its package ask for."""


class Arguments(argparse.ArgumentParser):
    """Arguments whose errors end with the usage code."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave."""
        self.print_usage(sys.stderr)
        self.exit(cli.Exit.USAGE, f"{self.prog}: {printable(message)}\n")


def parse(words: Sequence[str]) -> tuple[argparse.Namespace, Arguments]:
    """What the words ask for, and who says what is wrong with it. Raises `SystemExit` if they are not accepted."""
    words = list(_demo_named(words))
    accepts = accepted(own=bool(OWN & set(words)))
    return accepts.parse_args(words), accepts


def accepted(*, own: bool = False) -> Arguments:
    """The parser; `own`: also of the program's own command, that nobody is told of."""
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
    parser.add_argument("--world", type=Path, metavar="DIR", help="where the simulated hosts are kept")
    parser.add_argument("--fault", metavar="NAME", help="let something go wrong there; none: nothing any more")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("--answers", type=Path, metavar="FILE", default=argparse.SUPPRESS)
        command.add_argument("--host", metavar="URL", default=argparse.SUPPRESS)
        command.add_argument("--allow", action="append", metavar="NAME", default=argparse.SUPPRESS)
        command.add_argument("--take-over", action="store_true", default=argparse.SUPPRESS)
        if name == "status":
            command.add_argument("--json", action="store_true", help="for programs")
            command.add_argument("--since-boot", action="store_true", help="what this boot's check said, for programs")
        elif name == "explain":
            command.add_argument("codes", nargs="+", metavar="CODE", help="as in iscsi.chap-refused")
        elif name != "confirm":
            command.add_argument("steps", nargs="*", metavar="STEP", help="all if none are named")
        if name == "apply":
            command.add_argument("--plan", type=Path, metavar="FILE", help="an approved plan")
            command.add_argument("--on-failure", choices=("undo", "leave"), default="undo")
    if own:
        commands.add_parser("revert").add_argument("attempt")  # see `Engine.see_through`
        commands.add_parser("standing")  # see `remote.standing`
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
