"""Changes as data: shown, kept, inverted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui_installer.engine.state import State
from tui_installer.hosts.host import File
from tui_installer.model.change import Change, Edit, Run, WriteFiles, inverse, show
from tui_installer.model.change_json import from_json, to_json
from tui_installer.model.masks import Mask

files = st.none() | st.builds(File, st.binary(max_size=60), st.sampled_from([0o644, 0o600]), st.just("root:root"))
undos = st.tuples(st.builds(Run, st.just("u"), st.just("here"), st.just(("true",))))
argvs = st.tuples(st.text(min_size=1, max_size=8))
runs = st.builds(Run, st.text(max_size=8), st.sampled_from(["here", "node1"]), argvs, undo=undos)
edits = st.builds(
    Edit, st.sampled_from(["here", "node1"]), st.just("/etc/x"), files, files, st.sampled_from(["", "all"])
)
changes = runs | st.builds(WriteFiles, st.text(max_size=8), st.tuples(edits, edits), st.tuples(runs))


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    folder = tmp_path_factory.mktemp("state")
    return State(folder / "lib", folder / "run")


@settings(max_examples=100, deadline=None)
@given(change=changes)
def test_a_change_survives_being_data(state: State, change: Change) -> None:
    assert from_json(to_json(change, state), state) == change


@settings(max_examples=100, deadline=None)
@given(change=changes)
def test_what_is_shown_is_printable(change: Change) -> None:
    assert all(line.isprintable() for line in show(change))


def test_the_inverse_of_an_edit_swaps_before_and_after() -> None:
    edit = Edit("here", "/etc/x", None, File(b"x"))
    back = inverse(WriteFiles("Write", (edit,)))[0]
    assert isinstance(back, WriteFiles)
    assert back.edits[0] == Edit("here", "/etc/x", File(b"x"), None)


@pytest.mark.parametrize(
    ("mask", "before", "after", "expected"),
    [
        (
            "passwords",
            b"a.password = one\n",
            b"a.password = two\n",
            ["-a.password = ********", "+a.password = ******** (new)"],
        ),
        ("passwords", b"", b"#x.password_in = k\nuser = u\n", ["+#x.password_in = ********", "+user = u"]),
        (
            "passwords",
            b"<device name='apc'/>\n",
            b"<device name='apc' passwd = 'one' login='u'/>\n<!-- <d password=\"two\"/> -->\n",
            [
                "-<device name='apc'/>",
                "+<device name='apc' passwd = '********' login='u'/>",
                '+<!-- <d password="********"/>',
            ],
        ),
        (
            "passwords",
            b"#*****************\n#a.password = x\n#*****************\nb.password = two\n",
            b"#*****************\n#a.password = x\na.password = one\n#*****************\nb.password = three\n",
            ["+a.password = ********", "-b.password = ********", "+b.password = ******** (new)"],
        ),
        (
            "passwords",
            b"<d passwd='one'/>\n<d passwd='two'/>\n",
            b"<d passwd='one'/>\n<d passwd='three'/>\n",
            ["-<d passwd='********'/>", "+<d passwd='******** (new)'/>"],
        ),
        ("all", b"k1", b"k2", ["-(secret: 2 bytes", "+(secret: 2 bytes"]),
    ],
)
def test_secrets_are_masked(mask: Mask, before: bytes, after: bytes, expected: list[str]) -> None:
    lines = list(show(WriteFiles("w", (Edit("here", "/etc/f", File(before), File(after), mask),))))
    shown = [line for line in lines[2:] if line[0] in "+-"]
    assert [line.startswith(start) for line, start in zip(shown, expected, strict=True)] == [True] * len(expected)
    assert not any(secret in "\n".join(lines) for secret in ("one", "two", "= k\n", "k1", "k2"))


def test_a_plan_file_holds_no_content(state: State, tmp_path: Path) -> None:
    change = WriteFiles("w", (Edit("here", "/etc/f", None, File(b"password = s3cret")),))
    assert "s3cret" not in str(to_json(change, state))
