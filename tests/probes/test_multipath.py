"""The multipath probe against what multipathd and lsblk really printed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_installer.host import Result
from tui_installer.local import LocalHost
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
    disks = multipath.parse_disks(output("lsblk/multipath.out"), {"sda": "36000000000000000000000000ab0a001"})
    assert [disk.name for disk in disks] == ["sda", "sdb", "sdc", "sdd", "ubda"]
    assert disks[0] == multipath.Disk(
        "sda", "36000000000000000000000000ab0a001", "iscsi", "512M", "LABSAN", "VIRTUAL-DISK"
    )
    assert (disks[-1].transport, disks[-1].wwid) == ("", "")


def test_sizes_of_maps_lie_under_their_disks() -> None:
    assert multipath.parse_sizes(output("lsblk/multipath.out"))["cluster-lun2"] == "512M"


def test_partitions_of_maps() -> None:
    made = '{"blockdevices": [{"name": "sda", "type": "disk", "children": [{"name": "vm0", "type": "mpath", "children":'
    made += ' [{"name": "vm0-part1", "type": "part"}, {"name": "vg-lv", "type": "lvm"}]}]}]}'
    assert multipath.parse_parts(made) == ("vm0-part1",)
    assert multipath.parse_parts(output("lsblk/multipath.out")) == ()


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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["maps", "path_groups", "paths", "blockdevices", "children", "name", "type", "size"]), inner
    ),
    max_leaves=25,
)  # fmt: skip


@given(st.text() | JSON.map(lambda value: __import__("json").dumps(value)))
def test_no_text_is_too_strange(text: str) -> None:
    multipath.parse_maps(text, {}, {})
    multipath.parse_disks(text, {})
    multipath.parse_sizes(text)
    multipath.parse_parts(text)
    multipath.parse_wwids(text)
    multipath.size(text)


class Recorded(LocalHost):
    """A host whose commands answer from files."""

    def run(self, *argv: str, **_options: object) -> Result:
        """Answer; scsi_id knows every disk by its name."""
        answers = {
            "lsblk": output("lsblk/iscsi-no-multipath.out"),
            "multipathd": '{"maps": []}',
            "iscsiadm": output("iscsiadm/session-P3.out"),
            "systemctl": "Id=multipathd.service\nActiveState=active\nUnitFileState=enabled\n",
            "/lib/udev/scsi_id": f"3600-{argv[-1]}\n",
        }
        return Result(argv, "exited", 0, answers.get(argv[0], ""), "")


def test_disks_without_a_map_are_asked_for_their_wwid() -> None:
    found = multipath.probe(Recorded(root="/nonexistent"))
    assert {disk.name: disk.wwid for disk in found.disks} == {
        "sda": "3600-/dev/sda", "sdb": "3600-/dev/sdb", "sdc": "3600-/dev/sdc", "sdd": "3600-/dev/sdd", "vda": "",
    }  # fmt: skip
    assert (found.installed, found.running, found.at_boot, found.conf, found.wwids) == (True, True, True, None, ())


def test_a_host_without_multipath() -> None:
    class Bare(LocalHost):
        def run(self, *argv: str, **_options: object) -> Result:
            return Result(argv, "absent", None, "", "")

    bare = Bare(root="/nonexistent")
    assert multipath.probe(bare) == multipath.Multipath(False, False, False, None, (), (), ())
    assert multipath.topology(bare) == "no such program: multipathd"
    assert multipath.listing(bare) == "no such program: multipath"
