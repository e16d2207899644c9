"""Today's stack at its end: the serial line, the hypervisor on trial, moving guests, the restart and its losses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.through import Through
from tests.world import answers, copy, engine, join
from tui_installer import simulator
from tui_installer.cli.commands import Exit
from tui_installer.cli.since_boot import since_boot
from tui_installer.engine.engine import Engine
from tui_installer.hosts.host import Host, OnLine, Result
from tui_installer.model.change import Run, WriteFiles
from tui_installer.model.step import Plan, Problem
from tui_installer.probes.boot import RESULT
from tui_installer.simulator import derived
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.tools.reboot import boot_id

CONSOLE = "/etc/default/grub.d/10-tui-installer-console.cfg"
GRUB_CFG = "/boot/grub/grub.cfg"


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The world before each of the last steps, and after them ("joined")."""
    folder = tmp_path_factory.mktemp("boot")
    world, found = folder / "world", {}
    simulator.create(world)
    join(engine(world), "console")
    for step in ("console", "xen", "migration", "reboot"):
        found[step] = copy(world, folder / step)
        mine = engine(world)
        assert mine.apply(mine.plan(step)) == "done", mine.failure(step)
    return {**found, "joined": world}


@pytest.fixture
def at(worlds: Mapping[str, Path], tmp_path: Path) -> Iterator[Any]:
    """A copy of one of the worlds."""
    yield lambda step: copy(worlds[step], tmp_path / step)


def _host(world: Path, change: Any) -> None:
    """Change the fresh host behind the program's back."""
    with simulator.opened(world) as opened:
        change(opened.machine("fresh"))
        derived.refresh(opened)


def _fault(world: Path, **faults: Any) -> None:
    with simulator.opened(world) as opened:
        opened.state["faults"].update({name.replace("_", "-"): value for name, value in faults.items()})


def _codes(plan: Plan) -> dict[str, Problem]:
    return {each.code: each for each in plan.problems}


def _given(world: Path, step: str, **given: Any) -> Engine:
    all_answers = answers(world)
    return engine(world, {**all_answers, step: {**all_answers.get(step, {}), **given}})


def _text(world: Path, path: str, host: str = "fresh") -> str:
    with simulator.opened(world) as opened:
        return opened.machine(host).text(path) or ""


# --- the serial line


def test_the_line_is_found_and_everything_that_boots_speaks_on_it(at: Any) -> None:
    world = at("xen")
    text = _text(world, CONSOLE)
    assert 'GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200 ' in text
    assert 'GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT=" "' in text
    menu = _text(world, GRUB_CFG)
    assert "serial --unit=0 --speed=115200" in menu and "terminal_output console serial" in menu
    assert "console=tty0 console=ttyS0,115200n8 panic=10" in menu


def test_options_of_the_administrator_reach_the_first_domain_as_well(at: Any) -> None:
    world = at("console")
    _host(world, lambda host: host.put("/etc/default/grub.d/05-own.cfg", 'GRUB_CMDLINE_LINUX="net.ifnames=0 quiet"\n'))
    mine = engine(world)
    assert mine.apply(mine.plan("console")) == "done"
    assert 'GRUB_CMDLINE_LINUX_XEN_REPLACE="net.ifnames=0 quiet console=hvc0 panic=10"' in _text(world, CONSOLE)
    assert mine.plan("console").in_place


def test_a_second_line_is_linuxs_alone(at: Any) -> None:
    world = at("console")
    mine = _given(world, "console", **{"second-unit": "1", "second-speed": "9600"})
    assert mine.apply(mine.plan("console")) == "done"
    text = _text(world, CONSOLE)
    assert "console=ttyS1,9600n8 console=ttyS0,115200n8" in text, "the first one is /dev/console"
    assert "console=ttyS1,9600n8 console=hvc0" in text and "com1=115200,8n1 console=com1,vga" in text
    assert mine.plan("console").in_place


@pytest.mark.parametrize(
    ("given", "code"),
    [({"unit": "1"}, "console.no-line"), ({"unit": "0", "second-unit": "0"}, "console.unit")],
)
def test_a_line_that_cannot_be(at: Any, given: dict[str, str], code: str) -> None:
    plan = _given(at("console"), "console", **given).plan("console")
    assert plan.blocked and code in _codes(plan)


