"""What LVM, lvmlockd and systemd say is understood, and nothing that they might say is a surprise."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.probes.recorded import Recorded, errors, output
from tui_installer.host import File
from tui_installer.probes import lvm
from tui_installer.probes.boot_order import activated_at_boot, commands, locks_at_boot, stops_in_order
from tui_installer.probes.lvm import Lockspace, group_of, parse_groups
from tui_installer.probes.units import Unit, parse_units, unit_of_path

LUN = "/dev/mapper/cluster-lun1"
DEVICE = "dev-mapper-cluster\\x2dlun1.device"


def test_a_shared_group() -> None:
    (group,) = parse_groups(output("lvm/vgs-all.json.txt"))
    assert (group.name, group.lock_type, group.lock_args) == ("vg_cluster", "dlm", "1.0.0:xencluster")
    assert (group.size, group.clustered) == ("508.00m", False)


def test_a_group_on_two_volumes_is_one_group() -> None:
    text = '{"report": [{"pv": [{"vg_name":"g","pv_name":"/dev/mapper/a"},{"vg_name":"g","pv_name":"/dev/mapper/b"}]}]}'
    assert parse_groups(text)[0].pvs == ("/dev/mapper/a", "/dev/mapper/b")


def test_a_group_that_is_seen_but_not_read() -> None:
    (group,) = parse_groups("", errors("lvm/vgs-without-lvmlockd.txt"))
    assert (group.name, group.lock_type, group.pvs) == ("vg_cluster", "dlm", ())


def test_the_flag_of_clvm() -> None:
    assert parse_groups('{"report": [{"vg": [{"vg_name":"old","vg_attr":"wz--nc"}]}]}')[0].clustered


def test_volumes_with_their_locks() -> None:
    locks = lvm.parse_locks(output("lvm/lvmlockctl-peer.txt"))
    volumes = lvm.parse_volumes(output("lvm/lvs-all.json.txt"), locks)
    assert [(each.group, each.name, each.active, each.lock) for each in volumes] == [
        ("vg_cluster", "vm01", False, "ex"),
        ("vg_cluster", "vm02", False, "ex"),
    ]


def test_lockspaces() -> None:
    found = lvm.parse_lockspaces(output("lvm/lvmlockctl-peer.txt"))
    assert found == (Lockspace("", ""), Lockspace("vg_cluster", "dlm"))


def test_settings() -> None:
    text = 'global {\n\tuse_lvmlockd=1\n}\ndevices {\n\tuse_devicesfile=0\n\tglobal_filter=["a|.*|"]\n}\n'
    assert lvm.parse_settings(text) == {"use_lvmlockd": "1", "use_devicesfile": "0", "global_filter": '["a|.*|"]'}


def test_the_group_of_a_device() -> None:
    assert group_of("/dev/mapper/debian--vg-root") == "debian-vg"
    assert group_of("/dev/vg0/root") == "vg0"
    assert group_of("/dev/mapper/mpatha") == ""
    assert group_of("/dev/sda1") == ""


PVS = """{"report": [{"pv": [
    {"pv_name":"/dev/sda2", "vg_name":"sys"}, {"pv_name":"/dev/sdb", "vg_name":"s2"},
    {"pv_name":"/dev/mapper/x", "vg_name":"vg_san"}
]}]}"""


def test_own_volumes_are_those_under_the_root_and_swap() -> None:
    host = Recorded(
        {
            "vgs": (0, '{"report": []}'),
            "pvs": (0, PVS),
        },
        {
            "/proc/self/mounts": File(b"proc /proc proc rw 0 0\n/dev/mapper/sys-root / ext4 rw 0 0\n"),
            "/proc/swaps": File(b"Filename Type Size Used Priority\n/dev/dm-1 partition 1 0 -2\n"),
            "/sys/block/dm-1/dm/name": File(b"s2-swap\n"),
        },
    )
    assert lvm.own_pvs(host) == ("/dev/sda2", "/dev/sdb")


def test_an_empty_host() -> None:
    facts = lvm.probe(Recorded())
    assert (facts.installed, facts.groups, facts.failure, facts.stops_in_order) == (False, (), (), False)


def test_lvm_that_cannot_answer_says_why() -> None:
    facts = lvm.probe(Recorded({"vgs": (5, "", "  Cannot access VG vg0 due to failed lock.")}))
    assert facts.failure == ("vgs: exit code 5", "  Cannot access VG vg0 due to failed lock.")


# --- order


def unit(name: str, *after: str, enabled: bool = True, wants: tuple[str, ...] = ()) -> Unit:
    return Unit(name, False, enabled, frozenset(after), frozenset(wants), ())


DEBIAN = {
    each.name: each
    for each in (
        unit("lvmlocks.service", "lvmlockd.service", "dlm.service", "sanlock.service"),
        unit("lvmlockd.service", "sysinit.target"),
        unit("dlm.service", "corosync.service"),
        unit("corosync.service", "network-online.target"),
        unit("multipathd.service"),
        unit("open-iscsi.service", "iscsid.service"),
        unit("blk-availability.service", "iscsid.service"),
    )
}
TEXTS = {
    "lvmlocks.service": "[Service]\nExecStart=/sbin/lvm vgchange --lock-start --lock-opt auto\n"
    "ExecStop=/sbin/lvmlockctl --stop-lockspaces --wait 1\n",
    "blk-availability.service": "ExecStop=/sbin/blkdeactivate -u -l wholevg -m disablequeueing -r wait\n",
}
GROUPS = (("vg_cluster", (LUN,)),)
OURS = (
    "ExecStart=/sbin/vgchange --lock-start vg_cluster\nExecStart=-/sbin/lvchange -asy vg_cluster/vm02\n"
    "ExecStop=/usr/local/sbin/san-volumes-stop vg_cluster\nExecStop=/sbin/vgchange --lock-stop vg_cluster\n"
)


def known(**more: Unit) -> dict[str, Unit]:
    return DEBIAN | {each.name: each for each in more.values()}


def filled(units: dict[str, Unit]) -> dict[str, str]:
    return {name: TEXTS.get(name, "") for name in units}


def test_debian_starts_lockspaces_too_early_and_stops_them_too_early() -> None:
    units = known()
    assert locks_at_boot(units, filled(units), GROUPS) == ()
    assert not stops_in_order(units, filled(units))


def test_a_drop_in_for_lvmlocks_is_enough_for_the_start() -> None:
    late = unit("lvmlocks.service", "lvmlockd.service", "dlm.service", "multipathd.service", "open-iscsi.service",
                DEVICE, wants=(DEVICE,))  # fmt: skip
    units = known(late=late)
    assert locks_at_boot(units, filled(units), GROUPS) == ("vg_cluster",)
    assert locks_at_boot(units, filled(units), (("other", ("/dev/mapper/x",)), ("hidden", ()))) == ()


def test_a_device_that_nobody_wants_orders_nothing() -> None:
    late = unit("lvmlocks.service", "multipathd.service", "open-iscsi.service", DEVICE)
    units = known(late=late)
    assert locks_at_boot(units, filled(units), GROUPS) == ()


def test_a_unit_of_its_own_in_the_right_place() -> None:
    own = unit("san-volumes.service", "lvmlocks.service", "lvmlockd.service", "multipathd.service",
               "open-iscsi.service", DEVICE, wants=(DEVICE,))  # fmt: skip
    units = known(
        own=own,
        lockd=unit("lvmlockd.service", "dlm.service"),
        corosync=unit("corosync.service", "multipathd.service", "open-iscsi.service"),
    )
    texts = {**filled(units), "san-volumes.service": OURS}
    assert stops_in_order(units, texts)
    assert locks_at_boot(units, texts, GROUPS) == ("vg_cluster",)
    assert locks_at_boot(units, texts, (("other", (LUN,)),)) == ()
    assert activated_at_boot(units, texts, ("vg_cluster/vm01",)) == (("vg_cluster/vm02", "sy"),)


def test_an_empty_assignment_drops_what_came_before() -> None:
    text = "ExecStart=/bin/a\nExecStart=\nExecStart=-/bin/b\n"
    assert commands(text, "ExecStart") == ("-/bin/b",)


def test_a_group_activated_whole() -> None:
    units = {"a.service": unit("a.service")}
    text = {"a.service": "ExecStart=/sbin/vgchange -aey vg0\n"}
    assert activated_at_boot(units, text, ("vg0/a", "vg1/b")) == (("vg0/a", "ey"),)


def test_names_of_device_units() -> None:
    assert unit_of_path(LUN) == DEVICE
    assert unit_of_path("/dev/mapper/vm0") == "dev-mapper-vm0.device"


def test_blocks_of_properties() -> None:
    found = parse_units(
        "Id=a.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n"
        "After=b.service dev-mapper-x\\x2dy.device\nWants=\nFragmentPath=/lib/a\nDropInPaths=/etc/d1 /etc/d2\n\n"
        "Id=gone.service\nLoadState=not-found\nActiveState=inactive\n"
    )
    assert list(found) == ["a.service"]
    assert "dev-mapper-x\\x2dy.device" in found["a.service"].after
    assert found["a.service"].files == ("/lib/a", "/etc/d1", "/etc/d2")


@given(st.text())
def test_no_output_is_a_surprise(text: str) -> None:
    lvm.parse_report(text)
    lvm.parse_groups(text, text)
    lvm.parse_volumes(text, lvm.parse_locks(text))
    lvm.parse_lockspaces(text)
    lvm.parse_settings(text)
    lvm.parse_mounts(text)
    lvm.group_of(text)
    parse_units(text)
    commands(text, "ExecStart")
    unit_of_path(text)


KEYS = st.sampled_from(("report", "vg", "lv", "vg_name"))
PLAIN = st.none() | st.text() | st.integers()


@given(st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)))
def test_no_json_is_a_surprise(data: object) -> None:
    lvm.parse_groups(json.dumps(data))
