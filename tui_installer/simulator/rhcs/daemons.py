"""Processes that stay: which run, their numbers, and starting and stopping them by start-stop-daemon and signals."""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import paths
from tui_installer.simulator.rhcs.programs import execute
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import World

STOPS: dict[str, Callable[[World, Machine], None]] = {}
"""What a daemon does at its end, beside ending; filled by the modules of the daemons."""
HUPS: dict[str, Callable[[World, Machine], None]] = {}
"""What a daemon does at SIGHUP."""
OURS = 2101
"""The process that asks."""


def runs(host: Machine, name: str) -> bool:
    """Whether a daemon runs."""
    return name in host.data["daemons"]


def begin(host: Machine, name: str) -> None:
    """A daemon runs from now on."""
    if not runs(host, name):
        host.data["daemons"] = sorted([*host.data["daemons"], name])
        host.data["pids"][name] = 2200 + crc32(name.encode()) % 7800  # always the same: a world can be compared
        host.put(f"/var/run/{name}.pid", f"{host.data['pids'][name]}\n")


def end(world: World, host: Machine, name: str) -> None:
    """A daemon ends."""
    if runs(host, name):
        STOPS.get(name, _nothing)(world, host)
        host.data["daemons"] = [each for each in host.data["daemons"] if each != name]
        host.data["pids"].pop(name, None)
        host.remove(f"/var/run/{name}.pid")


def _nothing(world: World, host: Machine) -> None:
    pass


VALUED = {"-x": "--exec", "-n": "--name", "-p": "--pidfile", "-s": "--signal", "-a": "--startas", "-R": "--retry",
          "-u": "--user", "-c": "--chuid", "-d": "--chdir", "-N": "--nicelevel"}  # fmt: skip
SWITCHES = {"-S": "--start", "-K": "--stop", "-q": "--quiet", "-o": "--oknodo", "-b": "--background",
            "-m": "--make-pidfile", "-t": "--test", "-v": "--verbose"}  # fmt: skip


def start_stop_daemon(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """start-stop-daemon --start|--stop with --exec or --name."""
    options, rest, wrong = _options(list(argv[1:]))
    if wrong:
        return 2, "", f"start-stop-daemon: unrecognized option `{wrong}'\n"
    program = options.get("--startas") or options.get("--exec", "")
    name = options.get("--name") or program.rsplit("/", 1)[-1]
    if not name or ("--start" in options) == ("--stop" in options):
        return 2, "", "start-stop-daemon: need one of --start or --stop and what it is about\n"
    if "--stop" in options:
        return _stop(world, host, name, options)
    if runs(host, name):
        said = "" if "--quiet" in options else f"{program} already running.\n"
        return (0 if "--oknodo" in options else 1), said, ""
    if not paths.executable(host, program):
        return 2, "", f"start-stop-daemon: stat {program}: No such file or directory (No such file or directory)\n"
    return execute(world, host, (program, *rest), b"", say)


def _stop(world: World, host: Machine, name: str, options: dict[str, str]) -> Answer:
    if not runs(host, name):
        said = "" if "--quiet" in options else f"No {name} found running; none killed.\n"
        return (0 if "--oknodo" in options else 1), said, ""
    signal(world, host, name, options.get("--signal", "15"))
    return 0, "", ""


def signal(world: World, host: Machine, name: str, number: str) -> None:
    """Send a signal by its number or name."""
    match number.removeprefix("SIG"):
        case "0":
            return
        case "1" | "HUP":
            HUPS.get(name, _nothing)(world, host)
        case _:
            end(world, host, name)


def _options(words: list[str]) -> tuple[dict[str, str], list[str], str]:
    options: dict[str, str] = {}
    while words:
        word = words.pop(0)
        if word == "--":
            return options, words, ""
        word, _, value = word.partition("=")
        word = VALUED.get(word, SWITCHES.get(word, word))
        if word in VALUED.values() and (value or words):
            options[word] = value or words.pop(0)
        elif word in SWITCHES.values():
            options[word] = "yes"
        else:
            return options, [], word
    return options, [], ""


def pidof(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """pidof [-s] [-x] NAME...: their numbers in one line, exit code 1 if there is none."""
    if any(word.startswith("-") and word not in ("-s", "-x") for word in argv[1:]):
        return 1, "", "pidof: invalid options on command line!\n"
    names = [word.rsplit("/", 1)[-1] for word in argv[1:] if not word.startswith("-")]
    found = [str(host.data["pids"][name]) for name in names if name in host.data["pids"]]
    return (0, " ".join(found) + "\n", "") if found else (1, "", "")


def ps(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ps ax|-e|-ef|aux, ps -C NAME, ps -p PID."""
    rows = sorted((pid, name) for name, pid in host.data["pids"].items())
    words = argv[1:]
    if words[:1] == ("-C",) and len(words) >= 2:
        rows = [row for row in rows if row[1] == words[1]]
    elif words[:1] == ("-p",) and len(words) >= 2:
        rows = [row for row in rows if str(row[0]) == words[1]]
    elif words not in (("ax",), ("-e",), ("-ef",), ("aux",), ("-A",)):
        return 1, "", "ERROR: Unsupported option (BSD syntax)\n"
    text = "  PID TTY          TIME CMD\n"
    text += "".join(
        f"{pid:>5} ?        00:00:00 {name}\n" for pid, name in [(1, "init")] * (words[:1] < ("-C",)) + rows
    )
    return (0 if rows or words[:1] not in (("-C",), ("-p",)) else 1), text, ""


def kill(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """kill [-SIGNAL] PID..."""
    words = list(argv[1:])
    number = words.pop(0)[1:] if words and words[0].startswith("-") else "15"
    err = ""
    for word in words:
        name = next((each for each, pid in host.data["pids"].items() if str(pid) == word), "")
        if name:
            signal(world, host, name, number)
        else:
            err += f"kill: ({word}) - No such process\n"
    return int(bool(err)), "", err
