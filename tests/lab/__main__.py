"""`python -m tests.lab`: the laboratory by hand."""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing import Pool
from typing import TextIO

from tests.lab import check, scenario
from tests.lab.attach import attach
from tests.lab.errors import LabError
from tests.lab.golden import golden_clones
from tests.lab.joins.stories import TOLD, every, tell
from tests.lab.lab import Lab
from tests.lab.rig import Rig, running

Command = Callable[[str, object, str], argparse.ArgumentParser]
"""Adds a command: its name, what runs it, what it does."""


def main(argv: list[str]) -> int:
    """Run one command; returns its exit code."""
    words = _parser().parse_args(argv)
    _end_in_order()
    try:
        return int(words.run(words) or 0)
    except LabError as error:
        _say("\n".join(["lab: " + str(error), *getattr(error, "__notes__", [])]), sys.stderr)
        return 1


def _end_in_order() -> None:
    """Take SIGTERM as an exception: the hosts that were started are ended on the way out."""
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run, verb=name)
        return sub

    _of_scenarios(command)
    _of_a_running_one(command)
    return parser


def _of_scenarios(command: Command) -> None:
    for name, run, text in (
        ("build", _build, "make images and golden clones of scenarios, if the cache has none"),
        ("check", _check, "prove that scenarios come up as they should"),
    ):
        command(name, run, text).add_argument("scenarios", nargs="*", default=scenario.names(), metavar="SCENARIO")
    what = "the join, in screens, in lines or from another host; all of a member's life; what fails, or is not kept"
    test = command("test", _test, "join the fresh host of scenarios and see that it is so")
    test.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="names or files")
    test.add_argument("--all", action="store_true", help="every scenario that comes with the laboratory, to its end")
    test.add_argument("--what", choices=sorted(TOLD), default="join", help=what)
    test.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="so many laboratories side by side; one core each"
    )
    up = command("up", _up, "start a laboratory and leave it running")
    up.add_argument("scenario", metavar="SCENARIO")
    up.add_argument("--name", help="name of this run, where two of one scenario shall run at once")


def _of_a_running_one(command: Command) -> None:
    for name, run, text in (
        ("down", _down, "end a laboratory"),
        ("status", _status, "what runs"),
        ("attach", _attach, "connect this terminal to a host's serial console (Ctrl-] leaves)"),
        ("sh", _sh, "run a command on a host, over its control line"),
        ("on", _power, "switch a host on"),
        ("cut", _power, "take a host's power away"),
    ):
        sub = command(name, run, text)
        sub.add_argument("--lab", help="name of the running laboratory, where there are several")
        if name in ("sh", "on", "cut"):
            sub.add_argument("host", metavar="HOST")
        if name == "attach":
            sub.add_argument("host", nargs="?", default="fresh", metavar="HOST")
        if name == "sh":
            sub.add_argument("command", metavar="CMD")
            sub.add_argument("--timeout", type=float, default=60, help="seconds")


def _build(words: argparse.Namespace) -> None:
    for name in words.scenarios:
        _say(str(golden_clones(scenario.load(name))))


def _check(words: argparse.Namespace) -> int:
    return sum(check.check(name, _say) for name in words.scenarios)


def _test(words: argparse.Namespace) -> int:
    chosen = every() if words.all else [(words.what, name) for name in words.scenarios]
    with Pool(words.jobs, _end_in_order) as pool:
        failed = sum(pool.starmap(tell, chosen, chunksize=1))
    _say(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _up(words: argparse.Namespace) -> None:
    start = time.monotonic()
    lab = Lab(words.scenario, words.name)
    lab.up()
    _say(f"{lab.name} is up after {time.monotonic() - start:.0f} s: {', '.join(lab.hosts)}")
    _say("python -m tests.lab attach         the serial console of fresh (root, password root)")
    _say("python -m tests.lab sh HOST CMD    a command on a host")
    _say("python -m tests.lab down           the end of it")


def _down(words: argparse.Namespace) -> None:
    _chosen(words).stop()


def _status(words: argparse.Namespace) -> int:
    rigs = [rig for rig in running() if words.lab in (None, rig.name)]
    for rig in rigs:
        states = [f"{name} {'on' if host.running else 'off'}" for name, host in rig.hosts.items()]
        _say(f"{rig.name}: {', '.join(states)}; files in {rig.run}")
    return 0 if rigs else 1


def _attach(words: argparse.Namespace) -> None:
    attach(_chosen(words).run / words.host / "console.sock")


def _sh(words: argparse.Namespace) -> int:
    code, out = _chosen(words)[words.host].sh(words.command, words.timeout)
    sys.stdout.write(out)
    return code


def _power(words: argparse.Namespace) -> None:
    host = _chosen(words)[words.host]
    (host.on if words.verb == "on" else host.cut)()


def _chosen(words: argparse.Namespace) -> Rig:
    rigs = [rig for rig in running() if words.lab in (None, rig.name)]
    if len(rigs) != 1:
        names = ", ".join(rig.name for rig in rigs) or "none"
        raise LabError(f"which laboratory? running: {names} (--lab NAME)")
    return rigs[0]


def _say(text: str, where: TextIO | None = None) -> None:
    where = where or sys.stdout
    where.write(text + "\n")
    where.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
