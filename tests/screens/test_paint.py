"""What is coloured, and that it costs nothing where there are no colours."""

from __future__ import annotations

import pytest

from screens import paint
from screens.words import ruled


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("   +wanted", ["+wanted"]),
        ("   -unwanted", ["-unwanted"]),
        ("   @@ -1 +1 @@", ["@@ -1 +1 @@"]),
        ("   $ apt-get update", ["$ apt-get update"]),
        ("         - Write /etc/one", []),
        ("FAILED   Reload what reads it", ["FAILED"]),
        ("FAILEDNESS of it", []),
        ("   2/2  running   Reload what reads it", ["running"]),
        ("-- more --", []),
        ("a + b - c", []),
    ],
)
def test_the_words_that_are_coloured(line: str, parts: list[str]) -> None:
    assert [line[part.begin : part.end] for part in paint.text(line)] == parts


def test_a_state_is_coloured_in_a_title_and_in_a_row() -> None:
    title = "Step 2 of 3: What to do - to do"
    assert [part.begin for part in paint.state(title, title.rfind(" - "))] == [title.rfind("to do")]
    assert [part.style for part in paint.state("Apply: One - NOT IN PLACE")] == [paint.BAD]


def test_the_mark_of_the_current_row_is_coloured() -> None:
    assert [(part.begin, part.end) for part in paint.mark(">  1 Site")] == [(0, 1)]
    assert not list(paint.mark("   2 Packages"))


def test_no_style_is_more_than_a_colour() -> None:
    styles = {*paint.STATES.values(), *paint.WORDS.values(), *paint.DIFF.values()}
    assert styles <= {paint.GOOD, paint.BAD, paint.ASKED, paint.CALM}


def test_a_rule_is_drawn_with_what_there_is() -> None:
    assert ruled("In place.", 20) == "-- In place. -------"
    assert ruled("", 4, "\u2500") == "\u2500" * 4
