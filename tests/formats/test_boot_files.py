"""menu.lst, inittab and securetty: what is read, and edits in place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.corpus import case
from tests.formats.strategies import changed, eols, files
from tui_installer.formats import inittab, lines, menu_lst
from tui_installer.formats.inittab import InittabEntry
from tui_installer.formats.text import FormatError

MENU = case("menulst/etch-like")
GETTY = InittabEntry("T0", "23", "respawn", "/sbin/getty -L ttyS0 115200 vt100")

# --- menu.lst


def test_options() -> None:
    assert menu_lst.options(MENU) == (
        ("kopt", "root=/dev/sda1 ro"),
        ("xenhopt", ""),
        ("xenkopt", "console=tty0"),
        ("groot", "(hd0,0)"),
        ("alternative", "true"),
    )
    assert menu_lst.get(MENU, "defoptions") is None


def test_entries() -> None:
    (entry,) = menu_lst.entries(MENU)
    assert (entry.root, entry.kernel, entry.line) == ("(hd0,0)", "/boot/xen-3.0.3-1-i386-pae.gz", 26)
    assert entry.modules[0] == "/boot/vmlinuz-2.6.18-6-xen-686 root=/dev/sda1 ro console=tty0"
    assert menu_lst.entries(b"title=a\nkernel = /b\n\tinitrd\t/c\n#title d\n")[0].modules == ("/c",)


@pytest.mark.parametrize(
    ("content", "entry"), [(b"default 2", 2), (b"default=1", 1), (b"default saved", None), (b"#default 3", 0), (b"", 0)]
)
def test_default(content: bytes, entry: int | None) -> None:
    assert menu_lst.default(content) == entry


def test_an_option_in_its_place() -> None:
    result = menu_lst.set(MENU, "xenkopt", "console=ttyS0,115200n8 console=tty0 xencons=tty")
    line = b"# xenkopt=console=ttyS0,115200n8 console=tty0 xencons=tty\n"
    assert result == MENU.replace(b"# xenkopt=console=tty0\n", line)


def test_an_option_that_is_new() -> None:
    result = menu_lst.set(MENU, "kopt_2_6", "x")
    assert result == MENU.replace(b"## ## End Default", b"# kopt_2_6=x\n## ## End Default")


def test_options_of_a_file_that_is_not_update_grubs() -> None:
    for content in (b"", b"# kopt=ro\n", MENU.replace(b"## ## End Default Options ##", b"")):
        with pytest.raises(FormatError, match="update-grub is accepted"):
            menu_lst.set(content, "kopt", "ro")
    with pytest.raises(FormatError, match="a second time"):
        menu_lst.set(MENU.replace(b"# xenhopt=", b"# kopt=x"), "kopt", "ro")


@pytest.mark.parametrize(
    ("value", "words", "result"),
    [
        ("console=tty0", ("console=ttyS0,115200n8", "console=tty0"), "console=ttyS0,115200n8 console=tty0"),
        ("quiet console=tty0 ro console=x", ("console=hvc0",), "quiet console=hvc0 ro"),
        ("", ("com1=115200,8n1", "console=com1"), "com1=115200,8n1 console=com1"),
        ("dom0_mem=1", ("console=com1",), "dom0_mem=1 console=com1"),
    ],
)
def test_words_of_a_kernel(value: str, words: tuple[str, ...], result: str) -> None:
    assert menu_lst.with_words(value, *words) == result
    assert menu_lst.with_words(result, *words) == result


OPTIONS = [
    b"# kopt=ro",
    b"# xenhopt=",
    b"## a comment",
    b"#",
    b"# xenkopt= console=tty0 ",
    b"# defoptions=quiet splash",
]


@given(files(OPTIONS), st.sampled_from(["kopt", "xenkopt", "new"]), st.sampled_from(["", "x=y z"]))
def test_an_option_is_read_back_and_others_stay(middle: bytes, key: str, value: str) -> None:
    end = b"\r\n" if b"\r\n" in middle else b"\n"
    content = end.join([b"default 0", menu_lst.BEGIN.encode(), middle, menu_lst.OPTIONS_END.encode(), b"title a"])
    if [known for known, _ in menu_lst.options(content)].count(key) > 1:
        return
    result = menu_lst.set(content, key, value)
    assert menu_lst.get(result, key) == value
    assert [pair for pair in menu_lst.options(result) if pair[0] != key] == [
        pair for pair in menu_lst.options(content) if pair[0] != key
    ]
    assert menu_lst.set(result, key, value) == result
    assert eols(result) == {end}
    assert [len(rows) for rows in changed(content, result)] in ([0, 0], [0, 1], [1, 1])


WORDS = st.from_regex(r"[a-z_]{1,6}(=[a-z0-9,]{1,6})?", fullmatch=True)


@given(st.lists(WORDS, max_size=5).map(" ".join), st.lists(WORDS, min_size=1, max_size=3, unique=True))
def test_words_replace_those_of_their_names_alone(value: str, words: list[str]) -> None:
    result = menu_lst.with_words(value, *words)
    names = {word.partition("=")[0] for word in words}
    assert [word for word in result.split() if word.partition("=")[0] in names] == words
    assert [word for word in result.split() if word.partition("=")[0] not in names] == [
        word for word in value.split() if word.partition("=")[0] not in names
    ]
    assert menu_lst.with_words(result, *words) == result


BOOTS = [b"title Debian, kernel 2.6", b"title=Xen", b"root (hd0,0)", b"kernel /xen.gz",
         b"module\t/vmlinuz ro",
         b"initrd /initrd.img", b"# title no", b"savedefault", b""]  # fmt: skip


@given(files(BOOTS), st.integers(0, 9))
def test_entries_say_what_stands_in_their_lines(content: bytes, number: int) -> None:
    rows = content.splitlines()
    found = menu_lst.entries(content)
    assert [entry.line for entry in found] == [at for at, row in enumerate(rows, 1) if row.startswith(b"title")]
    for entry in found:
        for text in (entry.root, entry.kernel, *entry.modules):
            assert text.encode() in content
    assert sum(len(entry.modules) for entry in found) <= sum(row.startswith((b"module", b"initrd")) for row in rows)
    assert menu_lst.default(f"default {number}\n".encode() + content) == number


# --- inittab


def test_inittab() -> None:
    found = inittab.entries(case("inittab/etch"))
    assert found[0] == InittabEntry("id", "2", "initdefault", "")
    assert found[-1] == InittabEntry("1", "2345", "respawn", "/sbin/getty 38400 tty1")
    assert found[-1].line == 11


def test_an_entry_comes_below_its_template() -> None:
    before = case("inittab/etch")
    template = b"#T0:23:respawn:/sbin/getty -L ttyS0 9600 vt100\n"
    result = inittab.set_entry(before, GETTY)
    assert result == before.replace(template, template + b"T0:23:respawn:/sbin/getty -L ttyS0 115200 vt100\n")


def test_an_entry_in_place_and_at_the_end() -> None:
    assert inittab.set_entry(case("inittab/n-noeol"), GETTY).endswith(
        b"\nT0:23:respawn:/sbin/getty -L ttyS0 115200 vt100"
    )
    assert inittab.set_entry(case("inittab/n-crlf"), GETTY).endswith(
        b"tty1\r\nT0:23:respawn:/sbin/getty -L ttyS0 115200 vt100\r\n"
    )


@pytest.mark.parametrize(
    "content", [b"a:b:c", b":2:off:", b"abcde:2:off:x", b"x:1:off:a\nx:2:off:b\nT0:1:off:\nT0:2:off:"]
)
def test_refused_inittab(content: bytes) -> None:
    with pytest.raises(FormatError, match="accepted"):
        inittab.set_entry(content, GETTY)


ENTRIES = [b"id:2:initdefault:", b"# T0: a line", b"", b"T0:23:off:x", b"H0:23:respawn:/sbin/getty hvc0", b"#T0:2:off:"]


@given(files(ENTRIES))
def test_an_entry_is_read_back_and_others_stay(content: bytes) -> None:
    if [entry.id for entry in inittab.entries(content)].count("T0") > 1:
        return
    result = inittab.set_entry(content, GETTY)
    assert GETTY in inittab.entries(result)
    assert [entry for entry in inittab.entries(result) if entry.id != "T0"] == [
        entry for entry in inittab.entries(content) if entry.id != "T0"
    ]
    assert inittab.set_entry(result, GETTY) == result
    assert len(eols(result)) <= 1
    assert [len(rows) for rows in changed(content, result)] in ([0, 0], [0, 1], [1, 1])


# --- securetty


def test_terminals() -> None:
    content = case("securetty/etch")
    assert lines.has_tty(content, "tty2")
    assert not lines.has_tty(content, "ttyS")
    assert not lines.has_tty(content, "/etc/securetty: terminals")
    assert lines.add_tty(content, "ttyS0") == content
    assert lines.add_tty(content, "hvc0") == content + b"hvc0\n"
    assert lines.add_tty(case("securetty/n-noeol"), "hvc0") == b"console\nttyS0\nhvc0\n"


@given(files([b"tty1", b"# hvc0", b"ttyS0 # serial", b"", b" console"]), st.sampled_from(["hvc0", "ttyS0", "console"]))
def test_a_terminal_is_added_once_and_nothing_else(content: bytes, name: str) -> None:
    result = lines.add_tty(content, name)
    assert lines.has_tty(result, name)
    assert lines.add_tty(result, name) == result
    assert result.startswith(content)
    assert (result == content) == lines.has_tty(content, name)
    assert eols(result) <= (eols(content) or {b"\n"})
