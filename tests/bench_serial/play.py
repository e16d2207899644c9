"""The scripted join: an operator who visits every screen. Each picture that settles is kept, with the bytes it took."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from screens.installer import REST as TOLD
from screens.terminal.cells import Frame
from screens.terminal.motion import Place
from screens.terminal.reduction import Reduction, Rendition
from tests.screens.terminal.emulator import Terminal, known
from tests.screens.terminal.program import Program
from tests.world import CHAP, PASSWORD, PEER

UP, DOWN, RIGHT, LEFT, HOME, END = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F"
SETTLED = re.compile(r"^Step \d+ of \d+: .* - (in place|to do|PROBLEM|unknown|answers refused)(?: |$)", re.MULTILINE)
ENDED = re.compile(r" - (in place|NOT IN PLACE|taken back)(?: |$)", re.MULTILINE)
LOOKED = re.compile(r"Next: |In the way: |(?:Everything is|All) in place")
LIVE = re.compile(r"Apply: (Multipath|Cluster membership) - in place")
"""The logs of steps that have something live to look at."""
LOG = re.compile(r"((?:Apply|Take back): .*) - ")
ROW = r">(\[[ x]\]|\([ *]\)) "
"""The current row of a list to tick from."""
QUIET = 0.12
"""Seconds without a byte after which a picture has settled, if it is not known to be whole."""
EFFECT = 1.0
"""Seconds in which a key has an effect, if it has one, on a machine that has other things to do as well."""
REST = 0.6
"""Seconds in which the status says more of the row that somebody rests on."""
LAST = 0.4
"""Seconds after which nothing more comes of what was waited for."""
LATE = 3
"""Times that a picture which is not what was meant may settle once more: it was looked at between two writes."""
IDLE = 3
"""Seconds without a key in which nothing may come."""
LIMIT = 40
"""Seconds after which a picture that does not come is an error."""


@dataclass(frozen=True)
class Picture:
    """What the terminal showed when nothing more came."""

    kind: str
    """What brought it about: "first paint", "screen", "cursor key", "typed", "log", "other"."""
    label: str
    count: int
    """The bytes that made it of the one before."""
    stock: int
    """The bytes that Textual's own driver takes for it."""
    frame: Frame
    text: tuple[str, ...]
    agrees: bool
    """Whether it is, cell by cell, what Textual's own driver shows, reduced by the table."""


class Twin:
    """What a rich terminal shows behind Textual's own driver, from the record of what it was given."""

    def __init__(self, record: Path, look: Rendition) -> None:
        self._record = record
        self._at = 0
        self._terminal = Terminal(known("xterm"), utf8=True)
        self._reduction = Reduction(look)
        self._caret: Place | None = None
        self.count = 0
        self.passed: list[Frame] = []
        """The pictures that were complete since one was kept, reduced; the last one is what it shows now."""

    def catch_up(self) -> Frame:
        """What it shows now, reduced: the last picture that was complete."""
        with self._record.open("rb") as file:
            file.seek(self._at)
            new = file.read()
        whole = new.rfind(b'{"caret"')
        end = new.find(b"\n", whole) + 1 if whole >= 0 else 0
        self._at += end
        for line in new[:end].splitlines():
            self._take(json.loads(line))
        if not self.passed:
            self._complete()
        return self.passed[-1]

    def kept(self, frame: Frame) -> None:
        """This picture was kept: what was complete before it is past."""
        if frame in self.passed:
            del self.passed[: self.passed.index(frame)]

    def _complete(self) -> None:
        self.passed.append(self._reduction.frame(self._terminal.frame(), self._caret))

    def _take(self, entry: dict[str, object]) -> None:
        if "write" in entry:
            data = str(entry["write"]).replace("\n", "\r\n")
            self.count += len(data.encode())
            self._terminal.feed(data)
        else:
            caret = entry["caret"]
            self._caret = Place(*caret) if isinstance(caret, list) else None
            self._complete()


