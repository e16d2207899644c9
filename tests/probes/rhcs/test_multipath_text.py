"""`multipath -ll` in its four generations: what it prints for some maps is read as those maps."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import made_up
from tests.probes.recorded import Recorded
from tui_installer.hosts.host import File
from tui_installer.probes.iscsi import Session
from tui_installer.probes.multipath import Disk, Map, Path
from tui_installer.probes.rhcs import multipath_text
from tui_installer.probes.rhcs.multipath_text import parse_maps

ETCH = """\
vm0 (22266000155c3a7e1)
[size=404 GB][features=1 queue_if_no_path][hwhandler=0]
\\_ round-robin 0 [prio=0][active]
 \\_ 3:0:0:0 sda 8:0   [active][ready]
 \\_ 4:0:0:0 sdb 8:16  [failed][faulty]
"""
LENNY = """\
sdc: checker msg is "readsector0 checker reports path is down"
vm0 (22266000155c3a7e1) dm-3 Promise ,VTrak M310i     
[size=2.0T][features=1 queue_if_no_path][hwhandler=0        ]
\\_ round-robin 0 [prio=2][active]
 \\_ 3:0:0:0 sda 8:0   [active][ready]
 \\_ 4:0:0:0 sdb 8:16  [active][ghost]
22266000155c3b90d dm-4 Promise ,VTrak M310i     
[size=36G][features=0][hwhandler=0        ]
\\_ round-robin 0 [prio=1][active]
 \\_ 3:0:0:1 sdc 8:32  [active][ready]
\\_ round-robin 0 [prio=1][enabled]
 \\_ 4:0:0:1 sdd 8:48  [active][ready]
