"""What is typed, however the line cuts it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screens.terminal.keys import Keyboard

TYPED = {
    "\x1b[A": "up", "\x1bOB": "down", "\x1b[1;5C": "right", "\x1b[D": "left", "\x9bA": "up",
    "\x1b[1~": "home", "\x1b[4~": "end", "\x1b[H": "home", "\x1b[F": "end", "\x1b[5~": "pageup", "\x1b[6~": "pagedown",
    "\x1b[3~": "delete", "\x1b[Z": "shift+tab", "\x1bOP": "f1", "\x1b[[A": "f1", "\x1b[11~": "f1", "\x1b[24~": "f12",
    "\r": "enter", "\r\n": "enter", "\r\0": "enter", "\t": "tab", "\x7f": "backspace", "\x08": "backspace",
    "\x0c": "ctrl+l", "\x03": "ctrl+c", "a": "a", "?": "question_mark", "/": "slash", "-": "minus", " ": "space",
    "_": "underscore", "\xe9": "\xe9", "\x1b[24;80R": "", "\x1b[?1;2c": "", "\0": "",
}  # fmt: skip
KEYS = st.lists(st.sampled_from(sorted(TYPED)), max_size=12)


def pressed(parts: list[str]) -> list[str]:
    """The keys of what came in these parts."""
    keyboard = Keyboard()
    keys = [key for part in parts for key in keyboard.type(part)]
    return [key.name for key in keys + keyboard.give_up()]


@given(KEYS, st.lists(st.integers(0, 60), max_size=20))
def test_keys_are_the_same_however_they_are_cut(typed: list[str], cuts: list[int]) -> None:
    text = "".join(typed)
    places = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    parts = [text[start:end] for start, end in pairwise(places)]
    assert pressed(parts) == [TYPED[each] for each in typed if TYPED[each]]
    assert pressed(list(text)) == pressed([text])


def test_a_lone_escape_is_a_key_once_nothing_follows() -> None:
    keyboard = Keyboard()
    assert keyboard.type("\x1b") == []
    assert keyboard.waits
    assert [key.name for key in keyboard.give_up()] == ["escape"]
    assert not keyboard.waits


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("\x1bx", ["escape", "x"]),
        ("\x1b\x1b[A", ["escape", "up"]),
        ("\x1b[", ["escape", "left_square_bracket"]),
        ("\x1b[[x", ["x"]),
    ],
)
def test_an_escape_before_another_key_is_a_key(typed: str, keys: list[str]) -> None:
    assert pressed([typed]) == keys


@given(st.text(alphabet=st.characters(max_codepoint=0x2FF)))
def test_nothing_that_is_typed_is_too_much(text: str) -> None:
    assert all(name for name in pressed(list(text)))
