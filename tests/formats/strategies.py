"""Files put together from given lines, with either line end, with or without the last one."""

import re

from hypothesis import strategies as st


def files(rows: list[bytes], end: bool = False) -> st.SearchStrategy[bytes]:
    """Files of some of `rows`; with `end`, the last line always has its line end."""

    def join(lines: list[bytes], eol: bytes, closed: bool) -> bytes:
        text = eol.join(lines)
        return text + eol if lines and (closed or end) else text

    return st.builds(
        join, st.lists(st.sampled_from(rows), max_size=8), st.sampled_from([b"\n", b"\r\n"]), st.booleans()
    )


def eols(content: bytes) -> set[bytes]:
    """The line ends in use."""
    return set(re.findall(rb"\r?\n", content))


def changed(before: bytes, after: bytes) -> tuple[list[bytes], list[bytes]]:
    """The one stretch of lines in which two contents differ: as it was, as it is. Line ends are compared apart."""
    old, new = before.splitlines(), after.splitlines()
    head = _alike(old, new)
    tail = min(_alike(old[::-1], new[::-1]), len(old) - head, len(new) - head)
    return old[head : len(old) - tail], new[head : len(new) - tail]


def _alike(one: list[bytes], two: list[bytes]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


def left_of(before: bytes, after: bytes) -> bool:
    """Whether all lines of one content, ends apart, are lines of the other, in their order."""
    rows = iter(before.splitlines())
    return all(row in rows for row in after.splitlines())