class Player:
    """Plays, and keeps the pictures."""

    def __init__(self, world: Path, record: Path, term: str, look: Rendition) -> None:
        argv = [sys.executable, "-m", "tests.bench_serial.app", str(world), str(record)]
        self.program = Program(argv, term)
        self.pictures: list[Picture] = []
        self.typed: set[str] = set()
        """The fields that were filled in."""
        self.idle = 0
        """Bytes that came in `IDLE` seconds without a key."""
        self._twin = Twin(record, look)
        self._stock = 0
        self._pressed = 0.0
        self._stacks = record.with_suffix(".stacks")

    @property
    def text(self) -> str:
        """The screen."""
        return "\n".join(line.rstrip() for line in self.program.terminal.text)

    def press(self, keys: str, kind: str = "screen", wanted: str | re.Pattern[str] = "", label: str = "") -> None:
        """Press keys and keep the picture that comes of it; with `wanted`, all pictures until it is on the screen."""
        self.program.press(keys)
        self._pressed = time.monotonic()
        self.wait(wanted, kind, label or repr(keys), EFFECT)

    def wait(self, wanted: str | re.Pattern[str], kind: str, label: str, first: float = QUIET) -> None:
        """Keep pictures until that is on the screen; `first`: seconds in which the first byte comes, if any does."""
        until = time.monotonic() + LIMIT
        came = self._settle(kind, label, first)
        while True:
            if not self.text.strip() or not re.search(wanted, self.text):
                if self.program.ended or time.monotonic() > until:
                    raise TimeoutError(f"{wanted} after {label}:\n{self.text}\n{self._explained()}")
                came = self._settle(kind, label, QUIET)
            elif wanted and came:
                came = self._settle(kind, label, LAST)
            else:
                return

    def _settle(self, kind: str, label: str, first: float) -> int:
        """Keep what comes until nothing more does, picture by picture; how many bytes that were."""
        count = came = self.program.take(first)
        every = came
        while came:
            if kind == "cursor key" and time.monotonic() - self._pressed > TOLD:
                kind, label = "screen", "details"
            if self._whole():
                self._keep(kind, label, count, whole=True)
                count = 0
            came = self.program.take(QUIET)
            count, every = count + came, every + came
        if count or (every and self.program.terminal.frame() != self._twin.catch_up()):
            self._keep(kind, label, count)
        return every

    def _whole(self) -> bool:
        """Whether the terminal shows all of a picture that was meant: it need not rest there to be one."""
        frame = self.program.terminal.frame()
        self._twin.catch_up()
        return frame in self._twin.passed and not (self.pictures and frame == self.pictures[-1].frame)

    def _explained(self) -> str:
        """What the program waits for."""
        if self.program.ended:
            return ""
        os.kill(self.program.pid, signal.SIGUSR1)
        self.program.settle(1)
        return self._stacks.read_text()

    def rest(self) -> None:
        """Do nothing, until what is told of the current row of a list is there."""
        self._settle("screen", "details", REST)

    def _keep(self, kind: str, label: str, count: int, *, whole: bool = False) -> None:
        if self.program.ended:
            return
        frame, meant = self.program.terminal.frame(), self._twin.catch_up()
        for _ in range(LATE):
            if whole or frame == meant:
                break
            count += self.program.settle(QUIET)
            frame, meant = self.program.terminal.frame(), self._twin.catch_up()
        if self.pictures and frame == self.pictures[-1].frame:
            last = self.pictures.pop()
            kind, label, count = last.kind, last.label, last.count + count
            stock = last.stock + self._twin.count - self._stock
        else:
            stock = self._twin.count - self._stock
        self._stock = self._twin.count
        text = tuple(line.rstrip() for line in self.program.terminal.text)
        if self.pictures and log_of(text) and log_of(text) == log_of(self.pictures[-1].text):
            kind = "log"
        self.pictures.append(Picture(kind, label, count, stock, frame, text, whole or frame == meant))
        self._twin.kept(frame)


def log_of(text: Sequence[str]) -> str:
    """What is applied or taken back, if that is the screen of its log; empty: it is another screen."""
    found = LOG.match(text[0])
    return found[1] if found else ""


def join(player: Player) -> None:
    """From the first screen to a member of the cluster and back, by every screen there is."""
    player.wait(LOOKED, "first paint", "start")
    around(player)
    player.rest()
    player.press(HOME, "cursor key")
    player.press("\r", "screen", SETTLED)
    while not re.search("(?:Everything is|All) in place", player.text):
        into_place(player)
        visit(player)
        player.rest()
        player.press("\r", "screen", rf"(?m:{SETTLED.pattern})|(?:Everything is|All) in place")
    take_back(player)
    player.idle = player.program.settle(IDLE)
    player.program.press("\x03")
    player.program.end()


