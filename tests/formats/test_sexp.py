"""xend-config.sxp: what xend would take, edits in place, and who may send guests."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.corpus import case
from tests.formats.strategies import changed, eols, files
from tui_installer.formats import sexp
from tui_installer.formats.text import FormatError

ALLOW = "xend-relocation-hosts-allow"
ROWS = [
    b"# The hosts allowed to talk to the relocation port.",
    b"#(xend-relocation-hosts-allow '')",
    b"(xend-relocation-hosts-allow '^localhost$ ^localhost\\\\.localdomain$')",
    b"(xend-relocation-hosts-allow )",
    b"  (dom0-cpus 0) # all of them (",
    b"(vif-script 'vif-bridge bridge=xenbr0')",
    b"(tool (a \"b)\" (c)) 'd')",
    b"",
    b"\t",
]


def test_forms() -> None:
    found = {form.name: (form.values, form.line) for form in sexp.forms(case("sxp/nested"))}
    assert found == {
        ALLOW: (("^localhost$", "^peer$"), 2),
        "vif-script": (("vif-bridge bridge=xenbr0",), 3),
        "external-migration-tool": (("(a (b 'c)'))",), 5),
        "x": ((r"AB\\.'",), 7),
    }


def test_the_first_form_counts() -> None:
    assert sexp.get(b"#(a 0)\n(a 1 2)\n(a 3)", "a") == "1"
    assert sexp.get(b"(a )", "a") == ""
    assert sexp.get(b"#(a 1)", "a") is None


@pytest.mark.parametrize(
    ("written", "value", "meant"),
    [
        (rb"'^10\.0\.1$ ^b\.x$'", r"^10\0\1$ ^b\x$", r"^10\.0\.1$ ^b\.x$"),
        (rb"'^10\\.0$'", r"^10\.0$", r"^10\.0$"),
        (rb"^10\.[0-9]$", r"^10\.", r"^10\."),
        (rb'"\x41\n"', "A\n", "A\n"),
    ],
)
def test_a_backslash_takes_the_dot_behind_it_away(written: bytes, value: str, meant: str) -> None:
    """As sxp.py of Xen 3.2 and 4.0 has it when it is run."""
    content = b"(a " + written + b")\n"
    assert (sexp.get(content, "a"), sexp.meant(content, "a")) == (value, meant)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"(a no)\n(a yes)\n", b"(a 'x y')\n(a yes)\n"),
        (b"(a )", b"(a 'x y')"),
        (b"(a)", b"(a 'x y')"),
        (b'( a  "b" c) # d', b"( a  'x y' c) # d"),
        (b"#(a 1)\r\n# (a 2)\r\n(b 1)\r\n", b"#(a 1)\r\n# (a 2)\r\n(a 'x y')\r\n(b 1)\r\n"),
        (b"(b 1)", b"(b 1)\n(a 'x y')\n"),
        (b"(b\n#(a 1)\n2)\n", b"(b\n#(a 1)\n2)\n(a 'x y')\n"),
        (b"(a 'x y')", b"(a 'x y')"),
        (b'(a "x\\x20y")', b'(a "x\\x20y")'),
    ],
)
def test_set(before: bytes, after: bytes) -> None:
    assert sexp.set(before, "a", "x y") == after


def test_a_plain_word() -> None:
    assert sexp.set(b"(a no)", "a", "yes", quoted=False) == b"(a yes)"
    with pytest.raises(FormatError, match="plain word"):
        sexp.set(b"(a no)", "a", "y es", quoted=False)


@given(files(ROWS), st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"])))
def test_set_is_read_back_and_keeps_the_rest(content: bytes, value: str) -> None:
    result = sexp.set(content, ALLOW, value)
    assert sexp.get(result, ALLOW) == value
    assert sexp.set(result, ALLOW, value) == result
    others = [form for form in sexp.forms(content) if form.name != ALLOW]
    assert [form.values for form in sexp.forms(result) if form.name != ALLOW] == [form.values for form in others]
    assert len(eols(result)) <= 1
    assert [len(rows) for rows in changed(content, result)] in ([0, 0], [0, 1], [1, 1])


@pytest.mark.parametrize(
    ("content", "line"), [(b"(a 1", 1), (b"\n)", 2), (b"(a 1)\nb", 2), (b"(a 'b\n(c)", 1), (b"'a' (b)", 1)]
)
def test_refused(content: bytes, line: int) -> None:
    with pytest.raises(FormatError) as error:
        sexp.forms(content)
    assert error.value.line == line


# --- xend-relocation-hosts-allow


def test_patterns_of_members_admit_members_only() -> None:
    value = sexp.hosts_allow(["^localhost$", *map(sexp.literal, ("198.38.17.55", "top.tjhsst.edu"))])
    assert value == r"^localhost$ ^198\.38\.17\.55$ ^top\.tjhsst\.edu$"
    assert sexp.set(b"", ALLOW, value).count(rb"^198\\.38\\.17\\.55$") == 1
    assert sexp.openings(value) == ()


@given(st.text(min_size=1), st.text())
def test_a_literal_pattern_matches_its_text_alone(text: str, other: str) -> None:
    assert re.match(sexp.literal(text), text)
    assert bool(re.match(sexp.literal(text), other)) == (other in (text, text + "\n"))


@pytest.mark.parametrize("patterns", [[], [""], ["^a$", "^b c$"], ["\t"]])
def test_patterns_that_would_let_everybody_in(patterns: list[str]) -> None:
    with pytest.raises(FormatError, match="let"):
        sexp.hosts_allow(patterns)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "no pattern is given"),
        ("", "no pattern is given"),
        ("^a$  ^b$", "two blanks"),
        ("^a$ ", "two blanks"),
        (" ^a$", "two blanks"),
        (".*", "by '.*'"),
        ("^a$ ^[0-9.]+$", "by '^[0-9.]+$'"),
        ("^10\\.0", "'$' is missing"),
        ("^(a$", "is no pattern"),
    ],
)
def test_openings(value: str | None, words: str) -> None:
    (found,) = sexp.openings(value)
    assert words in found