"""
SQUEEZE = """\
Nov 20 09:33:02 | sdb: alua not supported
\x1b[1mvm0 (22266000155c3a7e1) dm-3 Promise,VTrak M310i\x1b[0m
size=404G features='1 queue_if_no_path' hwhandler='0' wp=rw
`-+- policy='round-robin 0' prio=1 status=active
  |- 3:0:0:0 sda 8:0   active ready  running
  |- 4:0:0:0 sdb 8:16  failed faulty offline
  |- 5:0:0:0 sdc 8:32  active i/o pending running
  `- #:#:#:# -   #:#   active faulty running
create: mpath1 (1IET     00080001) dm-4 IET,VIRTUAL-DISK
size=1.0G features='0' hwhandler='0' wp=rw
"""
PORTALS = {"sda": "172.16.1.2:3260", "sdb": "172.16.1.3:3260"}


def test_etch_tells_neither_device_nor_vendor() -> None:
    paths = Path("sda", "active", "", "ready", PORTALS["sda"]), Path("sdb", "failed", "", "faulty", PORTALS["sdb"])
    assert parse_maps(ETCH, PORTALS) == (
        Map("vm0", "22266000155c3a7e1", "", "404G", "", "", paths, (("sda", "sdb"),), "1 queue_if_no_path"),
    )


def test_lenny() -> None:
    first, second = parse_maps(LENNY, {})
    assert (first.dm, first.size, first.vendor, first.product) == ("dm-3", "2.0T", "Promise", "VTrak M310i")
    assert [path.usable for path in first.paths] == [True, True]
    assert (second.name, second.wwid, second.features) == ("22266000155c3b90d", "22266000155c3b90d", "0")
    assert (first.groups, second.groups) == ((("sda", "sdb"),), (("sdc",), ("sdd",)))


def test_squeeze() -> None:
    first, second = parse_maps(SQUEEZE, {})
    assert (first.name, first.dm, first.size) == ("vm0", "dm-3", "404G")
    assert first.paths == (
        Path("sda", "active", "running", "ready", ""),
        Path("sdb", "failed", "offline", "faulty", ""),
        Path("sdc", "active", "running", "i/o pending", ""),
        Path("", "active", "running", "faulty", ""),
    )
    assert [path.usable for path in first.paths] == [True, False, False, False]
    assert (second.wwid, second.paths, second.groups) == ("1IET     00080001", (), ())


def test_the_oldest_text_quotes() -> None:
    text = ETCH.replace("features=1 queue_if_no_path", 'features="1 queue_if_no_path"').replace("[prio=0]", "")
    assert parse_maps(text, PORTALS) == parse_maps(ETCH, PORTALS)


def test_a_wwid_that_is_glued_to_its_device() -> None:
    text = LENNY.replace("vm0 (22266000155c3a7e1) dm-3", "create: 22266000155c3a7e1dm-3")
    first, second = parse_maps(text, {})
    assert (first.name, first.dm) == ("22266000155c3a7e1", "dm-3")
    assert second.dm == "dm-4"


def test_a_list_of_paths_is_no_map() -> None:
    paths = (
        "===== paths list =====\nuuid hcil    dev dev_t pri dm_st chk_st\n     3:0:0:0 sdz 8:16 1 [undef][ready] A,B\n"
    )
    assert parse_maps(paths + LENNY, {}) == parse_maps(LENNY, {})
    assert parse_maps(LENNY + paths, {}) == parse_maps(LENNY, {})
    assert parse_maps(paths, {}) == ()


# --- any maps, in each generation

HEX = st.text("0123456789abcdef", min_size=16, max_size=33)
WWIDS = HEX | st.sampled_from(["1IET     00080001", "SATA_Disk.4"])
VENDORS = st.sampled_from(["Promise", "NEXSAN", "IBM"])
PRODUCTS = st.sampled_from(["VTrak M310i", "1814      FAStT", "RAID 5", "a,b"])
DISKS = st.from_regex(r"sd[a-z]{1,2}", fullmatch=True)
OLD_CHECKERS = st.sampled_from(["ready", "faulty", "shaky", "ghost", "undef"])
NEW_CHECKERS = OLD_CHECKERS | st.sampled_from(["i/o pending", "i/o timeout", "delayed"])
DM = st.sampled_from(["active", "failed", "undef"])
OLD_PATHS = st.builds(Path, DISKS, DM, st.just(""), OLD_CHECKERS, st.just(""))
NEW_PATHS = st.builds(Path, DISKS, DM, st.sampled_from(["running", "offline", "unknown"]), NEW_CHECKERS, st.just(""))
LOGS = st.sampled_from(["", 'sdi: checker msg is "down (dm-3)"\n', "Aug 14 09:33:02 | sdd: alua not supported\n"])


@dataclass
class Drawn:
    """A map with its groups of paths, and a log line that comes before it."""

    map: Map
    groups: list[list[Path]]
    log: str
    prefix: str


def maps(paths: st.SearchStrategy[Path]) -> st.SearchStrategy[list[Drawn]]:
    def whole(name: str, wwid: str, dm: int, size: str, vendor: str, product: str, groups: list[list[Path]],
              log: str, prefix: str) -> Drawn:  # fmt: skip
        flat = tuple(path for group in groups for path in group)
        devices = tuple(tuple(path.device for path in group) for group in groups)
        found = Map(name or wwid, wwid, f"dm-{dm}", size, vendor, product, flat, devices, "1 queue_if_no_path")
        return Drawn(found, groups, log, prefix)

    groups = st.lists(st.lists(paths, min_size=1, max_size=4), max_size=3)
    names = st.sampled_from(["", "vm0", "mpath1", "a.b-c_d"])
    sizes = st.sampled_from(["404G", "2.0T", "512M"])
    one = st.builds(whole, names, WWIDS, st.integers(0, 99), sizes, VENDORS, PRODUCTS, groups, LOGS,
                    st.sampled_from(["", "create: ", "reload: "]))  # fmt: skip
    return st.lists(one, max_size=4)


def header(drawn: Drawn, told: bool) -> str:
    found = drawn.map
    name = found.wwid if found.name == found.wwid else f"{found.name} ({found.wwid})"
    return f"{drawn.log}{drawn.prefix}{name}" + (f" {found.dm} {found.vendor},{found.product}" if told else "") + "\n"


def old_body(drawn: Drawn, size: str, quote: str) -> str:
    text = f"[size={size}][features={quote}1 queue_if_no_path{quote}][hwhandler={quote}0{quote}]\n"
    for group in drawn.groups:
        text += "\\_ round-robin 0 [prio=1][active]\n"
        text += "".join(f" \\_ 3:0:0:1 {p.device:4} 8:16   [{p.dm_state}][{p.checker_state}]\n" for p in group)
    return text


@given(maps(OLD_PATHS), st.sampled_from(['"', ""]))
def test_until_0_4_7(drawn: list[Drawn], quote: str) -> None:
    text = "".join(
        header(one, False) + old_body(one, f"{one.map.size[:-1]} {one.map.size[-1]}B", quote) for one in drawn
    )
    assert parse_maps(text, {}) == tuple(replace(one.map, dm="", vendor="", product="") for one in drawn)


@given(maps(OLD_PATHS))
def test_0_4_8(drawn: list[Drawn]) -> None:
    text = "".join(header(one, True) + old_body(one, one.map.size, "") for one in drawn)
    assert parse_maps(text, {}) == tuple(one.map for one in drawn)


@given(maps(NEW_PATHS), st.booleans())
def test_from_0_4_9_on(drawn: list[Drawn], bold: bool) -> None:
    text = ""
    for one in drawn:
        text += header(one, True) if not bold else f"\x1b[1m{header(one, True)[:-1]}\x1b[0m\n"
        text += f"size={one.map.size} features='1 queue_if_no_path' hwhandler='0' wp=rw\n"
        for number, group in enumerate(one.groups):
            last = number == len(one.groups) - 1
            text += f"{'`' if last else '|'}-+- policy='round-robin 0' prio=1 status=active\n"
            for index, path in enumerate(group):
                tree = f"{' ' if last else '|'} {'`' if index == len(group) - 1 else '|'}-"
                text += (
                    f"{tree} 3:0:0:1 {path.device:4} 8:16 {path.dm_state} {path.checker_state} {path.device_state}\n"
                )
    assert parse_maps(text, {}) == tuple(one.map for one in drawn)


LINES = st.lists(st.sampled_from([*ETCH.splitlines(), *LENNY.splitlines(), *SQUEEZE.splitlines(), ""])).map("\n".join)


@given(st.text() | LINES)
def test_nothing_is_made_up(text: str) -> None:
    found = parse_maps(text, {})
    assert all(each.wwid for each in found)
    assert not made_up([replace(each, size="") for each in found], text, " ".join(text.split()))


# --- a host

CALLOUT = ("/sbin/scsi_id", "-g", "-u", "-s", "/block/%n")
LINK = "../../devices/platform/host{0}/session{1}/target{0}:0:0/{0}:0:0:0"


def disk(name: str, host: int) -> dict[str, File]:
    return {
        f"/sys/block/{name}": File(),
        f"/sys/block/{name}/device": File(link=LINK.format(host, host - 2)),
        f"/sys/block/{name}/size": File(b"847249408\n"),
        f"/sys/block/{name}/device/vendor": File(b"Promise \n"),
        f"/sys/block/{name}/device/model": File(b"VTrak M310i     \n"),
    }


@pytest.fixture
def host() -> Recorded:
    files = disk("sda", 3) | disk("sdb", 4) | disk("sdc", 5)
    files |= {"/etc/init.d/multipath-tools": File(), "/etc/rc2.d/S21multipath-tools": File()}
    commands = {
        "multipath -ll": (0, ETCH),
        'sh -c for disk; do id=$(/sbin/scsi_id -g -u -s /block/"$disk"); ': (0, "sdc 0 SATA_own\n"),
        "pidof multipathd": (0, "1\n"),
    }
    return Recorded(commands, files)


def test_a_host(host: Recorded) -> None:
    known = Session(1, "iqn.x", "172.16.1.2:3260", "default", "", "LOGGED_IN", ("sda",))
    found = multipath_text.probe(host, CALLOUT, (known,))
    assert (found.installed, found.running, found.at_boot, found.conf) == (True, True, True, None)
    assert found.maps == parse_maps(ETCH, {"sda": "172.16.1.2:3260"})
    assert found.disks == (
        Disk("sda", "22266000155c3a7e1", "iscsi", "404G", "Promise", "VTrak M310i"),
        Disk("sdb", "22266000155c3a7e1", "", "404G", "Promise", "VTrak M310i"),
        Disk("sdc", "SATA_own", "", "404G", "Promise", "VTrak M310i"),
    )


def test_a_host_without_multipath() -> None:
    found = multipath_text.probe(Recorded(), CALLOUT, ())
    assert (found.installed, found.running, found.at_boot, found.maps, found.disks) == (False, False, False, (), ())
