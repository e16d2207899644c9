"""The multipath probe against what multipathd and lsblk really printed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.probes.made_up import WORDS, made_up, scattered
from tui_installer.hosts.host import Result
from tui_installer.hosts.local import LocalHost
from tui_installer.probes import multipath

OUTPUTS = Path(__file__).parents[1] / "outputs"


def output(name: str) -> str:
    """What a tool printed."""
    return (OUTPUTS / name).read_text()


def test_maps_and_their_paths() -> None:
    portals = {"sda": "10.16.0.11:3260", "sdc": "10.16.0.12:3260"}
    one, two = multipath.parse_maps(output("multipath/maps.out"), portals, {"mpatha": "2.0G"})
    assert (one.name, one.wwid, one.dm) == ("mpatha", "36000000000000000000000ab00010001", "dm-0")
    assert (one.vendor, one.product, one.size) == ("LAB", "VDISK", "2.0G")
    assert [(path.device, path.portal, path.usable) for path in one.paths] == [
        ("sda", "10.16.0.11:3260", True),
        ("sdc", "10.16.0.12:3260", True),
    ]
    assert (two.name, two.size, two.paths[0].portal) == ("mpathb", "", "")


@pytest.mark.parametrize(
    ("name", "usable"),
    [
        ("maps", [2, 2]),
        ("maps-bookworm", [2, 2]),
        ("maps-trixie", [2, 2]),
        ("maps-one-failed", [1, 1]),
        ("maps-no-paths", [0, 0]),
        ("paths-json-usage", []),
    ],
)
def test_usable_paths(name: str, usable: list[int]) -> None:
    maps = multipath.parse_maps(output(f"multipath/{name}.out"), {}, {})
    assert [sum(path.usable for path in found.paths) for found in maps] == usable


def test_disks() -> None:
    disks = multipath.disks(
        multipath.parse_listing(output("lsblk/multipath.out")), {"sda": "36000000000000000000000000ab0a001"}
    )
    assert [disk.name for disk in disks] == ["sda", "sdb", "sdc", "sdd", "ubda"]
    assert disks[0] == multipath.Disk(
        "sda", "36000000000000000000000000ab0a001", "iscsi", "512M", "LABSAN", "VIRTUAL-DISK"
    )
    assert (disks[-1].transport, disks[-1].wwid) == ("", "")


def test_sizes_of_maps_lie_under_their_disks() -> None:
    assert multipath.sizes(multipath.parse_listing(output("lsblk/multipath.out")))["cluster-lun2"] == "512M"


def test_registered_wwids() -> None:
    assert multipath.parse_wwids(output("multipath/wwids.out")) == (
        "36000000000000000000000ab00010001",
        "36000000000000000000000ab00010002",
    )


@pytest.mark.parametrize(
    ("digits", "size"),
    [("536870912", "512M"), ("2147483648", "2.0G"), ("0", "0"), ("1000", "1000"), ("", ""), ("512M", "512M")],
)
def test_sizes(digits: str, size: str) -> None:
    assert multipath.size(digits) == size


DISKS = st.from_regex(r"sd[a-z]{1,2}", fullmatch=True)
PATHS = st.builds(
    multipath.Path,
    DISKS,
    st.sampled_from(["active", "failed", "undef"]),
    st.sampled_from(["running", "offline", "blocked"]),
    st.sampled_from(["ready", "faulty", "ghost", "i/o pending"]),
    st.just(""),
)
MAPS = st.builds(multipath.Map, WORDS, WORDS, st.just("dm-3"), st.just(""), WORDS, WORDS, st.lists(PATHS).map(tuple))


def shown(found: multipath.Map, at: int) -> dict[str, object]:
    """A map as `multipathd show maps json` prints it, in two path groups."""
    paths = [
        {"dev": path.device, "dm_st": path.dm_state, "dev_st": path.device_state, "chk_st": path.checker_state}
        for path in found.paths
    ]
    groups = [{"pri": 1, "paths": paths[:at]}, {"pri": 0, "paths": paths[at:]}]
    names = {"name": found.name, "uuid": found.wwid, "sysfs": found.dm, "vend": found.vendor, "prod": found.product}
    return names | {"paths": len(paths), "path_groups": groups}


@given(st.lists(MAPS, max_size=3), st.integers(0, 3), st.dictionaries(DISKS, WORDS), st.dictionaries(WORDS, WORDS))
def test_maps_come_back_as_they_were_shown(
    found: list[multipath.Map], at: int, portals: dict[str, str], sizes: dict[str, str]
) -> None:
    text = json.dumps({"major_version": 0, "maps": [shown(one, at) for one in found]})
    assert multipath.parse_maps(text, {}, {}) == tuple(found)
    for one, known in zip(found, multipath.parse_maps(text, portals, sizes), strict=True):
        assert known.size == sizes.get(one.name, "")
        assert [path.portal for path in known.paths] == [portals.get(path.device, "") for path in one.paths]


Tree = tuple[str, str, list[Any]]
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.tuples(WORDS, st.sampled_from(["disk", "part", "lvm"]), st.just([])),
    lambda inner: st.tuples(WORDS, st.sampled_from(["disk", "mpath"]), st.lists(inner, max_size=3)),
    max_leaves=8,
)


def listed(tree: Tree) -> dict[str, object]:
    """A device and what lies on it, as `lsblk -J -b` prints them."""
    name, kind, inner = tree
    return {"name": name, "type": kind, "size": len(name), "children": [listed(each) for each in inner]}


def every(trees: list[Tree]) -> Iterator[Tree]:
    """All devices of some trees."""
    for tree in trees:
        yield tree
        yield from every(tree[2])


@given(st.lists(TREES, max_size=3))
def test_devices_come_back_as_they_were_listed(trees: list[Tree]) -> None:
    text = json.dumps({"blockdevices": [listed(tree) for tree in trees]})
    assert [disk.name for disk in multipath.disks(multipath.parse_listing(text), {})] == [
        name for name, kind, _ in trees if kind == "disk"
    ]
    assert multipath.sizes(multipath.parse_listing(text)) == {name: str(len(name)) for name, *_ in every(trees)}


@given(st.lists(WORDS, unique=True), st.data())
def test_wwids_come_back_as_they_were_registered(wwids: list[str], data: st.DataObject) -> None:
    text = data.draw(scattered([f"/{wwid}/" for wwid in wwids], ["# Valid WWIDs:", "", "#/3600/", "/3600"]))
    assert multipath.parse_wwids(text) == tuple(wwids)


@given(st.integers(0, 10**24 - 1))
def test_a_size_is_the_number_within_its_digits(number: int) -> None:
    text = multipath.size(str(number))
    unit = "KMGTPE".find(text[-1]) + 1
    shown = float(text.rstrip("KMGTPE"))
    assert abs(shown * 1024**unit - number) <= (0.05 if "." in text else 0.5) * 1024**unit * 1.000001
    assert shown <= 1024 or unit == 6


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["disk", "mpath", "part", "a b"]),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["maps", "path_groups", "paths", "blockdevices", "children", "name", "type", "vend"]), inner
    ),
    max_leaves=25,
)  # fmt: skip


@given(st.text() | JSON.map(json.dumps))
@example('{"maps": [{"name": false}]}')
def test_nothing_is_made_up(text: str) -> None:
    disks = multipath.disks(multipath.parse_listing(text), {})
    assert not made_up((multipath.parse_maps(text, {}, {}), disks, multipath.parse_wwids(text)), text)
    assert not made_up(tuple(multipath.sizes(multipath.parse_listing(text))), text)


@given(st.text())
def test_what_is_no_number_of_bytes_is_no_other_size(text: str) -> None:
    assert multipath.size(text) == text or text.isdecimal()


class Recorded(LocalHost):
    """A host whose commands answer from files."""

    def run(self, *argv: str, **_options: object) -> Result:
        """Answer; scsi_id knows every disk by its name."""
        answers = {
            "lsblk": output("lsblk/iscsi-no-multipath.out"),
            "multipathd": '{"maps": []}',
            "iscsiadm": output("iscsiadm/session-P3.out"),
            "systemctl": "Id=multipathd.service\nActiveState=active\nUnitFileState=enabled\n",
            "sh": "".join(f"{name} 0 3600-{name}\n" for name in argv[4:]),
        }
        return Result(argv, "exited", 0, answers.get(argv[0], ""), "")


def test_disks_without_a_map_are_asked_for_their_wwid() -> None:
    found = multipath.probe(Recorded(root="/nonexistent"))
    assert {disk.name: disk.wwid for disk in found.disks} == {
        "sda": "3600-sda", "sdb": "3600-sdb", "sdc": "3600-sdc", "sdd": "3600-sdd", "vda": "",
    }  # fmt: skip
    assert (found.installed, found.running, found.at_boot, found.conf, found.wwids) == (True, True, True, None, ())


def test_a_host_without_multipath() -> None:
    class Bare(LocalHost):
        def run(self, *argv: str, **_options: object) -> Result:
            if argv[0] == "lsblk":  # of a package that every host has
                return Result(argv, "exited", 0, '{"blockdevices": []}\n', "")
            return Result(argv, "absent", None, "", "")

    bare = Bare(root="/nonexistent")
    assert multipath.probe(bare) == multipath.Multipath(False, False, False, None, (), (), ())
    assert multipath.topology(bare) == "no such program: multipathd"
    assert multipath.listing(bare) == "no such program: multipath"
