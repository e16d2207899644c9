"""What old multipath-tools pass over, devnode patterns, WWIDs; and what the dialects of old releases write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.formats.corpus import case
from tests.formats.strategies import files
from tui_installer.formats import blocks
from tui_installer.formats.multipath_keywords import Generation, dead, foreign, loose, wwid
from tui_installer.formats.text import FormatError

NEW = b"defaults {\n  find_multipaths yes\n  prio alua\n}\nblacklist_exceptions {\n devnode sda\n}\n"


@pytest.mark.parametrize(("generation", "lines"), [("0.4.7", ["2", "3", "5"]), ("0.4.8", ["2", "3"]), ("0.4.9", ["2"])])
def test_what_is_passed_over(generation: Generation, lines: list[str]) -> None:
    found = foreign(NEW, generation)
    assert [words.split()[1].rstrip(":") for words in found] == lines
    assert found[0] == f"line 2: multipath-tools {generation} do not know find_multipaths"


def test_the_guides_file_is_known_and_loose() -> None:
    guide = case("multipath/guide")
    for generation in ("0.4.7", "0.4.8", "0.4.9"):
        assert foreign(guide, generation) == ()
    assert loose(guide) == ("cciss", "fd", "hd", "md", "sr", "scd", "st", "ram", "raw", "loop")
    assert loose(b'blacklist {\n devnode "^sd[a-b]$"\n devnode st\n wwid x\n}') == ("st",)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("22E3-0001-5555-469C", "222e300015555469c"),
        ("222e300015555469c", "222e300015555469c"),
        ("60:01:40:5d:36:3a:f4:e9:a6:94:72:cb:d4:71:16:29", "36001405d363af4e9a69472cbd4711629"),
        ("0x5000c50015ea71ac", "35000c50015ea71ac"),
    ],
)
def test_wwid(text: str, result: str) -> None:
    assert wwid(text) == result


@pytest.mark.parametrize("text", ["", "(wwn here)", "22e3", "g" * 16, "2" * 20])
def test_no_wwid(text: str) -> None:
    with pytest.raises(FormatError, match="16 or 32"):
        wwid(text)


def test_old_dialects() -> None:
    with pytest.raises(FormatError, match="without one is accepted"):
        blocks.set(b"", blocks.MULTIPATH_04, ("defaults",), "features", '1 "queue"')
    assert blocks.set(b"", blocks.MULTIPATH_04, ("defaults",), "features", "1 queue_if_no_path") == (
        b'defaults {\n\tfeatures "1 queue_if_no_path"\n}\n'
    )
    assert blocks.get(b"global/locking_type = 1", blocks.LVM_202, ("global",), "locking_type") is None
    assert blocks.set(b"global {\n  locking_type = 1\n}\n", blocks.LVM_202, ("global",), "locking_type", "2") == (
        b"global {\n  locking_type = 2\n}\n"
    )


DIGITS = st.text("0123456789abcdef", min_size=32, max_size=32) | st.text("0123456789abcdef", min_size=16, max_size=16)


@given(DIGITS, st.sampled_from(["", "-", ":", " "]), st.integers(1, 8), st.booleans())
def test_a_wwid_is_the_same_however_it_is_written(digits: str, mark: str, size: int, upper: bool) -> None:
    pieces = [digits[at : at + size] for at in range(0, len(digits), size)]
    written = mark.join(pieces).upper() if upper else mark.join(pieces)
    found = wwid(written)
    assert found == wwid(digits)
    assert found.endswith(digits)
    assert wwid(found) == found


KNOWN = [b"  user_friendly_names no", b"  polling_interval 10", b"# prio alua", b""]
FOREIGN = [b"  find_multipaths yes", b"  enable_foreign none", b"  skip_kpartx yes"]


@given(files(KNOWN + FOREIGN))
def test_each_foreign_line_is_named_and_no_other(rows: bytes) -> None:
    content = b"defaults {\n" + rows.replace(b"\r", b"") + b"\n}\n"
    wanted = [at for at, row in enumerate(content.split(b"\n"), 1) if row in FOREIGN]
    assert [int(words.split()[1].rstrip(":")) for words in foreign(content, "0.4.8")] == wanted


TWICE = b"""\
devnode_blacklist {
    devnode "^sd[ab]$"
}
devices {
    device {
        vendor "A"
        product "B"
    }
}
blacklist {
    wwid 3600508b400105df70000e00000ac0000
}
devices {
    device {
        vendor "C"
        product "D"
    }
}
"""


def test_a_second_section_takes_the_place_of_the_first() -> None:
    """Source: libmultipath/dict.c of 0.4.7, 0.4.8 and 761c66f, whose devices_handler alone keeps what is there."""
    lost = ["line 1: a later section takes the place of this devnode_blacklist"]
    assert list(dead(TWICE, "0.4.9")) == lost
    assert list(dead(TWICE, "0.4.8")) == [*lost, "line 4: a later section takes the place of this devices"]
    (live,) = blocks.sections(TWICE, blocks.MULTIPATH_04, ("blacklist",))
    assert [entry.key for entry in live.entries] == ["wwid"]
    vendors = [
        section.entries[0].value
        for dialect in (blocks.MULTIPATH_04, blocks.MULTIPATH_049, blocks.MULTIPATH)
        for section in blocks.sections(TWICE, dialect, ("devices", "device"))
    ]
    assert vendors == ["C", "A", "C", "A", "C"]


def test_entries_go_into_the_section_that_counts() -> None:
    new = [("wwid", "3600508e000000000aaaa"), ("devnode", "^sdc$")]
    both = blocks.add_entries(TWICE, blocks.MULTIPATH_04, ("blacklist",), new)
    assert both.count(b"blacklist {") == TWICE.count(b"blacklist {")
    assert b'0ac0000\n    wwid 3600508e000000000aaaa\n    devnode "^sdc$"\n}\n' in both
    old = blocks.add_entries(TWICE[: TWICE.index(b"devices")], blocks.MULTIPATH_04, ("blacklist",), new)
    assert (
        old == b'devnode_blacklist {\n    devnode "^sd[ab]$"\n    wwid 3600508e000000000aaaa\n    devnode "^sdc$"\n}\n'
    )
    assert blocks.add_entries(b"", blocks.MULTIPATH_04, ("blacklist",), new[:1]).startswith(b"blacklist {\n")
