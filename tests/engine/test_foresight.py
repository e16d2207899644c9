"""What is asked ahead of looks is what looks ask: `make asked` writes it anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.engine.foresight import OWN, STACKS, made
from tui_installer.engine.foresight import foreseen
from tui_installer.hosts.ahead import NOTHING

FOLDER = Path(__file__).parents[2] / "assets" / "asked"


@pytest.mark.parametrize("stack", STACKS)
def test_it_is_what_looks_ask(tmp_path: Path, stack: str) -> None:
    text = made(tmp_path / "world", stack)
    path = FOLDER / f"{stack}.json"
    if os.environ.get("ASKED") == "new":
        path.write_text(text)
    assert path.read_text() == text


def test_of_several_steps_each_question_is_asked_once() -> None:
    some = foreseen("squeeze", ("iscsi", "multipath", "no-such-step"))
    assert set(some.files) >= {*foreseen("squeeze", ("iscsi",)).files, *foreseen("squeeze", ("multipath",)).files}
    assert len(set(some.together)) == len(some.together) and len(set(some.slow)) == len(some.slow)
    assert ("multipath", "-ll") in some.slow and "/etc/multipath.conf" in some.files
    assert not [question for question in some.together if OWN.search(" ".join(question))]
    assert foreseen("none", ("iscsi",)) == foreseen("squeeze", ()) == NOTHING
