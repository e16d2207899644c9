"""What every parser owes: it says nothing that it was not told, and lines that are not its own don't disturb it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from hypothesis import strategies as st

WORDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,11}", fullmatch=True)
"""Names as hosts, packages and volumes have them."""


def words(found: object) -> Iterator[str]:
    """Every text in a result: in its fields, its members, its keys and values."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, Mapping):
        yield from words(tuple(found.items()))
    elif isinstance(found, tuple | list | frozenset):
        for each in found:
            yield from words(each)
    elif is_dataclass(found):
        for field in fields(found):
            yield from words(getattr(found, field.name))


def made_up(found: object, *said: str) -> list[str]:
    """The texts in a result that are part of none of the texts that it was read from."""
    return [word for word in words(found) if not any(word in text for text in said)]


@st.composite
def scattered(draw: st.DrawFn, rows: list[str], foreign: list[str]) -> str:
    """A text of the rows in their order, with foreign ones among them."""
    between = st.lists(st.sampled_from(foreign), max_size=1)
    found = [line for row in rows for line in (*draw(between), row)]
    return "".join(f"{line}\n" for line in (*found, *draw(between)))
