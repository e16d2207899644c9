"""What device-mapper says, in the formats of its source."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.probes.recorded import output
from tests.simulator.worlds import ok
from tests.through import Through
from tests.world import engine, join
from tui_installer import simulator
from tui_installer.hosts.host import Host, HostError, OnLine, Result
from tui_installer.probes import alive
from tui_installer.probes.alive import Device, LiveVolume, States, parse_deps, parse_devices, parse_guests, parse_paths
from tui_installer.probes.dlm import DlmLockspace, parse_lockspaces
from tui_installer.probes.rhcs import alive as old
from tui_installer.probes.rhcs.alive import lockspaces
from tui_installer.probes.rhcs.cman import in_fence_domain
from tui_installer.steps import STACKS

DEVICES = parse_devices("vm0:254:1:2\nmy--vg-root:254:0:1\nvg-disk:254:2:0\n")
STATUS = (
    "vm0: 0 1048576 multipath 2 0 0 0 1 1 A 0 2 0 8:0 A 0 8:16 F 1 \n"
    "my--vg-root: 0 2097152 linear\nvg-disk: 0 2097152 linear\n"
)


def test_devices_and_who_holds_them() -> None:
    assert DEVICES["vm0"] == Device("254:1", 2)
    assert not DEVICES["vg-disk"].used
    assert parse_devices("No devices found\n") == {}


def test_paths_that_are_active() -> None:
    assert parse_paths(STATUS, "vm0", DEVICES) == States(("8:0",), ("8:16",))
    assert parse_paths(STATUS, "vg-disk", DEVICES) is None


def test_of_a_single_device_newer_ones_leave_out_the_name() -> None:
    one = parse_devices("vm0:254:1:2\n")
    assert parse_paths("0 1048576 multipath 2 0 0 0 1 1 A 0 1 0 8:0 A 0 \n", "vm0", one) == States(("8:0",), ())
    assert parse_deps("1 dependencies\t: (8, 0)\n", one) == parse_deps("vm0: 1 dependencies\t: (8, 0)\n", one)


def test_what_a_device_stands_on() -> None:
    text = "vm0: 2 dependencies\t: (8, 16) (8, 0)\nvg-disk: 1 dependencies\t: (254, 1)\n"
    assert parse_deps(text, DEVICES) == {"vm0": ("8:16", "8:0"), "vg-disk": ("254:1",)}


def test_guests_by_the_devices_that_they_are_served() -> None:
    found = parse_guests(["/sys/bus/xen-backend/devices/vbd-5-51712", "/x/vif-5-0", "/x/vif-7-0", "/x/console-0"])
    assert found == ("domain 5", "domain 7")


def test_a_lockspace_that_waits() -> None:
    text = output("dlm/startup-fencing.txt")
    assert any(each.waits for each in parse_lockspaces(text))
    stopped = "dlm lockspaces\nname          lvm_a\nid            0x1\nflags         0x00000004 kern_stop\n\n"
    well = "name          lvm_b\nid            0x2\nflags         0x00000000 \nchange        member 2 joined 1\n\n"
    assert parse_lockspaces(stopped + well) == (DlmLockspace("lvm_a", "kern_stop"), DlmLockspace("lvm_b", ""))


def test_a_joined_host_lives(tmp_path: Path) -> None:
    world = tmp_path / "world"
    simulator.create(world)
    join(engine(world))
    here = simulator.here(world)
    seen = alive.EYES.look(here)
    assert set(seen.lockspaces) == {"lvm_global", "lvm_vg_cluster"}
    assert {(each.open, len(each.paths)) for each in seen.maps} == {(False, 2)}
    assert {path.interface for path in seen.maps[0].paths} == {"eth1.16"}
    assert not seen.volumes and not seen.guests
    lv = sorted(simulator_volumes(world))[0]
    ok(here, f"lvchange -aey {lv}")
    seen = alive.EYES.look(here)
    assert seen.volumes == (LiveVolume(lv, False),)
    assert sum(each.open for each in seen.maps) == 1


def simulator_volumes(world: Path) -> list[str]:
    """Volumes of the SAN that nobody has locked."""
    with simulator.opened(world) as opened:
        groups, locks = opened.state["vgs"], opened.state["locks"]
        return [f"{group}/{lv}" for group in groups for lv in groups[group]["lvs"] if not locks.get(f"{group}/{lv}")]


@pytest.mark.parametrize("release", ["etch", "squeeze"])
def test_a_joined_host_of_the_old_releases_lives(tmp_path: Path, release: str) -> None:
    world = tmp_path / "world"
    simulator.create(world, release)
    join(engine(world, stack=STACKS[release]), "reboot")
    seen = old.EYES.look(simulator.here(world))
    assert seen.lockspaces == ("clvmd",)
    assert {each.name: each.volumes for each in seen.maps if each.open} == {"vm0": ("san/mail", "san/web")}
    assert seen.volumes and all(each.name.startswith("san/") for each in seen.volumes)
    assert {path.session.split()[0] for path in seen.maps[0].paths} and len(seen.maps[0].paths) == 2


class WithoutGroupd(Through):
    """A host on which cman_tool finds no groupd (cluster 2.03: it ends well all the same)."""

    def __init__(self, host: Host, status: Result) -> None:
        super().__init__(host)
        self._status = status

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        if argv == ("cman_tool", "services"):
            return Result(argv, "exited", 0, "", "Unable to connect to groupd.  Is it running?\n")
        return self._status


def test_without_groupd_there_is_nothing_only_if_there_is_no_cman_either(tmp_path: Path) -> None:
    simulator.create(tmp_path / "world", "lenny")
    here = simulator.here(tmp_path / "world")
    down = "cman_tool: Cannot open connection to cman, is it running ?\n"
    gone = WithoutGroupd(here, Result(("cman_tool", "status"), "exited", 1, "", down))
    assert lockspaces(gone) == () and not in_fence_domain(gone)
    member = WithoutGroupd(here, Result(("cman_tool", "status"), "exited", 0, "Version: 6.1.0\n", ""))
    for look in (lockspaces, in_fence_domain):
        with pytest.raises(HostError, match="Unable to connect to groupd"):
            look(member)
