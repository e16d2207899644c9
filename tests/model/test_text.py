"""Texts for people."""

from __future__ import annotations

from tui_installer.model.text import count


def test_one_of_a_thing_is_said_in_the_singular() -> None:
    assert [count(number, "package") for number in (0, 1, 2)] == ["0 packages", "1 package", "2 packages"]
