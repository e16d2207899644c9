"""Pastes on a line that does not mark them."""

from __future__ import annotations

import asyncio
import os
import select

import pytest

from screens.terminal.capability import Capability
from screens.terminal.console import Console
from screens.terminal.key_reader import KeyReader
from screens.terminal.keys import Press
from screens.terminal.line import Line
from screens.terminal.paste import Pasted

IQN = "iqn.2024-01.lab.san:cluster"


async def heard(*pieces: str) -> list[str]:
    """What is made of these pieces, each read by itself: keys by their names, pastes as their texts."""
    source, sink = os.pipe()
    typed: list[str] = []

    def press(what: Press | Pasted) -> None:
        typed.append(repr(what.text) if isinstance(what, Pasted) else what.name)

    reader = KeyReader(Console(Line(source, -1), Capability()), press, lambda: None)
    reader.listen(asyncio.get_running_loop())
    for piece in pieces:
        for at in range(0, len(piece), 4096):
            os.write(sink, piece[at : at + 4096].encode())
            await asyncio.sleep(0.002)
    while select.select([source], [], [], 0)[0]:  # a busy machine
        await asyncio.sleep(0)
    await asyncio.sleep(0.15)
    reader.leave()
    for descriptor in (source, sink):
        os.close(descriptor)
    return typed


@pytest.mark.parametrize(
    ("pieces", "found"),
    [
        (("node1\r",), ["n", "o", "d", "e", "1", "enter"]),
        ((f"{IQN}\r",), [repr(IQN), "enter"]),
        ((IQN, "\r", "\x1b[B"), [repr(IQN), "enter", "down"]),
        ((f"{IQN}\r\n{IQN}\r\n\r\n",), [repr(f"{IQN}\n{IQN}"), "enter"]),
        ((IQN, "-and-more"), [repr(f"{IQN}-and-more")]),
        ((f"{IQN}\x03",), [repr(IQN), "ctrl+c"]),
        ((f"{IQN}\tx",), [repr(IQN), "tab", "x"]),
        (("x" * 100_000,), [repr("x" * 100_000)]),
    ],
)
async def test_what_comes_at_once_is_one_text(pieces: tuple[str, ...], found: list[str]) -> None:
    assert await heard(*pieces) == found
