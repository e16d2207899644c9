"""`status` as a process of its own, its hosts in another one; and with a long journal."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench_scale.looks import FREE
from tests.bench_scale.worlds import FIRST, seen
from tui_installer import simulator
from tui_installer.engine.files import VERSION
from tui_installer.engine.journal import Journal


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a process."""

    seconds: float
    megabytes: float
    """The most that it had at once."""


@contextmanager
def _served(world: Path, stack: str) -> Iterator[None]:
    """The world is a process of its own, and seen from its first member."""
    with simulator.opened(world) as opened:
        opened.state["here"] = FIRST[stack]
    words = [sys.executable, "-m", "tui_installer.simulator", str(world)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            yield
        finally:
            server.terminate()


def status(world: Path, stack: str, rounds: int = 2) -> Cost:
    """The least of some rounds."""
    with _served(world, stack):
        costs = [_status(world) for _ in range(rounds)]
    return Cost(min(each.seconds for each in costs), min(each.megabytes for each in costs))


def beside(world: Path, stack: str, rounds: int = 3) -> float:
    """How many times as long a status takes as what it asks takes somebody in a shell, one after the other: each
    command, and each file; the least of some rounds of both."""
    mine = seen(world, stack)
    with mine.book.counting() as asked:
        mine.engine.status()
    questions = dict.fromkeys((kind, _words(what)) for host, kind, what in asked if host == "here" and kind not in FREE)
    by_hand, by_status = [], []
    with _served(world, stack):
        here = simulator.here(world)
        for _ in range(rounds):
            begun = time.monotonic()
            for kind, words in questions:
                getattr(here, kind)(*words)
            asked_all = time.monotonic()
            _status(world)
            by_hand.append(asked_all - begun)
            by_status.append(time.monotonic() - asked_all)
    return min(by_status) / min(by_hand)


def _words(what: Any) -> tuple[str, ...]:
    """What is given to the host's method: one word, several, or none."""
    return (what,) if what and isinstance(what, str) else tuple(what)


PROGRAM = """
import re, sys, time
from tui_installer.__main__ import main
main()
seen = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
sys.stderr.write(f"{time.process_time()} {seen[1]}\\n")
"""
"""The program, and what it has cost: what the kernel tells of a child counts this process too, from before exec."""


def _status(world: Path) -> Cost:
    words = [sys.executable, "-c", PROGRAM, f"--world={world}", "status", "--json"]
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    json.loads(said.stdout)
    seconds, kilobytes = said.stderr.splitlines()[-1].split()
    return Cost(float(seconds), int(kilobytes) / 1024)


CHANGE = {"run": {"title": "Log in", "host": "here", "argv": ["iscsiadm", "-m", "node", "--login"], "within": 60}}


def journal(entries: int) -> Iterator[str]:
    """Attempts of twenty changes, each with four lines of output, as joins and their undoing leave them."""
    for number in range(entries // 122 + 1):
        before = [f"{number - 1:08x}:{index}" for index in reversed(range(20))] if number % 2 else []
        about = {"step": "iscsi", "action": "undo" if before else "apply", "changes": [CHANGE] * 20, "of": before}
        yield _entry("start", number, **about, loaded=["ext4"], pid=1, born="1")
        for index in range(20):
            yield _entry("begun", number, index=index, title="Log in", made=[])
            for line in range(4):
                text = f"Login to [iface: default, target: iqn.2024-01.lab.san:{index}] {line} successful."
                yield _entry("said", number, text=text)
            yield _entry("done", number, index=index)
        yield _entry("end", number, outcome="done", left=[])


def _entry(kind: str, number: int, **data: object) -> str:
    """As `Journal.add` writes it."""
    at = "2026-11-29T12:00:00.000+00:00"
    return json.dumps({"version": VERSION, "kind": kind, "attempt": f"{number:08x}", "at": at, **data})


def with_journal(world: Path, stack: str, entries: int, rounds: int = 9) -> float:
    """How many times as long a status takes with a journal of so many entries as with none; in turns."""
    path = world / "state" / "journal.jsonl"
    kept = path.read_bytes() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in journal(entries)))
    path.chmod(0o600)
    last = Journal(path)
    last.end(last.start("iscsi", "apply", [], [], []), "done", [])  # what an apply leaves beside a long journal
    own, aside = (path, path.with_name("journal.told")), world / "long-journal"
    aside.mkdir()
    costs: tuple[list[float], list[float]] = [], []
    with _served(world, stack):
        for _ in range(rounds):
            costs[0].append(_status(world).seconds)
            for each in own:
                each.rename(aside / each.name)
            costs[1].append(_status(world).seconds)
            for each in own:
                (aside / each.name).replace(each)
    for each in own:
        each.unlink()
    if kept is not None:
        path.write_bytes(kept)
    return min(costs[0]) / min(costs[1])
