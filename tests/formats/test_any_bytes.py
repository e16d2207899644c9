"""No bytes at all make a reader or an editor fail otherwise than by a FormatError: its line, and what is accepted."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.formats.corpus import READERS
from tests.formats.test_corpus import EDITS
from tui_installer.formats.text import FormatError, decode, encode, split_lines

SIGNS = st.text(st.sampled_from(" \t\r\n\\'\"`$(){}[]<>#!=:;&|,/abA1.-é"), max_size=40).map(str.encode)
TRY: dict[str, Callable[[bytes], object]] = {**READERS, **{f"edit {family}": edit for family, edit in EDITS.items()}}


@pytest.mark.parametrize("name", TRY)
@settings(max_examples=60)
@given(st.binary() | SIGNS)
@example(b"A=\\")
@example(b"<<\\")
def test_read_or_refused(name: str, content: bytes) -> None:
    try:
        TRY[name](content)
    except FormatError as error:
        added = 0 if name in READERS else 3  # an edit that is refused names a line of what it would have written
        assert 0 <= error.line <= content.count(b"\n") + 1 + added
        assert "accepted" in str(error) or (added and "can't hold it" in str(error))


@given(st.binary())
def test_text_and_lines_are_lossless(content: bytes) -> None:
    text = decode(content)
    assert encode("".join(split_lines(text))) == content
