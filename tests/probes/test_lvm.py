"""What LVM, lvmlockd and systemd say is understood, and nothing that they might say is a surprise."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import WORDS, made_up, scattered
from tests.probes.recorded import Recorded, errors, output
from tui_installer.hosts.host import File, HostError
from tui_installer.probes import lvm, own_volumes
from tui_installer.probes.boot_order import activated_at_boot, commands, locks_at_boot, stops_in_order
from tui_installer.probes.lvm import Group, Lockspace, Volume, group_of, parse_groups
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
]}]}
"""


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
    assert own_volumes.own_pvs(host) == ("/dev/sda2", "/dev/sdb")


@pytest.mark.parametrize("said", [(1, ""), (0, PVS[:40]), (5, "")])
def test_pvs_that_did_not_answer_hides_no_root_volume(said: tuple[int, str]) -> None:
    mounts = {"/proc/self/mounts": File(b"/dev/mapper/sys-root / ext4 rw 0 0\n")}
    with pytest.raises(HostError, match="pvs: "):
        own_volumes.own_pvs(Recorded({"pvs": said}, mounts))


def test_vgs_that_did_not_answer_is_no_host_without_groups() -> None:
    with pytest.raises(HostError, match="vgs: exit code 1"):
        lvm.probe_filter(Recorded({"vgs": (1, "")}))


def test_an_empty_host() -> None:
    facts = lvm.probe(Recorded())
    assert (facts.installed, facts.groups, facts.failure, facts.stops_in_order) == (False, (), (), False)


def test_lvm_that_cannot_answer_says_why() -> None:
    facts = lvm.probe(Recorded({"vgs": (5, "", "  Cannot access VG vg0 due to failed lock."), "lvmconfig": (0, "")}))
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


# --- whatever is printed


def report(rows: list[dict[str, str]], name: str = "vg") -> str:
    """Rows as LVM prints them with `--reportformat json`."""
    return json.dumps({"report": [{name: rows}]})


PVS_OF = st.lists(WORDS.map("/dev/mapper/{}".format), max_size=3, unique=True).map(tuple)
GROUPS_SEEN = st.lists(
    st.builds(Group, WORDS, WORDS, st.sampled_from(["", "none", "dlm"]), WORDS, st.booleans(), WORDS, WORDS, PVS_OF),
    max_size=4,
    unique_by=lambda group: group.name,
)


@given(GROUPS_SEEN)
def test_groups_come_back_as_they_were_reported(groups: list[Group]) -> None:
    rows = [
        {"vg_name": each.name, "vg_uuid": each.uuid, "vg_attr": "wz--n" + ("c" if each.clustered else "-"),
         "vg_lock_type": each.lock_type, "vg_lock_args": each.lock_args, "vg_size": each.size, "vg_free": each.free,
         "pv_name": pv}
        for each in groups for pv in each.pvs or ("",)
    ]  # fmt: skip
    assert parse_groups(report(rows)) == tuple(groups)
    assert parse_groups(report([{"vg_name": "", "pv_name": "/dev/sdz"}, *rows])) == tuple(groups)
    shut = "".join(
        f"  Cannot access VG {name} with lock type dlm that requires lvmlockd.\n"
        for name in ("shut", *(g.name for g in groups))
    )
    assert parse_groups(report(rows), shut)[: len(groups)] == tuple(groups)


VOLUMES = st.lists(
    st.builds(Volume, WORDS, WORDS, WORDS, WORDS, st.booleans(), st.booleans(), st.sampled_from(["", "ex", "sh"])),
    max_size=4,
    unique_by=lambda volume: volume.uuid,
)


@given(VOLUMES, st.data())
def test_volumes_and_their_locks_come_back_as_they_were_reported(volumes: list[Volume], data: st.DataObject) -> None:
    rows = [
        {"lv_name": each.name, "vg_name": each.group, "lv_uuid": each.uuid, "lv_size": each.size,
         "lv_active": "active" if each.active else "", "lv_device_open": "open" if each.open else ""}
        for each in volumes
    ]  # fmt: skip
    held = [f"LK LV {each.lock} {each.uuid}" for each in volumes if each.lock]
    locks = lvm.parse_locks(data.draw(scattered(held, LOCKD)))
    assert lvm.parse_volumes(report(rows, "lv"), locks) == tuple(volumes)


LOCKD = ["VG g lock_type=dlm abc", "LK VG un ver 4", "LK GL un ver 2", "", "LK LV un abc"]


@given(st.lists(WORDS.filter(lambda name: name != "global"), unique=True), st.booleans(), st.data())
def test_lockspaces_come_back_as_they_were_listed(names: list[str], whole: bool, data: st.DataObject) -> None:
    rows = (["LS  lvm_global"] if whole else []) + [f"LS dlm lvm_{name}" for name in names]
    known = ([Lockspace("", "")] if whole else []) + [Lockspace(name, "dlm") for name in names]
    assert lvm.parse_lockspaces(data.draw(scattered(rows, LOCKD))) == tuple(known)


