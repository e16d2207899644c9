"""Properties of the editors of `key = value` and of shell files."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.corpus import case
from tests.formats.strategies import changed, eols, files, left_of
from tui_installer.formats import keyvalue
from tui_installer.formats.text import FormatError

LINES = [
    b"a = 1", b"a=2", b"  a =  3  ", b"#a = 4", b"# a=5", b"a.b[0] = x y # z", b"", b"# text", b"b =", b"b = \xe4\xff",
    b"# END RECORD", b"##",
]  # fmt: skip
VALUES = st.sampled_from(["1", "x y", "", "a # b", "iqn.2026-11.x:y", "ä", "<empty>"])


def _others(content: bytes, key: str) -> list[bytes]:
    """The lines that do not assign `key`, without their ends."""
    rows = [row.rstrip(b"\r") for row in content.split(b"\n")]
    owned = [row for row in rows if row.split(b"=")[0].strip() == key.encode() and b"=" in row]
    return [row for row in rows if row not in owned and row]


@settings(max_examples=100)
@given(files(LINES), st.sampled_from(["a", "a.b[0]", "new"]), VALUES)
def test_set(content: bytes, key: str, value: str) -> None:
    result = keyvalue.set(content, key, value)
    assert keyvalue.get(result, key) == value
    assert keyvalue.set(result, key, value) == result
    assert _others(result, key) == _others(content, key)
    assert eols(result) <= (eols(content) or {b"\n"})


@settings(max_examples=100)
@given(files(LINES), st.sampled_from(["a", "b", "new"]))
def test_remove(content: bytes, key: str) -> None:
    result = keyvalue.remove(content, key)
    assert keyvalue.get(result, key) is None
    assert _others(result, key) == _others(content, key)


@settings(max_examples=100)
@given(files([line for line in LINES if not line.strip().startswith(b"a")], end=True), VALUES)
def test_removing_what_was_added_gives_the_file_back(content: bytes, value: str) -> None:
    assert keyvalue.remove(keyvalue.set(content, "a", value), "a") == content


@given(st.binary())
def test_any_bytes_are_edited_or_refused(content: bytes) -> None:
    try:
        result = keyvalue.set(content, "some.key", "v")
    except FormatError:
        return
    assert keyvalue.get(result, "some.key") == "v"
    assert result.replace(b"some.key = v", b"").split() == content.split()


def test_a_node_record_takes_new_keys_before_its_end() -> None:
    result = keyvalue.set(case("iscsid/node-record"), "node.new", "1")
    assert result.endswith(b"node.new = 1\n# END RECORD\n")


@pytest.mark.parametrize("value", ["a\nb", " a", "a\r", "a ", "\ud800"])
def test_values_that_a_line_cannot_hold_are_refused(value: str) -> None:
    with pytest.raises(FormatError):
        keyvalue.set(b"a = 1\n", "a", value)


SHELL = [
    b"A=1", b'A="x y"', b"A='q'", b'#A="t"', b"export B=2", b"if true; then", b"  :", b"fi", b"cat <<E\nA=9\nE",
    b"echo A=1", b'C="two\nlines"', b"D=$(printf '%s' \"a b\")", b"A=3 env >/dev/null", b"# it's", b"",
]  # fmt: skip
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)


@settings(max_examples=100)
@given(st.lists(st.sampled_from([line for line in SHELL if line not in (b"if true; then", b"fi")])), WORDS)
def test_set_shell(rows: list[bytes], value: str) -> None:
    content = b"".join(row + b"\n" for row in rows)
    result = keyvalue.set_shell(content, "A", value)
    assert keyvalue.get_shell(result, "A") == value
    assert keyvalue.set_shell(result, "A", value) == result
    others = [item for item in keyvalue.items_shell(content) if item[0] != "A"]
    assert [item for item in keyvalue.items_shell(result) if item[0] != "A"] == others
    assert [len(lines) for lines in changed(content, result)] in ([0, 0], [0, 1], [1, 1])
    removed = keyvalue.remove_shell(result, "A")
    assert keyvalue.get_shell(removed, "A") is None
    assert keyvalue.remove_shell(removed, "A") == removed
    assert left_of(result, removed)


@settings(max_examples=30)
@given(st.lists(st.sampled_from([row for row in SHELL if row not in (b"if true; then", b"fi")])), WORDS)
def test_the_shell_reads_the_same_value(rows: list[bytes], value: str) -> None:
    content = b"".join(row + b"\n" for row in rows) + b":\n"
    script = keyvalue.set_shell(content, "A", value) + b'printf "<%s>" "$A"\n'
    shell = subprocess.run(["sh"], input=script, capture_output=True, check=True)
    assert shell.stdout.endswith(f"<{value}>".encode())


def test_conditional_assignments_do_not_count() -> None:
    content = b"A=1\nif x; then\n\tA=2\nfi\n[ y ] && A=3\nf() {\nA=4\n}\nA=5 cmd\ncase x in\n a) A=6;;\nesac\n"
    assert keyvalue.items_shell(content) == (("A", "1"),)


def test_a_computed_value_does_not_turn_into_text() -> None:
    content = b'A="$B quiet"\n'
    with pytest.raises(FormatError, match=r"line 1: the shell computes A"):
        keyvalue.set_shell(content, "A", "$B quiet x")
    assert keyvalue.set_shell(content, "A", "$B quiet x", expand=True) == b'A="$B quiet x"\n'
    assert keyvalue.set_shell(b"A=1\n", "A", "$B") == b"A='$B'\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"key=old\n", b"key = new\n"),
        (b"key= old\n", b"key = new\n"),
        (b"key =old\n", b"key =new\n"),
        (b"key = old\nkey=other\n", b"key = new\nkey=other\n"),
        (b"a = 1\nkey = new", b"a = 1\nkey = new\n"),
        (b"# key = old", b"# key = old\nkey = new\n"),
        (b"key=old\r\n", b"key = new\r\n"),
    ],
)
def test_lines_that_iscsid_passes_over_are_written_anew(before: bytes, after: bytes) -> None:
    """A blank before "=" is needed, and a line's end: idbm_recinfo_config of open-iscsi 2.0-730 and 2.0-871."""
    assert keyvalue.set_counting(before, "key", "new", " = ") == after
    assert keyvalue.counting(after, " = ")["key"] == "new"


def test_names_have_no_blanks() -> None:
    """get_global_string_param looks for what begins with "InitiatorName="."""
    assert keyvalue.counting(b"InitiatorName = x\n", "=") == {}
    assert keyvalue.set_counting(b"InitiatorName = x\n", "InitiatorName", "y", "=") == b"InitiatorName=y\n"
    assert keyvalue.counting(b"InitiatorName=iqn.1:a=b", "=") == {"InitiatorName": "iqn.1:a=b"}
