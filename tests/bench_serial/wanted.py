"""What the figures must be, and which are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.bench_serial.play import Picture

WHOLE, ONE, LOG = 0.90, 1.05, 0.80
"""Bytes, ncurses' being 1: of the whole run at most, of a first paint or another screen, and of a line of a log."""
MOST = {"cursor key": 30, "typed": 4}
"""Bytes that one key may take."""
SHARE = 0.20
"""Part of the run's bytes that may be lines of a log."""


def missed(pictures: Sequence[Picture], theirs: Sequence[int], line: float, idle: int) -> Iterator[str]:
    """What is not as wanted; `line` is the ratio of a log's line, `idle` the bytes that came by themselves."""
    ours = sum(one.count for one in pictures)
    if ours > WHOLE * sum(theirs):
        yield f"whole run: {ours / sum(theirs):.2f}"
    for one, their in zip(pictures, theirs, strict=True):
        if one.kind in ("first paint", "screen") and one.count > ONE * their:
            yield f"{one.kind}, {one.label}: {one.count} bytes, ncurses {their}: {one.text[0]}"
        if one.count > MOST.get(one.kind, one.count):
            yield f"{one.kind}, {one.label}: {one.count} bytes"
        if not one.agrees:
            yield f"{one.kind}, {one.label}: not as the stock driver shows it"
    if sum(one.count for one in pictures if one.kind == "log") > SHARE * ours:
        yield "lines of the log have too large a part"
    if line > LOG:
        yield f"a line of the log: {line:.2f}"
    if idle:
        yield f"idle: {idle} bytes"