TEXTS_SET = st.sampled_from(["0", "1", '["a|.*|"]', '[ "a|^/dev/mapper/|", "r|.*|" ]', '"a = b"'])


@given(
    st.dictionaries(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), TEXTS_SET),
    st.sampled_from(["\t{}={}", "s/{} = {} "]),
)
def test_settings_come_back_as_they_were_printed(wanted: dict[str, str], form: str) -> None:
    text = "global {\n" + "".join(form.format(*pair) + "\n" for pair in wanted.items()) + "}\n# k = 1\n"
    assert lvm.parse_settings(text) == wanted


@given(WORDS, WORDS)
def test_the_group_of_any_volume(group: str, volume: str) -> None:
    escaped = "-".join(name.replace("-", "--") for name in (group, volume))
    assert group_of(f"/dev/mapper/{escaped}") == group
    assert group_of(f"/dev/{group}/{volume}") == ("" if group == "mapper" else group)
    assert group_of(f"/dev/{group}") == ""


@given(st.lists(st.tuples(WORDS, st.sampled_from(["/", "/boot", "/usr", "/var", "/home", "/srv"]))), st.data())
def test_the_mounts_that_the_system_needs(mounts: list[tuple[str, str]], data: st.DataObject) -> None:
    rows = [f"/dev/{device} {where} ext4 rw,relatime 0 0" for device, where in mounts]
    text = data.draw(scattered(rows, ["", "proc /proc proc rw 0 0", "overlay / overlay rw 0 0", "/dev/x /"]))
    assert own_volumes.parse_mounts(text) == tuple(
        f"/dev/{device}" for device, where in mounts if where not in ("/home", "/srv")
    )


NAMES = st.frozensets(WORDS.map("{}.service".format) | st.just(DEVICE), max_size=3)
UNITS = st.lists(
    st.builds(Unit, WORDS, st.booleans(), st.booleans(), NAMES, NAMES, st.lists(WORDS, max_size=2).map(tuple)),
    unique_by=lambda each: each.name,
    max_size=3,
)


@given(UNITS)
def test_units_come_back_as_systemd_shows_them(units: list[Unit]) -> None:
    shown = [
        {"Id": each.name, "LoadState": "loaded", "ActiveState": "active" if each.active else "failed",
         "UnitFileState": "enabled" if each.enabled else "static", "After": " ".join(each.after),
         "Wants": " ".join(each.wants), "FragmentPath": "".join(each.files[:1]),
         "DropInPaths": " ".join(each.files[1:])}
        for each in units
    ]  # fmt: skip
    blocks = ["".join(f"{key}={value}\n" for key, value in each.items()) for each in shown]
    gone = "Id=gone.service\nLoadState=not-found\nActiveState=inactive\n"
    assert parse_units("\n".join([gone, *blocks])) == {each.name: each for each in units}


@given(st.lists(WORDS.map("/sbin/{} -x".format)), st.lists(WORDS.map("/bin/{}".format)))
def test_commands_after_an_empty_assignment_count(dropped: list[str], kept: list[str]) -> None:
    lines = ["[Service]", *(f"ExecStart={each}" for each in dropped), "ExecStop=/bin/x", " ExecStart = ",
             *(f"ExecStart={each}" for each in kept), "# ExecStart=/bin/none"]  # fmt: skip
    assert commands("\n".join(lines), "ExecStart") == tuple(kept)


@given(st.lists(st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_the_unit_of_any_path_stands_for_it_alone(parts: list[str]) -> None:
    escaped = unit_of_path("/" + "/".join(parts)).removesuffix(".device").replace("-", "/").encode("ascii")
    assert re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes.fromhex(found[1].decode()), escaped).decode() == "/".join(
        parts
    )
    assert unit_of_path("//".join(["", *parts, ""])) == unit_of_path("/".join(parts))


SAID = [line for name in ("lvmlockctl-peer", "vgs-all.json") for line in output(f"lvm/{name}.txt").splitlines()]
SAID += errors("lvm/vgs-without-lvmlockd.txt").splitlines()


@given(st.text() | st.lists(st.sampled_from(SAID)).map("\n".join))
def test_nothing_is_made_up(text: str) -> None:
    found = (lvm.parse_report(text), parse_groups(text, text), lvm.parse_lockspaces(text), lvm.parse_locks(text))
    assert not made_up(
        (*found, lvm.parse_settings(text), own_volumes.parse_mounts(text), commands(text, "ExecStart")), text
    )
    assert not made_up(tuple(parse_units(text)), text)


KEYS = st.sampled_from(("report", "vg", "lv", "vg_name", "pv_name"))
PLAIN = st.none() | st.sampled_from(["a", "b"]) | st.integers()
JSON = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner))
ROWS = st.lists(st.dictionaries(KEYS, JSON) | PLAIN)


@given(JSON.map(json.dumps) | ROWS.map(lambda rows: json.dumps({"report": [{"vg": rows}]})))
def test_no_json_makes_anything_up(text: str) -> None:
    assert not made_up(parse_groups(text), text)
