"""Worlds as large as asked: names and numbers beyond the first letters, groups of several volumes, many members."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator.worlds import copied, member, ok, run
from tui_installer import simulator
from tui_installer.simulator import Size, numbers

SIZE = Size(luns=40, targets=5, portals=4, members=7, groups=14, volumes=60)
FIRST = {"large": "node1", "squeeze-large": "top", "etch-large": "top"}
MEMBERS = {"large": "node7", "squeeze-large": "m007", "etch-large": "m007"}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    folder = tmp_path_factory.mktemp("large")
    for name in FIRST:
        simulator.create(folder / name, name, size=SIZE)
    yield {name: folder / name for name in FIRST}


@pytest.mark.parametrize(
    ("index", "name", "device"),
    [(0, "sda", "8:0"), (25, "sdz", "65:144"), (26, "sdaa", "65:160"), (255, "sdiv", "135:240"),
     (256, "sdiw", "8:256"), (701, "sdzz", None), (702, "sdaaa", None)],
)  # fmt: skip
def test_disks_are_named_and_numbered_as_the_kernel_does(index: int, name: str, device: str | None) -> None:
    assert numbers.disk_name(index) == name
    assert numbers.disk_index(name) == index
    assert device in (None, numbers.disk_device(index))


def test_the_lowest_free_number_is_taken() -> None:
    assert numbers.free([0, 1, 3], 3) == [2, 4, 5]


@pytest.mark.parametrize("name", FIRST)
def test_a_member_has_all_of_it(worlds: dict[str, Path], name: str) -> None:
    host = member(worlds[name], FIRST[name])
    assert ok(host, "iscsiadm -m session").count("tcp: [") == 20
    assert ok(host, "multipath -ll").count("ready") == 160
    groups = ok(host, "vgs --noheadings -o vg_name,pv_name").split("\n")
    pvs = [line.split()[1] for line in groups if line.split()[:1] not in ([], ["local"])]
    assert len(set(pvs)) == len(pvs) == 39 + int(name != "large"), "one LUN of corosync's carries no group"
    assert len(ok(host, "lvs --noheadings").splitlines()) == 60 + int(name != "large")
    assert len(host.list("/sys/block/sd*")) == 160
    assert host.read("/sys/block/sdaa/dev").content == b"65:160\n"  # type: ignore[union-attr]
    assert simulator.incidents(worlds[name]) == simulator.inquorate_moments(worlds[name]) == []


@pytest.mark.parametrize("name", FIRST)
def test_all_members_are_in_the_cluster(worlds: dict[str, Path], name: str) -> None:
    for each in (FIRST[name], MEMBERS[name]):
        host = member(worlds[name], each)
        words = ok(host, "corosync-quorumtool -s" if name == "large" else "cman_tool status")
        assert "Total votes:      7" in words or "Total_votes: 7" in words or "Total votes: 7" in words, words
        assert ok(host, "hostname").strip() == each


def without_a_volume(world: Path, name: str) -> tuple[str, str]:
    """A host's disks of one LUN are gone, and their map: the UUID of the volume there, and a logical volume on it."""
    with simulator.opened(world) as opened:
        group, data = opened.state["vgs"]["vg0000"], opened.machine(name).data
        gone = next(iter(group["pvs"]))
        for session in data["sessions"]:
            luns = opened.state["san"]["targets"][session["iqn"]]["luns"]
            session["disks"] = {lun: disk for lun, disk in session["disks"].items() if luns[lun] != gone}
        data["maps"] = [each for each in data["maps"] if each["wwid"] != gone]
        return group["pvs"][gone], next(iter(group["lvs"]))


def test_a_group_without_one_of_its_volumes(worlds: dict[str, Path], tmp_path: Path) -> None:
    world = copied(worlds["large"], tmp_path / "world")
    uuid, volume = without_a_volume(world, "node1")
    said = run(member(world), "vgs --reportformat json -o vg_name,vg_attr,pv_name vg0000")
    assert f"Couldn't find device with uuid {uuid}." in said.err
    rows = json.loads(said.out)["report"][0]["vg"]
    assert {row["vg_attr"] for row in rows} == {"wz-pns"}
    assert "[unknown]" in {row["pv_name"] for row in rows}
    refused = run(member(world), f"lvchange -asy vg0000/{volume}")
    assert refused.code == 5
    assert f"Refusing activation of partial LV vg0000/{volume}." in refused.err


@pytest.mark.parametrize(("name", "there"), [("squeeze-large", True), ("etch-large", False)])
def test_old_releases_without_one_of_its_volumes(
    worlds: dict[str, Path], tmp_path: Path, name: str, there: bool
) -> None:
    world = copied(worlds[name], tmp_path / "world")
    without_a_volume(world, "left")
    said = run(member(world, "left"), "vgs --noheadings -o vg_name,vg_attr,pv_name")
    assert "Couldn't find device with uuid" in said.err
    assert ("unknown device" in said.out) is there
    assert ("vg0000" in said.out) is there
    assert ("Couldn't find all physical volumes for volume group vg0000." in said.err) is not there
    assert ("Refusing activation of partial LV" in run(member(world, "left"), "vgchange -aly vg0000").err) is there


def test_more_groups_than_luns_cannot_be_made(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="30 groups cannot be made over 2 LUNs"):
        simulator.create(tmp_path / "world", "large", size=Size(luns=4, targets=1, members=2, groups=31, volumes=60))
