"""After every part that is sent, a terminal shows what the painter believes; at the end, what was wanted."""

from __future__ import annotations

import random

import pytest

from screens.terminal.capability import Capability
from screens.terminal.cells import BLANK, BOLD, DRAWING, REVERSE, UNDERLINE, Cell, Frame, Row, Style, blank
from screens.terminal.motion import Place
from screens.terminal.painter import Painter
from screens.terminal.reduction import cell, look
from tests.screens.terminal.emulator import TERMS, Terminal, known

FRAMES = 2000
WIDTH, HEIGHT = 30, 9
WORDS = (
    "eth1.16",
    "iqn.2004-10",
    "a",
    "in place",
    "--------",
    "\u6f22\u5b57",
    "x\u0301t\u00e9",
    "\u2500\u2500\u2502",
    "x" * 9,
)
STYLES = (
    *(Style(),) * 4,
    Style(6),
    Style(1, None, BOLD),
    Style(None, None, REVERSE),
    Style(None, None, BOLD | UNDERLINE),
    Style(9, 4),
    Style(13, 12),
)


def word(dice: random.Random) -> list[Cell]:
    """Some cells, as Textual means them."""
    text, style = dice.choice(WORDS), dice.choice(STYLES)
    cells: list[Cell] = []
    for each in text:
        if each == "\u0301":
            cells[-1] = Cell(cells[-1].text + each, style)
        else:
            cells += [Cell(each, style), Cell("", style)] if wide(Cell(each)) else [Cell(each, style)]
    return cells + [Cell(" ", style if dice.random() < 0.2 else Style())] * dice.choice((0, 1, 1, 4, 12))


def row(dice: random.Random) -> Row:
    """A row of some words, or none."""
    cells: list[Cell] = [BLANK] * dice.choice((0, 0, 3, 9))
    while dice.random() < 0.7:
        cells += word(dice)
    return whole((*cells, *[BLANK] * WIDTH))


def whole(cells: Row) -> Row:
    """As many of them as a row has, with blanks for halves of wide characters."""
    row = list(cells[:WIDTH])
    for x, each in enumerate(row):
        left = wide(each) and (x + 1 == WIDTH or bool(row[x + 1].text))
        right = not each.text and not (x and wide(row[x - 1]))
        row[x] = BLANK if left or right else each
    return tuple(row)


def wide(of: Cell) -> bool:
    """Whether it covers the cell to its right."""
    return bool(of.text) and ord(of.text[0]) > 0x3000


def then(frame: Frame, dice: random.Random) -> Frame:
    """What may come after that frame: some rows changed, scrolled, all new, or all gone."""
    rows = list(frame)
    match dice.randrange(7):
        case 0:
            rows = [row(dice) for _ in rows]
        case 1 | 2:
            top, by = dice.randrange(HEIGHT - 3), dice.choice((1, 1, 2, 3))
            bottom = dice.randrange(top + 3, HEIGHT + 1)
            part = rows[top:bottom]
            come = [row(dice) for _ in range(by)]
            rows[top:bottom] = [*come, *part][: len(part)] if dice.random() < 0.4 else [*part, *come][-len(part) :]
        case 3:
            rows[dice.randrange(HEIGHT) :] = []
            rows += blank(WIDTH, HEIGHT - len(rows))
        case 4:
            y, x, by = dice.randrange(HEIGHT), dice.randrange(WIDTH - 9), dice.randrange(1, 9)
            moved = [*rows[y][:x], *word(dice)[:by], *rows[y][x:]] if dice.random() < 0.5 else list(rows[y])
            del moved[x : x + (by if len(moved) == WIDTH else 0)]
            rows[y] = whole((*moved, *[BLANK] * WIDTH))
    for _ in range(dice.choice((0, 1, 2))):
        rows[dice.randrange(HEIGHT)] = row(dice)
    return tuple(rows)


def reduced(frame: Frame, of: Capability, utf8: bool) -> Frame:
    """As that terminal can show it."""
    to = look(of, utf8=utf8)
    return tuple(tuple(cell(each, to) for each in line) for line in frame)


@pytest.mark.parametrize("utf8", [False, True])
@pytest.mark.parametrize("name", [*TERMS, "xterm-256color", "screen", "tmux-256color"])
def test_a_terminal_shows_what_the_painter_believes(name: str, utf8: bool) -> None:
    dice = random.Random(f"{name} {utf8}")
    of = known(name)
    terminal, painter = Terminal(of, WIDTH, HEIGHT, utf8=utf8), Painter(of, WIDTH, HEIGHT)
    terminal.feed(painter.reset())
    wanted = blank(WIDTH, HEIGHT)
    for number in range(FRAMES // 8):
        wanted = then(wanted, dice)
        patience = dice.choice((1, 3, 9, 999))
        caret = dice.choice((None, Place(dice.randrange(HEIGHT), dice.randrange(WIDTH))))
        for sent, part in enumerate(painter.paint(reduced(wanted, of, utf8), caret)):
            terminal.feed(part)
            assert utf8 or part.isascii()
            if sent == patience:
                break  # a newer frame came
        else:
            assert painter.shown == reduced(wanted, of, utf8)
            assert terminal.frame() == painter.shown, number
            assert terminal.plain
            if caret:
                assert (terminal.screen.cursor.y, terminal.screen.cursor.x) == caret
        agrees(terminal, painter)


def agrees(terminal: Terminal, painter: Painter) -> None:
    """What a half-painted frame leaves of wide characters differs from terminal to terminal, so that is left out."""
    for y, (shown, believed) in enumerate(zip(terminal.frame(), painter.shown, strict=True)):
        if all(len(each.text) == 1 for each in believed + shown):
            assert shown == believed, y


def test_line_drawing_is_used_where_there_is_one() -> None:
    of = known("vt220")
    painter = Painter(of, 10, 2)
    painter.reset()
    border = tuple(cell(Cell(each), look(of, utf8=False)) for each in "\u250c\u2500\u2510ab".ljust(10))
    assert border[0] == Cell("l", Style(None, None, DRAWING))
    assert "".join(painter.paint((border, *blank(10, 1)))) == "\x1b(0lqk\x1b(Bab"


@pytest.mark.parametrize(("name", "bytes_taken"), [("vt220", "\x1b[;6H\x1b[4P"), ("vt100", None)])
def test_what_only_moved_aside_is_moved(name: str, bytes_taken: str | None) -> None:
    painter = Painter(known(name), 40, 1)
    painter.reset()
    rows = [
        tuple(Cell(each) for each in text.ljust(40))
        for text in ("vm0, now of a size of 512M", "vm0, of a size of 512M")
    ]
    for wanted in rows:
        sent = "".join(painter.paint((wanted,)))
    assert (sent == bytes_taken) is (bytes_taken is not None)
    assert painter.shown == (rows[1],)


def test_a_row_that_moved_and_changed_is_moved_with_its_neighbours() -> None:
    painter = Painter(known("vt220"), 40, 6)
    painter.reset()
    said = ["one", "two", "-- Three ".ljust(40, "-"), "four stays as it is", "five stays as it is"]
    rows = [said, ["-" * 40, *said[3:]]]
    for texts in rows:
        frame = tuple(tuple(Cell(each) for each in text.ljust(40)) for text in [*texts, *[""] * 6][:6])
        sent = "".join(painter.paint(frame))
    assert painter.shown == frame
    assert len(sent) < 40, sent  # the rule is moved, and its title written over
