"""LVM of 2.02.06 to 2.02.66: reports with separators, clvm's locking, and what LVM complains of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import made_up, scattered
from tests.probes.recorded import Recorded
from tui_installer.hosts.host import File
from tui_installer.probes.lvm import Group, Volume
from tui_installer.probes.own_volumes import parse_mounts
from tui_installer.probes.rhcs import lvm_text
from tui_installer.probes.rhcs.lvm_text import (
    Locking,
    parse_complaints,
    parse_filter,
    parse_groups,
    parse_locking,
    parse_pvs,
    parse_swaps,
    parse_volumes,
)

VGS = """\
  san|Zq0h8L-0001|wz--nc|409600.00M|204800.00M|/dev/mapper/vm0
  san|Zq0h8L-0001|wz--nc|409600.00M|204800.00M|/dev/mapper/vm2
  local|Zq0h8L-0002|wz--n-|8192.00M|0 |/dev/cciss/c0d0p2
  |||0 |0 |/dev/mapper/vm9
"""
LVS = """\
  mail|san|aaaa-1|10240.00M|-wi-ao
  web|san|aaaa-2|10240.00M|-wi---
  [lvol0_pmspare]|san|aaaa-3|4.00M|ewi-a-
  swap|local|aaaa-4|1024.00M|-wi-ao
