"""The command line: what is accepted, and the help on it."""

from __future__ import annotations

import argparse
import contextlib
import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from tui_installer import __version__
from tui_installer.cli.exits import Exit
from tui_installer.model.text import printable

DEMO = "corosync"
"""The simulated world that `--demo` shows if none is named."""
COMMANDS = {
    "status": "say what is in place",
    "plan": "show what would be done",
    "apply": "do it",
    "undo": "take it back",
    "leave": "take this host out of the cluster, all of it in order",
    "shutdown": "shut this host down: guests, volumes, locks, membership and storage in order",
    "mend": "do what mends a step's last failure, where that is safe",
    "confirm": "keep a change that waits for a confirmation",
    "sheet": "print the hand-over sheet, and write it with the answers for the next host",
    "explain": "print the page of a problem's code",
}
"""What can be asked for, and the help on it."""
OWN = {"revert", "standing"}
"""What only the program itself and its package ask for."""


class Arguments(argparse.ArgumentParser):
    """Arguments whose errors are one line, with the word that was perhaps meant, and end with the usage code."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave."""
        text = "\n".join(map(printable, message.split("\n"))) + self._meant(message)
        self.exit(Exit.USAGE, f"tui-installer: {text} (tui-installer --help tells all)\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        """See `argparse`: an output that is gone makes no noise and changes no exit code (before Python 3.11.5)."""
        with contextlib.suppress(OSError):
            super()._print_message(message, file)

    def _meant(self, message: str) -> str:
        wrong = re.search(r"(?:unrecognized arguments: |invalid choice: ')([\w-]+)", message)
        words = [*COMMANDS, *KNOWN]
        near = difflib.get_close_matches(wrong[1], words, 1) if wrong else []
        return f"; perhaps {near[0]}" if near else ""


def parse(words: Sequence[str]) -> tuple[argparse.Namespace, Arguments]:
    """What the words ask for, and who says what is wrong with it. Raises `SystemExit` if they are not accepted."""
    words = list(_demo_named(words))
    accepts = accepted(own=bool(OWN & set(words)))
    for word in words:
        name = word.partition("=")[0]
        if name.startswith("--") and not any(known.startswith(name) for known in KNOWN):
            accepts.error(f"unrecognized arguments: {name}")
    return accepts.parse_args(words), accepts


def accepted(*, own: bool = False) -> Arguments:
    """The parser; `own`: also of the program's own command, that nobody is told of."""
    parser = Arguments("tui-installer", description="Joins this host to a virtual-machine cluster on iSCSI storage.")
    parser.add_argument("--version", action="version", version=f"tui-installer {__version__}")
    _options(parser, first=True)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text)
        _options(command, first=False)
        _own(command, name)
    if own:
        commands.add_parser("revert").add_argument("attempt")  # see `Engine.see_through`
        commands.add_parser("standing")  # see `remote.standing`
    return parser


OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--answers": {"type": Path, "metavar": "FILE", "help": "answers in TOML, a section a step"},
    "--host": {"metavar": "URL", "help": "drive another host from here: ssh://root@HOST[:PORT]"},
    "--allow": {"action": "append", "metavar": "NAME", "help": "an old algorithm for --host's ssh"},
    "--take-over": {"action": "store_true", "help": "take --host's lock from one who is gone for good"},
    "--plain": {"action": "store_true", "help": "numbered lines instead of screens"},
    "--console": {"choices": ("auto", "serial", "rich", "plain"), "help": "how it is painted"},
    "--state": {"type": Path, "help": argparse.SUPPRESS},
    "--stack": {"metavar": "NAME", "help": "the stack of that name (a wrong one names all); auto: by itself"},
    "--demo": {"metavar": "WORLD", "help": "simulated hosts (corosync, etch, large, ...): changes nothing"},
    "--world": {"type": Path, "metavar": "DIR", "help": "where the simulated hosts are kept"},
    "--fault": {"metavar": "NAME", "help": "let something go wrong there; none: nothing any more"},
}
"""What is accepted before a command and after it."""
KNOWN = (*OPTIONS, "--help", "--version", "--json", "--check", "--watch", "--since-boot", "--plan", "--on-failure")
"""Every option, of whatever command."""
EMPTY: Mapping[str, Any] = {"--allow": [], "--console": "", "--stack": "", "--take-over": False, "--plain": False}
"""What an option is that is not given; None, if it is not here."""


def _options(parser: Arguments, *, first: bool) -> None:
    """Accept the options; behind a command they are left out of its help, and out of the result if not given."""
    for name, about in OPTIONS.items():
        told = dict(about) if first or name in TOLD else {**about, "help": argparse.SUPPRESS}
        parser.add_argument(name, **told, default=EMPTY.get(name) if first else argparse.SUPPRESS)


TOLD = ("--answers", "--host", "--allow", "--take-over")
"""Options that the help on a command tells as well."""


def _own(command: Arguments, name: str) -> None:
    """What one command accepts alone."""
    if name in ("status", "plan", "apply"):
        command.add_argument("--json", action="store_true", help="for programs")
    if name == "status":
        command.add_argument("--check", action="store_true", help="one line for Nagios or Icinga, with its exit codes")
        command.add_argument("--since-boot", action="store_true", help="what this boot's check said, for programs")
        command.add_argument("--watch", action="store_true", help="say it again whenever it has changed")
    elif name == "explain":
        command.add_argument("codes", nargs="*", metavar="CODE", help="as in iscsi.chap-refused; none: lists them")
    elif name == "leave":
        command.add_argument("cluster", nargs="?", default="", help="its name; without it, what would be done")
    elif name == "shutdown":
        command.add_argument("name", nargs="?", default="", help="this host's; without it, what would be done")
    elif name not in ("confirm", "sheet"):
        command.add_argument("steps", nargs="*", metavar="STEP", help="all if none are named")
    if name == "apply":
        command.add_argument("--plan", type=Path, metavar="FILE", help="an approved plan")
        command.add_argument("--on-failure", choices=("undo", "leave"), default="undo")


def _demo_named(words: Sequence[str]) -> Iterator[str]:
    """The words with a `--demo` and its world in one, so that argparse takes no command for a world."""
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--demo":
            bare = not left or left[0] in COMMANDS or left[0].startswith("-")
            word = f"--demo={DEMO if bare else left.pop(0)}"
        yield word
