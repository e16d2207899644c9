"""lvm.conf: the simulated LVM's own reader, by the rules of lib/config/config.c of each release's LVM."""

from __future__ import annotations

import pytest

from tests.simulator.rhcs import guide
from tests.simulator.rhcs.conftest import RELEASES, Make
from tests.simulator.worlds import ok, run
from tui_installer import simulator
from tui_installer.simulator.rhcs.lvm_parser import Config, LvmConfError, dumped, parse

ALL, HIDING = 'filter = [ "a/.*/" ]', 'filter = [ "a|^/dev/cciss/|", "r|.*|" ]'


def config(text: str, release: str = "etch") -> Config:
    return Config((parse(text, release),))


def test_the_first_of_a_name_counts_at_each_level() -> None:
    text = "a { b = 1 b = 2 c { d = 3 } c { e = 4 } } a { f = 5 b = 6 } a/g = 7 h = 8"
    found = config(text)
    assert [found.number(path, 0) for path in ("a/b", "a/c/d", "a/c/e", "a/f", "a/g", "h")] == [1, 3, 0, 0, 0, 8]


def test_a_number_is_no_string_and_a_string_is_no_number() -> None:
    found = config("""a = "3" b = 077 c = -5 d = 1.5 e = 'x"y' f = [] g = ["p" "q", "r",]""")
    assert [found.number(name, 0) for name in "abcd"] == [0, 63, -5, 0]
    assert [found.text(name, "no") for name in "abe"] == ["3", "no", 'x"y']
    assert [found.texts(name, ("no",)) for name in "fg"] == [("no",), ("p", "q", "r")]


def test_backslashes_in_strings_stay_on_etch_alone() -> None:
    text = r'a = "x\\y\"z\d"'
    assert config(text).text("a", "") == r"x\\y\"z\d"
    assert config(text, "lenny").text("a", "") == r'x\y"z\d'


@pytest.mark.parametrize(
    ("text", "etch", "later"),
    [
        ("a = word\n", "line 1: expected a value", "byte 5 (line 1): expected a value"),
        ("# one\n# two\na { b }\n", "line 5: unexpected token", "byte 19 (line 3): unexpected token"),
        ("a {\n b = 1\n", "line 3: unexpected token", "byte 12 (line 3): unexpected token"),
        ("}\n", "line 1: unexpected token", "byte 1 (line 1): unexpected token"),
        ('a = "x\n', "", ""),  # a string may end with the file
    ],
)
def test_refused(text: str, etch: str, later: str) -> None:
    for release, words in (("etch", etch), ("lenny", later), ("squeeze", later)):
        if not words:
            parse(text, release)
            continue
        with pytest.raises(LvmConfError) as error:
            parse(text, release)
        assert str(error.value) == f"Parse error at {words}"


def test_dumped_as_dumpconfig_does() -> None:
    (node,) = parse('devices { filter = [ "a/.*/" ] scan = ["/dev","/x"] umask = 077 }', "etch")
    assert dumped(node, "etch") == 'devices {\n\tfilter="a/.*/"\n\tscan=["/dev", "/x"]\n\tumask=63\n}\n'


@pytest.mark.parametrize("release", RELEASES)
def test_a_second_section_is_passed_over(rhcs: Make, release: str) -> None:
    host = simulator.here(rhcs(release))
    conf = guide.text(host, "/etc/lvm/lvm.conf")
    assert ALL in conf
    guide.put(host, "/etc/lvm/lvm.conf", f"{conf}devices {{\n    {HIDING}\n}}\n")
    assert "local" in ok(host, "vgs --noheadings -o vg_name")
    guide.put(host, "/etc/lvm/lvm.conf", f'{conf}devices {{\n    filter = [ "r|.*|" ]\n}}\n')
    again = run(host, "vgs --noheadings -o vg_name")
    assert "local" in again.out
    warned = "  WARNING: Ignoring duplicate config node: devices (seeking devices/filter)\n" in again.err
    assert warned == (release == "squeeze")