"""
PVS = "  /dev/cciss/c0d0p2|local\n  /dev/mapper/vm0|san\n  /dev/mapper/vm9|\n"
CONF = b"""\
devices {
    filter = [ "a|^/dev/mapper/vm.*|", # the SAN
               "r|.*|" ]
}
global {
    # locking_type = 1
    locking_type = 2
    locking_library = "liblvm2clusterlock.so"
    library_dir = "/lib/lvm2"
    fallback_to_local_locking = 1
}
"""


def test_groups() -> None:
    assert parse_groups(VGS) == (
        Group("san", "Zq0h8L-0001", "", "", True, "409600.00M", "204800.00M", ("/dev/mapper/vm0", "/dev/mapper/vm2")),
        Group("local", "Zq0h8L-0002", "", "", False, "8192.00M", "0", ("/dev/cciss/c0d0p2",)),
    )


def test_volumes() -> None:
    assert parse_volumes(LVS) == (
        Volume("mail", "san", "aaaa-1", "10240.00M", True, True, ""),
        Volume("web", "san", "aaaa-2", "10240.00M", False, False, ""),
        Volume("lvol0_pmspare", "san", "aaaa-3", "4.00M", True, False, ""),
        Volume("swap", "local", "aaaa-4", "1024.00M", True, True, ""),
    )


def test_pvs() -> None:
    assert parse_pvs(PVS) == (("/dev/cciss/c0d0p2", "local"), ("/dev/mapper/vm0", "san"), ("/dev/mapper/vm9", ""))


def test_locking_and_filter() -> None:
    found = parse_locking(CONF)
    assert found == Locking(2, "liblvm2clusterlock.so", "/lib/lvm2", True)
    assert found.clustered
    assert parse_filter(CONF).startswith('[ "a|^/dev/mapper/vm.*|"')
    assert parse_locking(b"global {\n fallback_to_local_locking = 0\n}\n") == Locking(None, "", "", False)
    assert not parse_locking(b"").clustered


@pytest.mark.parametrize("content", [b"", b'devices {\n filter = [ "a/.*/" ]\n}', b'devices {\n filter = "a|.*|"\n}'])
def test_a_filter_that_accepts_everything_is_none(content: bytes) -> None:
    assert parse_filter(content) == ""


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("  Found duplicate PV sXro: using /dev/sdc3 not /dev/sda3\n", ("duplicate-pv",)),
        (
            "  connect() failed on local socket: No such file or directory\n"
            "  Internal cluster locking initialisation failed.\n"
            "  WARNING: Falling back to local file-based locking.\n"
            "  Volume Groups with the clustered attribute will be inaccessible.\n",
            ("local-locking", "clvmd-down"),
        ),
        ("  Locking type 2 initialisation failed.\n", ("locking-failed",)),
        ("Parse error at line 3: unexpected token\n  Failed to load config file /etc/lvm/lvm.conf\n", ("conf-error",)),
        ("  clvmd not running on node left\n", ("clvmd-missing",)),
        ("  WARNING: locking_type (2) is deprecated, using file locking.\n", ("local-locking",)),
        ("  Skipping clustered volume group san\n", ("skipped",)),
        ("", ()),
    ],
)
def test_complaints(text: str, codes: tuple[str, ...]) -> None:
    assert parse_complaints(text) == codes


def test_mounts_and_swaps() -> None:
    mtab = "/dev/cciss/c0d0p1 / ext3 rw 0 0\ntmpfs /var tmpfs rw 0 0\n/dev/mapper/local-home /home ext3 rw 0 0\n"
    mtab += "/dev/mapper/local-var /var ext3 rw 0 0\n"
    assert parse_mounts(mtab) == ("/dev/cciss/c0d0p1", "/dev/mapper/local-var")
    swaps = "Filename\t\t\t\tType\t\tSize\n/dev/mapper/local-swap                  partition\t1048568\n"
    assert parse_swaps(swaps) == ("/dev/mapper/local-swap",)


NAMES = st.from_regex(r"[a-z][a-z0-9_.+-]{0,9}", fullmatch=True)
PVS_OF = st.lists(st.from_regex(r"/dev/[a-z0-9/]{1,9}[a-z]", fullmatch=True), min_size=1, max_size=3, unique=True)


@given(st.dictionaries(NAMES, st.tuples(st.booleans(), PVS_OF), max_size=5))
def test_any_groups(groups: dict[str, tuple[bool, list[str]]]) -> None:
    rows = [
        f"  {name}|uuid|wz--n{'c' if clustered else '-'}|1.00M|0 |{pv}\n"
        for name, (clustered, pvs) in groups.items()
        for pv in pvs
    ]
    assert [(each.name, each.clustered, list(each.pvs)) for each in parse_groups("".join(rows))] == [
        (name, clustered, pvs) for name, (clustered, pvs) in groups.items()
    ]


@given(st.lists(st.tuples(NAMES, NAMES, st.booleans(), st.booleans(), st.booleans())))
def test_any_volumes(volumes: list[tuple[str, str, bool, bool, bool]]) -> None:
    rows = [
        f"  {f'[{name}]' if hidden else name}|{group}|uuid|4.00M|-wi-{'a' if active else '-'}{'o' if used else '-'}\n"
        for name, group, hidden, active, used in volumes
    ]
    assert parse_volumes("".join(rows)) == tuple(
        Volume(name, group, "uuid", "4.00M", active, used, "") for name, group, _, active, used in volumes
    )


@given(st.lists(st.tuples(NAMES, NAMES | st.just(""))), st.lists(NAMES))
def test_any_volumes_of_a_group_and_swaps(pvs: list[tuple[str, str]], swaps: list[str]) -> None:
    assert parse_pvs("".join(f"  /dev/{pv}|{group}\n" for pv, group in pvs)) == tuple(
        (f"/dev/{pv}", group) for pv, group in pvs
    )
    rows = [f"/dev/{name} partition 1 0 -2\n" for name in swaps]
    assert parse_swaps("Filename Type Size Used Priority\n" + "".join(rows)) == tuple(f"/dev/{name}" for name in swaps)


STRINGS = st.from_regex(r"[a-z/.]{1,12}", fullmatch=True)


@given(st.integers(0, 9), STRINGS, STRINGS, st.booleans())
def test_any_locking(kind: int, library: str, folder: str, fallback: bool) -> None:
    rows = [f"locking_type = {kind}", "# locking_type = 8", f'locking_library = "{library}"',
            f'library_dir = "{folder}"', f"fallback_to_local_locking = {int(fallback)}"]  # fmt: skip
    content = "\n".join(["global {", *rows, "}", "other {", "locking_type = 7", "}"]).encode()
    assert parse_locking(content) == Locking(kind, library, folder, fallback)


@given(st.text() | st.lists(st.sampled_from((VGS + LVS + PVS).splitlines())).map("\n".join))
def test_nothing_is_made_up(text: str) -> None:
    found = (parse_groups(text), parse_volumes(text), parse_pvs(text), parse_mounts(text), parse_swaps(text))
    assert not made_up(found, text)
    assert all(each.name for each in parse_groups(text))


COMPLAINED = {
    "conf-error": "Parse error at line 3: unexpected token",
    "locking-failed": "  Locking type 2 initialisation failed.",
    "local-locking": "  WARNING: locking_type (2) is deprecated, using file locking.",
    "clvmd-down": "  Unable to connect to clvmd",
    "clvmd-missing": "  clvmd not running on node left",
    "duplicate-pv": "  Found duplicate PV Zq0h8L: using /dev/sdb not /dev/sda",
    "skipped": "  Skipping clustered volume group san",
}


@given(st.sets(st.sampled_from(sorted(COMPLAINED))), st.data())
def test_every_complaint_is_heard(codes: set[str], data: st.DataObject) -> None:
    text = data.draw(
        scattered([COMPLAINED[code] for code in codes], ["", "  Reading all volumes", "File descriptor 3"])
    )
    assert set(parse_complaints(text)) == codes


FILES = {
    "/etc/lvm/lvm.conf": File(CONF),
    "/etc/mtab": File(b"/dev/cciss/c0d0p1 / ext3 rw 0 0\n"),
    "/proc/swaps": File(b"Filename\tType\n/dev/mapper/local-swap partition\n"),
}


def test_a_host() -> None:
    commands: dict[str, tuple[int, str] | tuple[int, str, str]] = {
        "vgs": (0, VGS, "  Skipping volume group x\n"),
        "lvs": (0, LVS),
        "pvs": (0, PVS),
        "pidof clvmd": (0, "1"),
    }
    found = lvm_text.probe(Recorded(commands, FILES))
    assert (found.installed, found.clvmd, found.refusal, found.failure) == (True, True, "", ())
    assert found.own_pvs == ("/dev/cciss/c0d0p2",)
    assert (len(found.groups), len(found.volumes), found.locking.type) == (2, 4, 2)
    assert found.complaints == ("skipped",)


def test_the_guides_lvm_conf_is_refused() -> None:
    words = "Parse error at line 1: unexpected token\n  Failed to load config file /etc/lvm/lvm.conf\n"
    conf = File(b'log {\n file = "/var/log/lvm2.log\n}\n')
    found = lvm_text.probe(Recorded({"vgs": (5, "", words), "lvs": (5, "", words)}, {"/etc/lvm/lvm.conf": conf}))
    assert found.refusal.startswith("line 2: ")
    assert found.complaints == ("conf-error",)
    assert found.failure[0] == "vgs: exit code 5"


def test_a_host_without_lvm() -> None:
    found = lvm_text.probe(Recorded())
    assert (found.installed, found.conf, found.groups, found.volumes, found.failure) == (False, None, (), (), ())
