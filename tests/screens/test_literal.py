"""A key in a long text or list costs what is shown, not what there is."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from screens.fields import Pick
from screens.literal import Literal, Pager
from screens.words import fold
from tests.screens.stage import Alone

ROWS = 10_000
KEY = 0.05
"""CPU seconds that a key may take at most; what costs by all rows takes 0.15 and more."""


def pager(text: Sequence[str]) -> Pager:
    """A log of that text."""
    found = Pager(follow=True)
    found.say(text)
    return found


TEXT = [f"line {number} {'x' * (number % 150)}" for number in range(ROWS)]


@pytest.mark.parametrize("widget", [pager(TEXT), Pick([(line, line) for line in TEXT], (), single=False)])
async def test_a_key_costs_what_is_shown(widget: Literal) -> None:
    app, keys = Alone(widget), ("down", "up", "pagedown") if isinstance(widget, Pager) else ("down", "space")
    async with app.run_test(size=(80, 24)) as pilot:
        widget.focus()
        await pilot.press(*keys)
        times = []
        for _ in range(3):
            begun = time.process_time()
            await pilot.press(*keys)
            times.append(time.process_time() - begun)
    assert min(times) < KEY * len(keys)


async def test_a_log_that_grows_by_a_line_is_folded_by_a_line() -> None:
    widget, times = pager(TEXT), []
    async with Alone(widget).run_test(size=(80, 24)) as pilot:
        for number in range(5):
            begun = time.process_time()
            widget.say([*widget.text, f"new {number}"])
            await pilot.pause()
            times.append(time.process_time() - begun)
            assert f"new {number}" in widget.lines()
    assert min(times) < KEY


async def test_another_text_is_folded_anew() -> None:
    widget = pager(["a" * 100, "b"])
    async with Alone(widget).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert list(widget.lines()) == [*fold("a" * 100, 80), "b"]
        for text in (["a" * 100, "c"], ["c"], ["c", "d"], ["c", "e", "f"]):
            widget.say(text)
            assert list(widget.lines()) == [row for line in text for row in fold(line, 80)]
        await pilot.resize_terminal(40, 24)
        widget.say(["d" * 50])
        assert list(widget.lines()) == fold("d" * 50, 40)