def test_of_a_line_named_twice_the_kernel_takes_the_first_speed(at: Any) -> None:
    world = at("console")
    _host(world, lambda host: host.put("/etc/default/grub", 'GRUB_CMDLINE_LINUX="console=ttyS0,9600n8"\n'))
    plan = _given(world, "console", speed="115200").plan("console")
    assert _codes(plan)["console.elsewhere"].evidence == ("console=ttyS0,9600n8",)


def test_a_login_that_is_enabled_is_left_to_systemd(at: Any) -> None:
    world = at("console")
    link = "/etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service"
    _host(world, lambda host: host.link(link, "/usr/lib/systemd/system/serial-getty@.service"))
    plan = engine(world).plan("console")
    assert ("systemctl", "disable", "serial-getty@ttyS0.service") in [
        change.argv for change in plan.changes if isinstance(change, Run)
    ]


def test_the_offer_at_the_login_comes_and_goes_with_its_answer(at: Any) -> None:
    world = at("xen")
    mine = _given(world, "console", offer=True)
    assert mine.apply(mine.plan("console")) == "done"
    assert "exec" not in [
        line.split()[0] for line in _text(world, "/etc/profile.d/tui-installer.sh").splitlines() if line
    ]
    mine = _given(world, "console", offer=False)
    assert mine.apply(mine.plan("console")) == "done"
    assert not _text(world, "/etc/profile.d/tui-installer.sh")


def test_a_host_without_grub_is_told_and_goes_on_without_the_hypervisor(at: Any) -> None:
    world = at("console")
    _host(world, lambda host: host.remove(GRUB_CFG))
    mine = engine(world)
    for step in ("console", "xen", "migration", "reboot"):
        plan = mine.plan(step)
        assert plan.in_place, (step, plan)
        assert step == "migration" or f"{step}.no-grub" in _codes(plan)
    assert _codes(_given(world, "xen", install=True).plan("xen"))["xen.no-grub"].level == "stop"


# --- the hypervisor


def test_what_boots_today_is_pinned_before_the_package_comes(at: Any) -> None:
    world = at("xen")
    plan = engine(world).plan("xen")
    pin, settings, install, *_ = plan.changes
    assert isinstance(pin, Run) and pin.argv[0] == "grub-set-default" and pin.argv[1].startswith("gnulinux-simple-")
    assert isinstance(settings, WriteFiles) and b"XEN_OVERRIDE_GRUB_DEFAULT=0" in settings.edits[0].after.content  # type: ignore[union-attr]
    assert isinstance(install, Run) and install.argv[-1] == "xen-system-amd64"


def test_after_it_plain_linux_boots_by_itself_and_the_hypervisor_has_its_entry(at: Any) -> None:
    world = at("migration")
    menu = _text(world, GRUB_CFG)
    assert 'set default="${saved_entry}"' in menu and "set fallback=0" in menu
    assert "saved_entry=gnulinux-simple-" in _text(world, "/boot/grub/grubenv")
    assert "com1=115200,8n1 console=com1,vga dom0_mem=1536M,max:1536M dom0_max_vcpus=4" in menu
    assert "ro console=hvc0 panic=10" in menu


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"dom0-memory": 100}, "xen.memory"), ({"dom0-memory": 99999}, "xen.memory"),
        ({"dom0-vcpus": 99}, "xen.processors"), ({"confirm": "nonsense"}, "xen.confirm"),
    ],
)  # fmt: skip
def test_answers_that_cannot_be(at: Any, given: dict[str, Any], code: str) -> None:
    plan = _given(at("xen"), "xen", **given).plan("xen")
    assert plan.blocked and _codes(plan)[code].level == "ask"


def test_without_the_hypervisor_nothing_is_planned(at: Any) -> None:
    world = at("xen")
    assert _given(world, "xen", install=False).plan("xen").in_place
    plan = engine(world).plan("reboot")
    assert plan.in_place, plan.problems


def test_a_kernel_without_an_entry_is_no_way_back(at: Any) -> None:
    world = at("xen")
    _host(world, lambda host: host.data.update(kernel="6.1.0-1-amd64"))
    plan = engine(world).plan("xen")
    assert not plan.changes and "xen.no-way-back" in _codes(plan)


