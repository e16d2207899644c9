"""What a key costs in long texts and lists."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from screens.fields import Pick
from screens.literal import Literal, Pager
from tests.screens.stage import Alone


async def _key(widget: Literal, keys: tuple[str, ...], rounds: int = 20) -> float:
    async with Alone(widget).run_test(size=(80, 24)) as pilot:
        widget.focus()
        await pilot.press(*keys)
        begun = time.process_time()
        for _ in range(rounds):
            await pilot.press(*keys)
        return (time.process_time() - begun) / rounds / len(keys)


def keys(rows: int) -> Iterator[tuple[str, float]]:
    """(what it is in, CPU seconds a key)."""
    text = [f"line {number} {'x' * (number % 150)}" for number in range(rows)]
    plan, log = Pager(), Pager(follow=True)
    plan.say(text)
    log.say(text)
    yield "key: in a plan", asyncio.run(_key(plan, ("down", "pagedown")))
    yield "key: in a log", asyncio.run(_key(log, ("up", "pageup")))
    choice = Pick([(line, line) for line in text], (), single=False)
    yield "key: in a list", asyncio.run(_key(choice, ("down", "space")))
