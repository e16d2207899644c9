"""`make bench-serial`: the scripted join on a terminal of 80x24, beside ncurses with the same pictures."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator, Sequence
from fcntl import ioctl
from itertools import groupby
from pathlib import Path

from screens.terminal.cells import BLANK, VISIBLE, Cell, Frame, Row
from screens.terminal.reduction import look
from tests.bench_serial import blocked, client, cold, latency
from tests.bench_serial.flood import KEYS, READ
from tests.bench_serial.play import IDLE, Picture, Player, join
from tests.bench_serial.wanted import missed
from tests.screens.terminal.emulator import TERMS, Terminal, known
from tests.screens.terminal.program import Program
from tui_installer import simulator

PICTURES = Path(__file__).with_name("pictures")
SCROLLED = 16
"""Pictures of a log that scrolls."""
BUILD = Path(__file__).parents[2] / "build"
OWN = re.compile(rb"\x1b(?:\[\??[0-9;]*[A-DHJKPXbhlmr]|[M78=>]|[()][0B])")
"""What may be sent: sequences of a VT100 or VT220, and REP where terminfo has it."""
KINDS = ("first paint", "screen", "cursor key", "typed", "log", "other")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def play(term: str, folder: Path) -> Player:
    """The join on such a terminal."""
    world = folder / "world"
    simulator.create(world, "corosync")
    player = Player(world, folder / "record", term, look(known(term), utf8=False))
    join(player)
    strange = OWN.sub(b"", player.program.sent)
    assert strange.isascii() and b"\x1b" not in strange, strange[strange.find(b"\x1b") :][:20]
    return player


def runs(frame: Frame) -> Iterator[tuple[int, int, str, int | None, int | None, int]]:
    """A frame as curses is told it: row, column, text and style of what is not blank."""
    for y, row in enumerate(frame):
        for style, cells in groupby(enumerate(eased(row)), key=lambda each: each[1].style):
            part = list(cells)
            text = "".join(cell.text for _, cell in part)
            if text.strip() or style != BLANK.style:
                yield (y, part[0][0], text.rstrip() if style == BLANK.style else text, *style)


def eased(row: Row) -> Row:
    """The row with blanks in the style of the words around them, where that looks the same: so an app would say it."""
    cells = list(row)
    for x, each in enumerate(row):
        if each == BLANK and x and cells[x - 1].style != BLANK.style and not cells[x - 1].style.flags & VISIBLE:
            after = next((cell for cell in row[x:] if cell != BLANK), BLANK)
            cells[x] = Cell(" ", after.style) if after.style == cells[x - 1].style else each
    return tuple(cells)


def curses_bytes(term: str, frames: Sequence[Frame], folder: Path) -> list[int]:
    """The bytes that ncurses takes for each of these pictures, one after the other."""
    path = folder / "pictures.json"
    path.write_text(json.dumps([list(runs(frame)) for frame in frames]))
    line, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    painter = subprocess.Popen(
        [sys.executable, "-m", "tests.bench_serial.ncurses", str(path), str(slave)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[slave], bufsize=0,
        env={**os.environ, "TERM": term, "NCURSES_NO_PADDING": "1"},
    )  # fmt: skip
    assert painter.stdin and painter.stdout
    terminal, counts = Terminal(known(term)), []
    for number, frame in enumerate(frames):
        painter.stdin.write(b"\n")
        counts.append(_until_done(line, painter.stdout.fileno(), terminal))
        assert terminal.frame() == frame, f"ncurses paints picture {number} otherwise"
    painter.stdin.write(b"\n")
    painter.wait()
    os.close(line)
    os.close(slave)
    return counts


def _until_done(line: int, answers: int, terminal: Terminal) -> int:
    count, done = 0, False
    while True:
        ready = select.select([line] if done else [line, answers], [], [], 0.02 if done else 30)[0]
        if line in ready:
            data = os.read(line, 65536)
            count += len(data)
            terminal.feed(data.decode("latin-1"))
        elif answers in ready:
            done = os.read(answers, 1) == b"."
            assert done
        elif done:
            return count


def table(term: str, pictures: Sequence[Picture], theirs: Sequence[int]) -> None:
    """Print what came of it."""
    say(f"\nTERM={term}: {len(pictures)} pictures")
    say(f"  {'':<12} {'pictures':>8} {'ours':>8} {'curses':>8} {'ratio':>6} {'worst':>6} {'stock':>9}")
    for kind in KINDS:
        chosen = [(one, their) for one, their in zip(pictures, theirs, strict=True) if one.kind == kind]
        if chosen:
            _row(kind, chosen)
    _row("whole run", list(zip(pictures, theirs, strict=True)))
    logs = sum(one.count for one in pictures if one.kind == "log")
    say(f"  log lines: {logs / sum(one.count for one in pictures):.0%} of the bytes")
    odd = [one.label for one in pictures if not one.agrees]
    say(f"  pictures as the stock driver's: {len(pictures) - len(odd)} of {len(pictures)} {odd[:5]}")


def _row(name: str, chosen: Sequence[tuple[Picture, int]]) -> None:
    ours, theirs = sum(one.count for one, _ in chosen), sum(their for _, their in chosen)
    worst = max(one.count / max(1, their) for one, their in chosen)
    stock = sum(one.stock for one, _ in chosen)
    most = max(one.count for one, _ in chosen)
    ratio = ours / max(1, theirs)
    say(f"  {name:<12} {len(chosen):>8} {ours:>8} {theirs:>8} {ratio:>6.2f} {worst:>6.2f} {stock:>9}  most {most}")


def dump(term: str, pictures: Sequence[Picture], theirs: Sequence[int], seen: set[str]) -> None:
    """Write the pictures down, to be read; of those `seen` on another terminal before, the heading alone."""
    parts = []
    for number, (one, their) in enumerate(zip(pictures, theirs, strict=True), 1):
        head = f"--- {number}: {one.kind}, {one.label}: {one.count} bytes, ncurses {their}, stock {one.stock}"
        text = "\n".join(one.text)
        named = re.sub(rf" +{term}, ASCII, .*", "", text)
        parts.append(f"{head} (as before)" if named in seen else f"{head}\n{text}")
        seen.add(named)
    PICTURES.mkdir(exist_ok=True)
    (BUILD / f"serial-{term}.json").write_text(json.dumps([(one.kind, one.frame) for one in pictures]))
    (PICTURES / f"{term}.txt").write_text("\n".join(parts) + "\n")


def log_lines(term: str, folder: Path) -> tuple[float, str]:
    """What one line of a log takes, once it scrolls (they come one by one): the ratio, and the words."""
    program = Program([sys.executable, "-m", "tests.bench_serial.flood", str(folder), "60", "1.5"], term)
    for keys, words in KEYS:
        program.settle(READ)
        program.press(keys)
        program.see(words)
    program.see("-- the last lines")
    frames: list[Frame] = []
    counts: list[int] = []
    while len(frames) < SCROLLED:
        if count := program.settle(0.15):
            frames.append(program.terminal.frame())
            counts.append(count)
    os.kill(program.pid, signal.SIGKILL)
    theirs = curses_bytes(term, frames, folder)
    ours, their = sum(counts[1:]), sum(theirs[1:])
    lines = len(frames) - 1
    return (
        ours / their,
        f"  one log line: ours {ours / lines:.0f} bytes, curses {their / lines:.0f}: {ours / their:.2f}",
    )


def main(terms: Sequence[str]) -> int:
    """Bytes for all of these terminals, then times; returns 1 if any bytes are not as wanted."""
    seen: set[str] = set()
    short = 0
    for term in terms or TERMS:
        with tempfile.TemporaryDirectory() as folder:
            player = play(term, Path(folder))
            pictures = player.pictures
            theirs = curses_bytes(term, [one.frame for one in pictures], Path(folder))
            line, words = log_lines(term, Path(folder))
        table(term, pictures, theirs)
        say(f"{words}\n  idle: {player.idle} bytes in {IDLE} s")
        for each in missed(pictures, theirs, line, player.idle):
            say(f"  NOT AS WANTED: {each}")
            short = 1
        if term == "vt220":
            say(client.report(pictures, player.program.sent))
        dump(term, pictures, theirs, seen)
    for words in (*latency.report(), *blocked.report(), *cold.report()):
        say(words)
    return short


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
