"""Properties of the editor of brace-block files, over trees written in many layouts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.formats.corpus import accepted, case
from tests.formats.strategies import eols
from tui_installer.formats import blocks
from tui_installer.formats.block_tree import facts
from tui_installer.formats.blocks import COROSYNC, LVM, MULTIPATH, Dialect
from tui_installer.formats.text import FormatError

DIALECTS = {"multipath": MULTIPATH, "lvm": LVM, "corosync": COROSYNC}
ENTRIES = {
    MULTIPATH: [b"k 1", b'q "a b" # c', b"k yes ! c", b'w "sd[a-z]"', b"# k 1", b"", b"! x"],
    LVM: [b"k = 1", b'q="a }" # c', b"l = [ 1,\n# ]\n 'b' ]", b"s/k = 2", b"# k = 0", b"", b"k=077 q = 1.5"],
    COROSYNC: [b"k: 1", b"q: a } # b", b"l:", b"# k: 0", b"", b"r : fe80::1"],
}
HEADS = {
    MULTIPATH: [b"%s {", b"%s{ # c", b"%s\n{"],
    LVM: [b"%s {", b"%s {# c", b"%s\n\n{"],
    COROSYNC: [b"%s {", b"%s{"],
}
VALUES = {
    MULTIPATH: st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=8),
    LVM: st.sampled_from(["1", '"a"', '[ "r|/dev/sd.*|", "a|.*|" ]', "[]", "0.5", "'}'"]),
    COROSYNC: st.sampled_from(["1", "a b", "10.0.0.1", "", "# x", "}"]),
}


def _written(dialect: Dialect, name: bytes, kids: list[bytes]) -> st.SearchStrategy[bytes]:
    """A section in some layout, with some entries and some of `kids`."""
    rows = st.lists(st.sampled_from(ENTRIES[dialect] + kids), max_size=5)
    step = st.sampled_from([b"", b"\t", b"    "])

    def join(head: bytes, inside: list[bytes], margin: bytes) -> bytes:
        body = b"".join(margin + row.replace(b"\n", b"\n" + margin) + b"\n" for row in inside)
        return head % name + b"\n" + body + b"}"

    return st.builds(join, st.sampled_from(HEADS[dialect]), rows, step)


@st.composite
def files(draw: st.DrawFn, dialect: Dialect) -> bytes:
    """A whole file of sections `s` (with sub-sections `t`) and `u`."""
    kids = draw(st.lists(_written(dialect, b"t", []), max_size=2))
    parts = draw(st.lists(_written(dialect, b"s", kids) | _written(dialect, b"u", []), max_size=4))
    text = draw(st.sampled_from([b"\n", b"\n\n"])).join([draw(st.sampled_from([b"", b"# \xe4"])), *parts])
    text += draw(st.sampled_from([b"", b"\n"])) if text else b""
    return text.replace(b"\n", b"\r\n") if draw(st.booleans()) else text


CASES = st.sampled_from(list(DIALECTS.values())).flatmap(lambda d: st.tuples(st.just(d), files(d), VALUES[d]))
PLACES = st.sampled_from([("s",), ("s", "t"), ("u",), ("new",), ("new", "er"), ()])


def _all(content: bytes, dialect: Dialect) -> list[tuple[tuple[str, ...], str]]:
    return [(path, entry.value) for path, _, entry in facts(blocks.parse(content, dialect), dialect)]


@settings(max_examples=100)
@given(CASES, PLACES, st.sampled_from(["k", "q", "fresh"]))
def test_set(drawn: tuple[Dialect, bytes, str], path: tuple[str, ...], key: str) -> None:
    dialect, content, value = drawn
    result = blocks.set(content, dialect, path, key, value)
    assert blocks.get(result, dialect, path, key) == value
    assert blocks.set(result, dialect, path, key, value) == result
    others = [fact for fact in _all(content, dialect) if fact[0] != (*path, key)]
    assert [fact for fact in _all(result, dialect) if fact[0] != (*path, key)] == others
    assert eols(result) <= (eols(content) or {b"\n"})
    _only_one_place_changes(content, result)


def _only_one_place_changes(before: bytes, after: bytes) -> None:
    """What is not alike lies in one place, of no more lines than the longest entry has."""
    old, new = before.splitlines(), after.splitlines()
    same = [one == two for one, two in zip(old, new, strict=False)]
    head = same.index(False) if False in same else len(same)
    tail = len(old[head:]) - 3
    assert tail <= 0 or old[-tail:] == new[-tail:]


@settings(max_examples=100)
@given(CASES, st.sampled_from([("s",), ("u",), ()]))
def test_remove_key(drawn: tuple[Dialect, bytes, str], path: tuple[str, ...]) -> None:
    dialect, content, _ = drawn
    result = blocks.remove_key(content, dialect, path, "k")
    assert blocks.get(result, dialect, path, "k") is None
    assert _all(result, dialect) == [fact for fact in _all(content, dialect) if fact[0] != (*path, "k")]


@settings(max_examples=100)
@given(CASES, st.sampled_from([("s",), ("u",)]))
def test_removing_an_added_section_gives_the_file_back(drawn: tuple[Dialect, bytes, str], path: tuple[str]) -> None:
    dialect, content, value = drawn
    if not blocks.sections(content, dialect, path):
        return
    entries = [("fresh", "1"), ("other", value)]
    added = blocks.add_section(content, dialect, path, "t", entries)
    found = [section for section in blocks.sections(added, dialect, (*path, "t")) if section.entries[:1]]
    assert entries in [[(entry.key, entry.value) for entry in section.entries] for section in found]
    assert blocks.remove_section(added, dialect, path, "t", {"fresh": "1"}) == content


@settings(max_examples=100)
@given(CASES, st.sampled_from([("s",), ("new",), ("new", "er")]))
def test_one_key_of_one_sub_section(drawn: tuple[Dialect, bytes, str], path: tuple[str, ...]) -> None:
    dialect, content, value = drawn
    added = blocks.add_section(content, dialect, path, "t", [("name", "fresh")])
    result = blocks.set_in(added, dialect, path, "t", {"name": "fresh"}, "votes", value)
    assert blocks.sections(result, dialect, (*path, "t"))[-1].entries[-1].value == value
    assert blocks.set_in(result, dialect, path, "t", {"name": "fresh"}, "votes", value) == result
    assert blocks.remove_key(result, dialect, (*path, "t"), "votes", {"name": "fresh"}) == added


@given(st.binary(), st.sampled_from(list(DIALECTS.values())))
def test_any_bytes_are_edited_or_refused(content: bytes, dialect: Dialect) -> None:
    try:
        blocks.parse(content, dialect)
        result = blocks.set(content, dialect, ("some",), "key", "1")
    except FormatError:
        return
    assert blocks.get(result, dialect, ("some",), "key") == "1"


@pytest.mark.parametrize("family", DIALECTS)
def test_every_entry_of_the_corpus_can_be_written_again(family: str) -> None:
    dialect = DIALECTS[family]
    for content in accepted(family):
        for path, _, entry in facts(blocks.parse(content, dialect), dialect)[:20]:
            home = path[:-1]
            result = blocks.set(content, dialect, home, path[-1], "42")
            assert blocks.get(result, dialect, home, path[-1]) == "42"
            assert len(result.splitlines()) == len(content.splitlines()) - entry.value.count("\n")


@pytest.mark.parametrize(
    ("dialect", "content", "line"),
    [
        (MULTIPATH, b"defaults {\n user_friendly_names yes }\n", 2),
        (MULTIPATH, b"defaults {\n features 1 queue_if_no_path\n}\n", 2),
        (MULTIPATH, b'multipaths {\n multipath {\n  wwid "1\n }\n}\n', 3),
        (MULTIPATH, b"\ndefaults {\n verbosity 2\n", 2),
        (MULTIPATH, b"defaults {\n}\n}\n", 3),
        (MULTIPATH, b"defaults {\n alias\n}\n", 2),
        (MULTIPATH, b"{\n}\n", 1),
        (LVM, b"global {\n umask =\n}\n", 2),
        (LVM, b"global {\n umask =\n units = 1\n}\n", 2),
        (LVM, b'devices {\n filter = [ "a" "b" ]\n}\n', 2),
        (LVM, b"devices {\n filter = [ 1\n", 2),
        (LVM, b'devices {\n dir += "x"\n}\n', 2),
        (LVM, b'devices {\n dir = "x\n}\n', 2),
        (LVM, b"a {\n}}\n", 2),
        (COROSYNC, b"totem { version: 2 }\n", 1),
        (COROSYNC, b"totem\n{\n}\n", 1),
        (COROSYNC, b"totem {\n version 2\n}\n", 2),
        (COROSYNC, b"totem {\n a: b{c\n}\n", 2),
        (COROSYNC, b"totem {\n} # end\n", 2),
        (COROSYNC, b"totem {\n version: 2\n", 1),
        (COROSYNC, b" {\n}\n", 1),
    ],
)
def test_what_the_programs_refuse_or_drop_is_refused(dialect: Dialect, content: bytes, line: int) -> None:
    with pytest.raises(FormatError) as error:
        blocks.parse(content, dialect)
    assert error.value.line == line


def test_values_are_what_the_program_sees() -> None:
    content = b'defaults {\n a "x ""y"" z" # c\n b"1"\n c d!e\n}\n'
    values = [entry.value for entry in blocks.sections(content, MULTIPATH, ("defaults",))[0].entries]
    assert values == ['x "y" z', "1", "d"]
    assert blocks.strings('[ "a|\\"x\\"|", # "c"\n \'r|\\.|\' ]') == ('a|"x"|', "r|\\.|")


def test_the_last_of_repeated_sections_counts() -> None:
    content = b"global {\n\tk = 1\n}\nglobal/k = 2\nglobal {\n\tu = 3\n}\n"
    assert blocks.get(content, LVM, ("global",), "k") == "2"
    assert blocks.set(content, LVM, ("global",), "k", "4") == content.replace(b"/k = 2", b"/k = 4")
    assert blocks.set(content, LVM, ("global",), "k", "4", which=0) == content.replace(b"k = 1", b"k = 4")


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
def test_a_sub_section_that_is_not_there(dialect: Dialect) -> None:
    with pytest.raises(FormatError, match="found no node with"):
        blocks.set_in(b"", dialect, ("nodelist",), "node", {"name": "x"}, "k", "1")
    assert blocks.remove_section(b"", dialect, ("nodelist",), "node", {"name": "x"}) == b""


@pytest.mark.parametrize(
    ("dialect", "value"),
    [(LVM, "1 }"), (LVM, '"x'), (LVM, "1\n"), (LVM, ""), (COROSYNC, "a{"), (COROSYNC, " a"), (MULTIPATH, "a\nb")],
)
def test_a_value_that_would_break_the_file_is_refused(dialect: Dialect, value: str) -> None:
    with pytest.raises(FormatError):
        blocks.set(b"", dialect, ("s",), "k", value)


def test_the_guide_file_names_its_lines() -> None:
    tree = blocks.parse(case("multipath/guide"), MULTIPATH)
    multipaths = tree.sections[-1]
    entries = multipaths.sections[0].entries
    assert (multipaths.name, multipaths.line) == ("multipaths", 27)
    assert [(entry.key, entry.value, entry.line) for entry in entries] == [
        ("wwid", "222ab0001550e1234", 29),
        ("alias", "vm0", 30),
    ]


TWICE = b"""devices {
    filter = [ "a/.*/" ]
    filter = [ "r|x|" ]
}
global { locking_type = 1 }
devices {
    filter = [ "r|.*|" ]
    only = 1
}
"""


def test_until_2_02_98_lvm_takes_the_first_of_a_name() -> None:
    """find_config_node in lib/config/config.c of 2.02.06, 2.02.39 and 2.02.66; later ones take the last."""
    old, new = blocks.LVM_202, blocks.LVM
    assert blocks.get(TWICE, old, ("devices",), "filter") == '[ "a/.*/" ]'
    assert blocks.get(TWICE, new, ("devices",), "filter") == '[ "r|.*|" ]'
    assert (blocks.get(TWICE, old, ("devices",), "only"), blocks.get(TWICE, new, ("devices",), "only")) == (None, "1")
    after = blocks.set(TWICE, old, ("devices",), "filter", '[ "r|y|" ]')
    assert after == TWICE.replace(b'[ "a/.*/" ]', b'[ "r|y|" ]')
    assert b"    only = 2\n}\nglobal" in blocks.set(TWICE, old, ("devices",), "only", "2")


def test_until_2_02_98_lvm_takes_no_bare_word() -> None:
    for value in (b"cluster", b'[ "a", b ]'):
        with pytest.raises(FormatError, match="a number or a string"):
            blocks.parse(b"global { locking_type = " + value + b" }\n", blocks.LVM_202)
    assert blocks.get(b"global { a = -1 b = .5 c = 'x' }\n", blocks.LVM_202, ("global",), "b") == ".5"
