"""xend-config.sxp: the simulated xend's own reader, against what sxp.py of xend made of the same texts when it ran."""

from __future__ import annotations

import pytest

from tui_installer.simulator.rhcs.sxp import SxpError, parse

LATER = ("lenny", "squeeze")
RAN = [
    (r"(a '^198\.38\.17\.55$')", LATER, [["a", r"^198\38\17\55$"]]),
    (r"(a '^198\.38\.17\.55$')", ("etch",), [["a", "^198\x038\x0f-$"]]),
    (r"(a '^bottom\.example$' )", LATER, [["a", r"^bottom\example$"]]),
    (r"(a '^l\\.x$' )", ("etch", *LATER), [["a", r"^l\.x$"]]),
    ("""(a b'c' 'd e' "f")""", ("etch", *LATER), [["a", "b'c'", "d e", "f"]]),
    ("(a (b c))(d)\n", ("etch", *LATER), [["a", ["b", "c"]], ["d"]]),
    ("a b\n", ("etch", *LATER), ["a", "b"]),
    ("(a [b])\n", ("etch", *LATER), [["a", "[b", "]"]]),
    ("(a 'b\n c')\n(a b;c)\n", ("etch", *LATER), [["a", "b\n c"], ["a", "b", ";c"]]),
    (r"(a '\x41')", ("etch", *LATER), [["a", "A"]]),
    ("(a b!c)", ("lenny",), [["a", "b", "!c"]]),
    ("(a b!c)", ("squeeze",), [["a", "b!c"]]),
    ("(x b#c\n d)\n", ("etch", *LATER), [["x", "b", "d"]]),
]
REFUSED = [
    ("(a 'x", ("etch", *LATER), "unexpected EOF"),
    ("(a b\n", ("etch", *LATER), "unexpected EOF"),
    (")\n", ("etch", *LATER), "syntax error: )"),
    (r"(a '^bottom\.example$' )", ("etch",), "unexpected EOF"),
    (r"(a '\777')", ("etch", *LATER), "invalid octal escape: out of range 777"),
]


@pytest.mark.parametrize(("text", "releases", "values"), RAN)
def test_taken(text: str, releases: tuple[str, ...], values: object) -> None:
    assert all(parse(text, release) == values for release in releases)


@pytest.mark.parametrize(("text", "releases", "why"), REFUSED)
def test_refused(text: str, releases: tuple[str, ...], why: str) -> None:
    for release in releases:
        with pytest.raises(SxpError, match=why.replace(")", r"\)")):
            parse(text, release)