# --- moving guests


def test_each_root_may_move_guests_and_nothing_else(at: Any) -> None:
    world = at("reboot")
    theirs = _text(world, "/root/.ssh/authorized_keys", "node1")
    assert theirs.startswith(
        'restrict,from="10.0.1.13,10.16.1.13",command="/usr/local/sbin/tui-installer-migrate-receive"'
    )
    row = engine(world).look("migration").step
    looked = engine(world).look("migration")
    shown = row.shown(looked.facts, engine(world).site())
    assert shown["node1"].startswith("there: yes; back: yes; Xen 4.20.4-pre") and "node2" in shown


def test_lines_of_others_stay_when_it_is_taken_back(at: Any) -> None:
    world = at("reboot")
    with simulator.opened(world) as opened:
        machine = opened.machine("node1")
        machine.put(
            "/root/.ssh/authorized_keys",
            "ssh-rsa AAAA root@desk\n" + (machine.text("/root/.ssh/authorized_keys") or ""),
        )
    mine = engine(world)
    assert mine.apply(mine.plan_undo("migration")) == "done"
    assert _text(world, "/root/.ssh/authorized_keys", "node1") == "ssh-rsa AAAA root@desk\n"
    assert not _text(world, "/etc/ssh/tui-installer-known-hosts", "node1")


def test_another_host_key_is_named(at: Any) -> None:
    world = at("reboot")
    with simulator.opened(world) as opened:
        node = opened.machine("node2")
        node.data["ssh_key"] = "AAAAC3NzaC1lZDI1NTE5AAAAIanotherkey"
        node.put("/etc/ssh/ssh_host_ed25519_key.pub", f"ssh-ed25519 {node.data['ssh_key']} root@node2\n")
    plan = engine(world).plan("migration")
    assert plan.changes, "its new key was accepted, and is handed on"
    refused = [each for each in plan.problems if each.code == "migration.refused"]
    assert refused and "node2" in refused[0].text and "strict checking" in refused[0].evidence[0]


# --- what would not come back


def _replaced(path: str, old: str, new: str) -> Any:
    return lambda host: host.put(path, (host.text(path) or "").replace(old, new))


def _masked(unit: str) -> Any:
    return lambda host: host.link(f"/etc/systemd/system/{unit}", "/dev/null")


def _disabled(unit: str) -> Any:
    return lambda host: host.remove(f"/etc/systemd/system/multi-user.target.wants/{unit}")


def _record(host: Machine) -> None:
    for path in (*host.glob("/etc/iscsi/nodes/*/*/*"), *host.glob("/var/lib/iscsi/nodes/*/*/*")):
        host.put(path, (host.text(path) or "").replace("node.startup = automatic", "node.startup = manual"), 0o600)