def around(player: Player) -> None:
    """Down and up the list of steps, and the help."""
    for key in (DOWN,) * 7 + (UP,) * 3:
        player.press(key, "cursor key")
        player.rest()
    player.press("?", "screen", "Help")
    player.press(" ", "screen")
    player.press("\x1b", "screen", LOOKED)
    player.press("c", "screen", "The terminal: ")
    player.press("\x1b", "screen", LOOKED)


def visit(player: Player) -> None:
    """Look at the other sections of a step that is in place: from its log, by the way of home."""
    if not re.search(r"^Step", player.text, re.MULTILINE):
        if not LIVE.match(player.text):
            return
        player.press("\x1b", "screen", LOOKED)
        player.press(UP, "cursor key")  # the step that is next has the mark
        player.press("\r", "screen", SETTLED)
    for key, mark in (("f", "Facts"), ("p", "Plan"), ("l", "Live"), ("f", "Facts")):
        if f"[ {mark} ]" in player.text:
            player.press(key, "screen", re.escape(f"[*{mark}*]"))


def into_place(player: Player) -> None:
    """Answer what a step asks, and apply it."""
    player.typed.clear()
    for _ in range(6):
        if ENDED.search(player.text):
            return
        if "[*Form*]" in player.text:
            fill_in(player)
        else:
            visit_plan(player)
            if ANSWERS in player.text:
                player.press("\r", "screen", r"\[\*Form\*\]")
                continue
            player.press("a", "screen", r"\[ Apply now \]|\[\*Form\*\]")
            if "[ Apply now ]" in player.text:
                if ">[ Back ]" in player.text:  # members are changed
                    player.press("\x1b[D", "screen", r">\[ Apply now \]")
                player.press("\r", "screen", ENDED)
                return


def visit_plan(player: Player) -> None:
    """Read the plan before it is applied."""
    player.press("f", "screen", r"\[\*Facts\*\]")
    player.press("p", "screen", r"\[\*Plan\*\]")
    for _ in range(2):
        if "-- more --" in player.text:
            player.press(" ", "screen")
    player.press(UP, "other")


ANSWERS = "Enter: the form, to answer what is asked"
TYPED = {
    "Member": PEER,
    "Password": PASSWORD,
    "CHAP user": "chapuser",
    "CHAP password": CHAP,
    "Fence settings": "ip=10.0.1.113",
    "Cluster's name": "xencluster",
    "This host's name": "fresh",
}
TICKED = {"Host keys accepted": ("SHA256",), "Targets": ("lab.san:cluster",)}


def fill_in(player: Player) -> None:
    """Type and tick what is asked for, from the first field to the last, and have it planned."""
    for _ in range(24):
        found = re.search(r"^> (.{1,25}?)(?:  |$)", player.text, re.MULTILINE)
        label = found[1].strip() if found else ""
        if not label:
            break
        if label in TYPED and label not in player.typed:
            player.typed.add(label)
            type_in(player, TYPED[label])
        tick(player, TICKED.get(label, ()))
        player.press("\t", "other", label="Tab")
    player.press("\r", "screen", r"- looking|\[[* ]Plan[* ]\]", label="Keep and plan")
    player.wait(SETTLED, "screen", "planned")


def type_in(player: Player, text: str) -> None:
    """Type a text, key by key."""
    for character in text:
        player.press(character, "typed")


def tick(player: Player, words: Sequence[str]) -> None:
    """Tick the rows with these words."""
    for word in words:
        while re.search(ROW, player.text):
            if re.search(rf">[\[(] [\])].*{re.escape(word)}", player.text):
                player.press(" ", "cursor key", label="Space")
                break
            player.press(DOWN, "cursor key")


def take_back(player: Player) -> None:
    """Take the last step back."""
    player.press("u", "screen", "Take back")
    player.press("\r", "screen", re.escape("Take back now"))
    player.press("\r", "screen", ENDED)
    player.press("\x1b", "screen", LOOKED)
