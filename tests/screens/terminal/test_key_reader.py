"""Bytes that are typed, as keys: whatever the terminal shows, it may type UTF-8, Latin-1, or a VT220's 8-bit keys."""

from __future__ import annotations

import asyncio
import os

import pytest

from screens.terminal.capability import Capability
from screens.terminal.console import Console
from screens.terminal.key_reader import KeyReader
from screens.terminal.keys import Press
from screens.terminal.line import Line
from screens.terminal.paste import Pasted


@pytest.mark.parametrize("utf8", [True, False])
@pytest.mark.parametrize(
    ("data", "keys"),
    [
        ("\u015bA\u00e9\u6f22".encode(), ["\u015b", "A", "\u00e9", "\u6f22"]),
        (b"\xe9a\xfcb", ["\u00e9", "a", "\u00fc", "b"]),
        (b"a\xe9", ["a", "\u00e9"]),
        (b"\x9bA\x9b3~b", ["up", "delete", "b"]),
        (b"a\x1b", ["a", "escape"]),
    ],
)
@pytest.mark.parametrize("cut", [False, True])
async def test_what_is_typed_is_what_was_meant(utf8: bool, data: bytes, keys: list[str], cut: bool) -> None:
    source, sink = os.pipe()
    typed: asyncio.Queue[str] = asyncio.Queue()
    console = Console(Line(source, -1), Capability(), utf8=utf8)

    def press(key: Press | Pasted) -> None:
        assert isinstance(key, Press)
        typed.put_nowait(key.character or key.name)

    typist = KeyReader(console, press, lambda: None)
    typist.listen(asyncio.get_running_loop())
    for piece in [bytes([each]) for each in data] if cut else [data]:
        os.write(sink, piece)
        await asyncio.sleep(0)
    assert [await asyncio.wait_for(typed.get(), 10) for _ in keys] == keys
    typist.leave()
    assert typed.empty()
    for descriptor in (source, sink):
        os.close(descriptor)
