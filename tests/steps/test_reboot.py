"""Today's stack at its end: the restart, what would not come back, and the hypervisor on trial."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.before import Before
from tests.steps.boot_world import GRUB_CFG, answered, codes, disturb, fault, text_of
from tests.through import Through
from tests.world import engine
from tui_installer import simulator
from tui_installer.cli.commands import Exit
from tui_installer.cli.since_boot import since_boot
from tui_installer.hosts.host import Host, HostError, OnLine, Result
from tui_installer.model.change import Run, WriteFiles
from tui_installer.probes.boot import RESULT
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.tools.reboot import boot_id

# --- what would not come back


def _replaced(path: str, old: str, new: str) -> Any:
    return lambda host: host.put(path, (host.text(path) or "").replace(old, new))


def _masked(unit: str) -> Any:
    return lambda host: host.link(f"/etc/systemd/system/{unit}", "/dev/null")


def _disabled(*units: str) -> Any:
    return lambda host: [
        host.remove(path) for unit in units for path in host.glob(f"/etc/systemd/system/*.wants/{unit}")
    ]


def _restarted(here: Host) -> Host:
    """The host once it answers again."""
    here.run("systemctl", "reboot")
    for _ in range(3):
        with suppress(HostError):
            here.read("/etc/hostname")
            break
    return here


def _record(host: Machine) -> None:
    for path in (*host.glob("/etc/iscsi/nodes/*/*/*"), *host.glob("/var/lib/iscsi/nodes/*/*/*")):
        host.put(path, (host.text(path) or "").replace("node.startup = automatic", "node.startup = manual"), 0o600)


def _secure(host: Machine) -> None:
    host.put("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "\6\0\0\0\1")


OWN = "/etc/network/interfaces.d/tui-installer"
CAUSES = {
    "reboot.not-automatic": _record,
    "reboot.masked": _masked("multipathd.service"),
    "reboot.not-enabled": _disabled("open-iscsi.service", "san-volumes.service"),
    "reboot.order": lambda host: [host.remove(path) for path in host.glob("/etc/systemd/system/*.d/san-volumes.conf")],
    "reboot.no-lockspace": _disabled("san-volumes.service"),
    "reboot.default-entry": _replaced("/boot/grub/grubenv", "saved_entry=gnulinux", "saved_entry=gone"),
    "reboot.no-initrd": lambda host: [host.remove(path) for path in host.glob("/boot/initrd.img-*")],
    "reboot.netdev": lambda host: host.put("/etc/fstab", "/dev/vg_cluster/vm01 /srv ext4 defaults 0 2\n"),
    "reboot.card-names": lambda host: host.data.update(cmdline=host.data["cmdline"] + " net.ifnames=0"),
    "reboot.not-auto": lambda host: [
        host.put(path, (host.text(path) or "").replace("auto eth1", "allow-hotplug eth1"))
        for path in host.glob("/etc/network/interfaces.d/*")
    ],
    "reboot.not-configured": lambda host: [host.remove(path) for path in host.glob("/etc/network/interfaces.d/*")],
    "reboot.secure-boot": _secure,
    "reboot.no-dlm": lambda host: [host.remove(path) for path in host.glob("/lib/modules/*/kernel/fs/dlm/*")],
    "reboot.restarts": lambda host: host.put("/etc/needrestart/needrestart.conf", "\n"),
}
"""By the code that names it: what is wrong on a host that is otherwise ready for its restart."""


@pytest.mark.parametrize("code", CAUSES)
def test_what_would_not_come_back_is_named_with_its_remedy(at: Any, code: str) -> None:
    world = at("reboot")
    disturb(world, CAUSES[code])
    plan = engine(world).plan("reboot")
    found = codes(plan)
    assert code in found, (sorted(found), engine(world).look("reboot").unknown)
    assert found[code].hint and found[code].level == ("warn" if code == "reboot.restarts" else "stop")
    if code != "reboot.restarts":
        assert not plan.changes


@pytest.mark.parametrize("unit", ["open-iscsi", "multipathd", "corosync", "dlm", "lvmlockd"])
def test_what_the_unit_of_the_volumes_brings_along_comes_back_though_it_is_disabled(at: Any, unit: str) -> None:
    world = at("joined")
    disturb(world, _disabled(f"{unit}.service"))
    assert "reboot.not-enabled" not in codes(engine(world).plan("reboot"))
    before = text_of(world, RESULT)
    _restarted(simulator.here(world))
    assert text_of(world, RESULT) != before and "verdict=back" in text_of(world, RESULT)


def test_a_full_boot(at: Any) -> None:
    world = at("reboot")
    fault(world, boot_room=30_000)
    assert "29 MB are free" in codes(engine(world).plan("reboot"))["reboot.boot-full"].text


def test_where_grub_cannot_write_nothing_is_set_for_one_boot(at: Any) -> None:
    world = at("reboot")
    fault(world, boot_on="lvm")
    assert "choose by hand" in codes(engine(world).plan("reboot"))["reboot.no-one-shot"].hint
    plan = answered(world, "reboot", accept=["reboot.no-one-shot"]).plan("reboot")
    argvs = [change.argv for change in plan.changes if isinstance(change, Run)]
    assert ("systemctl", "reboot") in argvs and not [argv for argv in argvs if argv[0] == "grub-reboot"]


def test_a_watchdog_is_long_or_none(at: Any) -> None:
    world = at("reboot")
    assert codes(answered(world, "reboot", watchdog=60).plan("reboot"))["reboot.watchdog"].level == "ask"
    plan = answered(world, "reboot", watchdog=600).plan("reboot")
    written = {edit.path for change in plan.changes if isinstance(change, WriteFiles) for edit in change.edits}
    assert {"/etc/initramfs-tools/modules", "/etc/default/grub.d/12-tui-installer-watchdog.cfg"} <= written


# --- the restart


def test_a_host_is_restarted_anyway_if_that_is_asked_for_and_all_is_seen_to_come_back(at: Any) -> None:
    world = at("joined")
    assert engine(world).plan("reboot").in_place
    wrong = answered(world, "reboot", anyway="another").plan("reboot")
    assert not wrong.changes and codes(wrong)["reboot.confirm"].field == "anyway"
    mine = answered(world, "reboot", anyway="fresh")
    plan = mine.plan("reboot")
    assert not plan.problems, plan.problems
    assert ("systemctl", "reboot") in [change.argv for change in plan.changes if isinstance(change, Run)]
    before = text_of(world, RESULT)
    assert mine.apply(plan) == "done", mine.failure("reboot")
    assert text_of(world, RESULT) != before and "verdict=back" in text_of(world, RESULT)
    assert engine(world).plan("reboot").in_place  # it was said for that once
    assert not simulator.incidents(world)


def test_what_would_not_come_back_stops_a_restart_that_is_asked_for(at: Any) -> None:
    world = at("joined")
    disturb(world, CAUSES["reboot.not-enabled"])
    assert codes(engine(world).plan("reboot"))["reboot.not-enabled"].level == "warn"
    plan = answered(world, "reboot", anyway="fresh").plan("reboot")
    assert codes(plan)["reboot.not-enabled"].level == "stop" and not plan.changes


class Spoiling(Through):
    """A host that is spoilt at the last moment: when it is restarted."""

    def __init__(self, host: Host, world: Path, spoil: Any) -> None:
        super().__init__(host)
        self._spoil = world, spoil

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        if argv == ("systemctl", "reboot"):
            disturb(*self._spoil)
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)


def test_the_whole_join_ends_under_the_hypervisor_and_a_second_boot_stays_there(at: Any) -> None:
    world = at("joined")
    row = {each.id: each for each in engine(world).status()}["reboot"]
    assert row.state == "in-place" and row.facts["Boot check"].endswith("Xen is what boots from now on.")
    assert "saved_entry=xen-gnulinux-simple-" in text_of(world, "/boot/grub/grubenv")
    kind = _restarted(simulator.here(world)).read("/sys/hypervisor/type")
    assert kind is not None and kind.content == b"xen\n"
    assert not simulator.incidents(world)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda host: host.remove("/boot/xen-4.20-amd64.gz"), id="hypervisor missing"),
        pytest.param(_replaced(GRUB_CFG, "placeholder root=UUID=0b", "placeholder root=UUID=ff"), id="wrong root"),
        pytest.param(_replaced(GRUB_CFG, "dom0_mem=1536M", "dom0_mem=64M"), id="too little memory"),
    ],
)
def test_a_hypervisor_that_does_not_come_through_ends_in_the_entry_from_before(at: Any, spoil: Any) -> None:
    world = at("reboot")
    mine = engine(world, here=Spoiling(simulator.here(world), world, spoil))
    assert mine.apply(mine.plan("reboot")) == "done", mine.failure("reboot")
    left = answered(world, "reboot", confirm="").plan("reboot")
    assert codes(left)["reboot.fell-back"].level == "warn" and "reboot.confirm" in codes(left)
    assert "saved_entry=gnulinux-simple-" in text_of(world, "/boot/grub/grubenv")


def test_what_came_since_is_looked_for_by_the_next_boot_check(at: Any) -> None:
    world = at("joined")
    path = "/etc/boot-check/expected"
    whole = text_of(world, path)
    fewer = "".join(line for line in whole.splitlines(keepends=True) if "the map vm0" not in line)
    disturb(world, lambda host: host.put(path, f"{fewer}300\twhat is gone since\ttrue\n"))
    mine = engine(world)
    plan = mine.plan("reboot")
    assert not any(isinstance(change, Run) and change.away for change in plan.changes)
    assert mine.apply(plan) == "done" and text_of(world, path) == whole
    disturb(world, lambda host: host.put(path, f"{whole}300\twhat is missing now\ttrue\n"))
    assert engine(world).plan("reboot").in_place


def test_programs_are_told_of_the_boot_by_lines_and_exit_code(
    at: Any, before: Before, capsys: pytest.CaptureFixture[str]
) -> None:
    assert since_boot(engine(before.world("corosync", "joined"))) == Exit.DONE
    assert capsys.readouterr().out.startswith("verdict=back\nsaid=all 11 came back")
    world = at("reboot")
    assert since_boot(engine(world)) == Exit.UNKNOWN
    disturb(world, lambda host: host.put(RESULT, f"boot={boot_id(host)}\nverdict=missing\nsaid=no\nmissing=a map\n"))
    assert since_boot(engine(world)) == Exit.PROBLEM
    assert capsys.readouterr().out == "verdict=none\nverdict=missing\nsaid=no\nmissing=a map\n"


def test_storage_that_is_gone_keeps_the_trial_from_becoming_permanent(at: Any) -> None:
    world = at("reboot")
    mine = engine(world, here=Spoiling(simulator.here(world), world, _record))
    assert mine.apply(mine.plan("reboot")) == "done", mine.failure("reboot")
    found = codes(engine(world).plan("reboot"))
    assert "the map vm0" in found["reboot.missing"].evidence and "old entry" in found["reboot.missing"].text
    assert "saved_entry=gnulinux-simple-" in text_of(world, "/boot/grub/grubenv")


def test_taking_the_restart_back_on_a_joined_host_leaves_plain_linux_to_boot(at: Any) -> None:
    world = at("joined")
    mine = engine(world)
    assert mine.apply(mine.plan_undo("reboot")) == "done", mine.failure("reboot")
    assert "saved_entry=gnulinux-simple-" in text_of(world, "/boot/grub/grubenv")
    for path in ("/usr/local/sbin/boot-check", "/etc/boot-check/expected", "/var/lib/boot-check/result"):
        assert not text_of(world, path), path
