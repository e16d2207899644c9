"""What a terminal is able to: terminfo says it, and only sequences of a VT100 or VT220 are ever used.

A capability counts if terminfo's string is the very sequence that a VT has (ECMA-48, DEC STD 070): a terminal that
does the same by other means is not spoken to in a foreign language.
"""

from __future__ import annotations

import curses
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType

PADDING = re.compile(rb"\$<[^>]*>")
SHIFTS = {b"\x0e": "\x0e", b"\x0f": "\x0f", b"\x1b(0": "\x1b(0", b"\x1b(B": "\x1b(B"}
"""The ways into and out of the DEC line drawing set that are used: SO, SI, and designating G0."""
KIN = re.compile(r"xterm|(alacritty|foot|ghostty|kitty|konsole|mintty|mlterm|putty|terminology|vte|wezterm)(-|$)")
"""Names of terminals that understand what xterm does, known to this host's terminfo or not.

Their entries in ncurses' terminfo.src 6.4 (foot's is foot+base) have what is taken of xterm's; those of konsole, putty
and vte another of a VT100's two ways into line drawing. wezterm.org/config/lua/config/term.html and
ghostty.org/docs/help/terminfo name xterm-256color as what to take on a host without their own.
"""
STANDING_IN = ("xterm-256color", "xterm", "vt220")
"""Entries that such a terminal is driven as, the first that there is: ncurses-base has all of them."""
ENABLING = {b"\x1b(B\x1b)0": "\x1b(B\x1b)0", b"\x1b)0": "\x1b)0"}


class UnknownTerminal(LookupError):
    """Terminfo does not know the terminal's name, nor is it told by that of what kind it is; the text says which."""


@dataclass(frozen=True, slots=True)
class Capability:
    """What may be sent to a terminal."""

    name: str = "vt100"
    usable: bool = True
    """Whether a full screen can be painted at all."""
    wrap_off: bool = True
    """DECAWM (VT100). Without it, a terminal is usable that wraps no sooner than before the next character."""
    colours: int = 0
    """0, 8 or 16."""
    erase_characters: bool = False
    """ECH (VT220)."""
    repeat: bool = False
    """REP."""
    delete_characters: bool = False
    """DCH (VT102). Its counterpart ICH is never used: minicom takes it for something else."""
    colour_erase: bool = False
    """What is erased takes the pen's background."""
    scroll: bool = True
    """DECSTBM, IND and RI."""
    tabs: bool = True
    """HT goes to the next column that is a multiple of eight."""
    attributes_off: bool = False
    """SGR 22, 24, 25, 27 take attributes back one by one (VT220)."""
    hide_cursor: bool = False
    """DECTCEM (VT220)."""
    draw_on: str = "\x0e"
    """Begins line drawing; empty: there is none."""
    draw_off: str = "\x0f"
    draw_enable: str = "\x1b(B\x1b)0"
    drawing: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    """By the VT100's letter, what the terminal wants for it."""


def capability(name: str, file: int) -> Capability:
    """What terminfo says of a terminal, or of the one that stands in for it. Raises `UnknownTerminal`.

    Only the first name that is found in a process counts: ncurses keeps what it found then.
    """
    if _is_there(name, file):
        return _found(name)
    if KIN.match(name) and any(_is_there(other, file) for other in STANDING_IN):
        # kitty has no bce (its issue 160), konsole no rep: of what is beyond a VT220 the colours are taken alone
        return replace(_found(name), colour_erase=False, repeat=False)
    raise UnknownTerminal(f"TERM={name} is not known here" if name else "TERM is not set")


def _is_there(name: str, file: int) -> bool:
    """Whether terminfo knows it; from then on it is the one that is asked about."""
    with suppress(curses.error):
        curses.setupterm(name, file)
        return True
    return False


def _found(name: str) -> Capability:
    """What the entry that was found says, for the terminal of that name."""
    on, off = SHIFTS.get(_string("smacs"), ""), SHIFTS.get(_string("rmacs"), "")
    draws = bool(on and off) and (on != "\x0e" or _string("enacs") in ENABLING)
    wrap_off = _is("rmam", b"\x1b[?7l") and _is("smam", b"\x1b[?7h")
    paints = _is("cup", b"\x1b[%i%p1%d;%p2%dH") and _is("el", b"\x1b[K") and _is("ed", b"\x1b[J")
    return Capability(
        name=name,
        usable=paints and (wrap_off or curses.tigetflag("xenl") > 0),
        wrap_off=wrap_off,
        colours=_colours(curses.tigetnum("colors"), _string("setaf")),
        erase_characters=_is("ech", b"\x1b[%p1%dX"),
        repeat=_is("rep", b"%p1%c\x1b[%p2%{1}%-%db"),
        delete_characters=_is("dch", b"\x1b[%p1%dP"),
        colour_erase=curses.tigetflag("bce") > 0,
        scroll=_is("csr", b"\x1b[%i%p1%d;%p2%dr") and _string("ind") in (b"\n", b"\x1bD") and _is("ri", b"\x1bM"),
        tabs=_is("ht", b"\t") and curses.tigetnum("it") == 8,
        attributes_off=_is("rmul", b"\x1b[24m"),
        hide_cursor=b"\x1b[?25l" in _string("civis"),
        draw_on=on if draws else "",
        draw_off=off if draws else "",
        draw_enable=ENABLING.get(_string("enacs"), "") if draws else "",
        drawing=MappingProxyType(_pairs(_string("acsc"))),
    )


def _string(name: str) -> bytes:
    return PADDING.sub(b"", curses.tigetstr(name) or b"")


def _is(name: str, sequence: bytes) -> bool:
    return _string(name) == sequence


def _colours(number: int, setting: bytes) -> int:
    """The bright ones are SGR 90 to 97, as in aixterm; terminfo has them in a condition: `%t9%p1%{8}%-%d`."""
    if number >= 16 and b"9%p1%{8}%-%d" in setting:
        return 16
    return 8 if number >= 8 and b"3%p1%d" in setting else 0


def _pairs(acsc: bytes) -> dict[str, str]:
    text = acsc.decode("latin-1")
    return dict(zip(text[::2], text[1::2], strict=False))