def _secure(host: Machine) -> None:
    host.put("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "\6\0\0\0\1")


OWN = "/etc/network/interfaces.d/tui-installer"
CAUSES = {
    "reboot.not-automatic": _record,
    "reboot.masked": _masked("multipathd.service"),
    "reboot.not-enabled": _disabled("corosync.service"),
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
    _host(world, CAUSES[code])
    plan = engine(world).plan("reboot")
    found = _codes(plan)
    assert code in found, (sorted(found), engine(world).look("reboot").unknown)
    assert found[code].hint and found[code].level == ("warn" if code == "reboot.restarts" else "stop")
    if code != "reboot.restarts":
        assert not plan.changes


def test_a_full_boot(at: Any) -> None:
    world = at("reboot")
    _fault(world, boot_room=30_000)
    assert "29 MB are free" in _codes(engine(world).plan("reboot"))["reboot.boot-full"].text


def test_where_grub_cannot_write_nothing_is_set_for_one_boot(at: Any) -> None:
    world = at("reboot")
    _fault(world, boot_on="lvm")
    assert "choose by hand" in _codes(engine(world).plan("reboot"))["reboot.no-one-shot"].hint
    plan = _given(world, "reboot", accept=["reboot.no-one-shot"]).plan("reboot")
    argvs = [change.argv for change in plan.changes if isinstance(change, Run)]
    assert ("systemctl", "reboot") in argvs and not [argv for argv in argvs if argv[0] == "grub-reboot"]


def test_a_watchdog_is_long_or_none(at: Any) -> None:
    world = at("reboot")
    assert _codes(_given(world, "reboot", watchdog=60).plan("reboot"))["reboot.watchdog"].level == "ask"
    plan = _given(world, "reboot", watchdog=600).plan("reboot")
    written = {edit.path for change in plan.changes if isinstance(change, WriteFiles) for edit in change.edits}
    assert {"/etc/initramfs-tools/modules", "/etc/default/grub.d/12-tui-installer-watchdog.cfg"} <= written


# --- the restart


class Spoiling(Through):
    """A host that is spoilt at the last moment: when it is restarted."""

    def __init__(self, host: Host, world: Path, spoil: Any) -> None:
        super().__init__(host)
        self._spoil = world, spoil

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        if argv == ("systemctl", "reboot"):
            _host(*self._spoil)
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)


def test_the_whole_join_ends_under_the_hypervisor_and_a_second_boot_stays_there(at: Any) -> None:
    world = at("joined")
    row = {each.id: each for each in engine(world).status()}["reboot"]
    assert row.state == "in-place" and row.facts["Boot check"].endswith("Xen is what boots from now on.")
    assert "saved_entry=xen-gnulinux-simple-" in _text(world, "/boot/grub/grubenv")
    here = simulator.here(world)
    here.run("systemctl", "reboot")
    for _ in range(3):
        try:
            kind = here.read("/sys/hypervisor/type")
            break
        except Exception:
            continue
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
    left = _given(world, "reboot", confirm="").plan("reboot")
    assert _codes(left)["reboot.fell-back"].level == "warn" and "reboot.confirm" in _codes(left)
    assert "saved_entry=gnulinux-simple-" in _text(world, "/boot/grub/grubenv")


def test_what_came_since_is_looked_for_by_the_next_boot_check(at: Any) -> None:
    world = at("joined")
    path = "/etc/boot-check/expected"
    whole = _text(world, path)
    fewer = "".join(line for line in whole.splitlines(keepends=True) if "the map vm0" not in line)
    _host(world, lambda host: host.put(path, f"{fewer}300\twhat is gone since\ttrue\n"))
    mine = engine(world)
    plan = mine.plan("reboot")
    assert not any(isinstance(change, Run) and change.away for change in plan.changes)
    assert mine.apply(plan) == "done" and _text(world, path) == whole
    _host(world, lambda host: host.put(path, f"{whole}300\twhat is missing now\ttrue\n"))
    assert engine(world).plan("reboot").in_place


def test_programs_are_told_of_the_boot_by_lines_and_exit_code(
    at: Any, worlds: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert since_boot(engine(worlds["joined"])) == Exit.DONE
    assert capsys.readouterr().out.startswith("verdict=back\nsaid=all 11 came back")
    world = at("reboot")
    assert since_boot(engine(world)) == Exit.UNKNOWN
    _host(world, lambda host: host.put(RESULT, f"boot={boot_id(host)}\nverdict=missing\nsaid=no\nmissing=a map\n"))
    assert since_boot(engine(world)) == Exit.PROBLEM
    assert capsys.readouterr().out == "verdict=none\nverdict=missing\nsaid=no\nmissing=a map\n"


def test_storage_that_is_gone_keeps_the_trial_from_becoming_permanent(at: Any) -> None:
    world = at("reboot")
    mine = engine(world, here=Spoiling(simulator.here(world), world, _record))
    assert mine.apply(mine.plan("reboot")) == "done", mine.failure("reboot")
    found = _codes(engine(world).plan("reboot"))
    assert "the map vm0" in found["reboot.missing"].evidence and "old entry" in found["reboot.missing"].text
    assert "saved_entry=gnulinux-simple-" in _text(world, "/boot/grub/grubenv")


def test_taking_the_restart_back_on_a_joined_host_leaves_plain_linux_to_boot(at: Any) -> None:
    world = at("joined")
    mine = engine(world)
    assert mine.apply(mine.plan_undo("reboot")) == "done", mine.failure("reboot")
    assert "saved_entry=gnulinux-simple-" in _text(world, "/boot/grub/grubenv")
    for path in ("/usr/local/sbin/boot-check", "/etc/boot-check/expected", "/var/lib/boot-check/result"):
        assert not _text(world, path), path
