"""Which entry of terminfo a terminal is driven as: terminfo, the edge, has those that a test gives it."""

from __future__ import annotations

import curses

import pytest

from screens.terminal.capability import STANDING_IN, UnknownTerminal, capability


class Terminfo:
    """Entries without capabilities; each name that is asked for is kept."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self.asked: list[str] = []

    def setupterm(self, name: str, _: int) -> None:
        """See `curses.setupterm`."""
        self.asked.append(name)
        if name not in self._names:
            raise curses.error("could not find terminal")


def terminfo(monkeypatch: pytest.MonkeyPatch, *names: str) -> Terminfo:
    """A terminfo that knows these names."""
    known = Terminfo(*names)
    monkeypatch.setattr(curses, "setupterm", known.setupterm)
    monkeypatch.setattr(curses, "tigetstr", lambda _: None)
    monkeypatch.setattr(curses, "tigetnum", lambda _: -1)
    monkeypatch.setattr(curses, "tigetflag", lambda _: 1)
    return known


KIN = ("xterm-kitty", "xterm-ghostty", "alacritty", "alacritty-direct", "foot", "foot-extra", "wezterm", "vte-256color")


@pytest.mark.parametrize("name", KIN)
@pytest.mark.parametrize("first", range(len(STANDING_IN)))
def test_the_first_entry_that_there_is_stands_in(name: str, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    known = terminfo(monkeypatch, *STANDING_IN[first:])
    found = capability(name, 1)
    assert known.asked == [name, *STANDING_IN[: first + 1]]
    assert (found.name, found.colour_erase, found.repeat) == (name, False, False)


def test_a_terminal_with_an_entry_of_its_own_is_driven_as_that(monkeypatch: pytest.MonkeyPatch) -> None:
    known = terminfo(monkeypatch, "xterm-kitty", *STANDING_IN)
    assert capability("xterm-kitty", 1).colour_erase
    assert known.asked == ["xterm-kitty"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere", "TERM=nowhere is"),
        ("footpad", "TERM=footpad is"),
        ("my-xterm", "TERM=my-x"),
        ("", "TERM is not set"),
    ],
)
def test_what_is_no_kin_of_xterm_is_unknown(name: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    terminfo(monkeypatch, *STANDING_IN)
    with pytest.raises(UnknownTerminal, match=said):
        capability(name, 1)


def test_kin_without_any_entry_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    terminfo(monkeypatch)
    with pytest.raises(UnknownTerminal, match="xterm-kitty"):
        capability("xterm-kitty", 1)
