"""Styles as a terminal is told them: the shortest SGR sequence from one to the next."""

from __future__ import annotations

from functools import lru_cache

from screens.terminal.capability import Capability
from screens.terminal.cells import BLINK, BOLD, DRAWING, PLAIN, REVERSE, UNDERLINE, Style

ON = ((BOLD, "1"), (UNDERLINE, "4"), (BLINK, "5"), (REVERSE, "7"))
OFF = ((BOLD, "22"), (UNDERLINE, "24"), (BLINK, "25"), (REVERSE, "27"))


@lru_cache(1024)
def change(old: Style, new: Style, of: Capability) -> str:
    """What makes the pen that was `old` write in the style `new`; empty: it does already."""
    shift = ""
    if (old.flags ^ new.flags) & DRAWING:
        shift = of.draw_on if new.flags & DRAWING else of.draw_off
    before, after = _unshifted(old), _unshifted(new)
    if before == after:
        return shift
    if after == PLAIN:
        return shift + "\x1b[m"
    return shift + min(_anew(after), _onward(before, after, of) or _anew(after), key=len)


def _unshifted(style: Style) -> Style:
    return style._replace(flags=style.flags & ~DRAWING)


def _anew(style: Style) -> str:
    flags = [code for flag, code in ON if style.flags & flag]
    return "\x1b[" + ";".join(["", *flags, *_colours(PLAIN, style)]) + "m"


def _onward(old: Style, new: Style, of: Capability) -> str:
    """Only what differs; empty: something must be taken back that can't be alone."""
    gone, come = old.flags & ~new.flags, new.flags & ~old.flags
    if gone and not of.attributes_off:
        return ""
    off = [code for flag, code in OFF if gone & flag]
    on = [code for flag, code in ON if come & flag]
    return "\x1b[" + ";".join([*off, *on, *_colours(old, new)]) + "m"


def _colours(old: Style, new: Style) -> list[str]:
    codes = []
    if old.fg != new.fg:
        codes.append(_code(new.fg, 30))
    if old.bg != new.bg:
        codes.append(_code(new.bg, 40))
    return codes


def _code(colour: int | None, first: int) -> str:
    """Bright ones are 60 further on; the terminal's own is 39 or 49."""
    return str(first + 9) if colour is None else str(first + colour + (52 if colour > 7 else 0))
