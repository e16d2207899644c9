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
