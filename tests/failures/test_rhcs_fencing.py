"""Clusters of the old stack as people have them fenced: what is asked, and what the members get to read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli_w

from tests.before import Before
from tests.screens.plain.test_session import told
from tests.screens.stage import app, press, see
from tests.world import copy, engine, rhcs_answers
from tui_installer import simulator
from tui_installer.__main__ import main
from tui_installer.engine.engine import Engine
from tui_installer.formats.cluster_conf import ClusterConf, parse
from tui_installer.formats.fencing import FenceUse, Method
from tui_installer.hosts.host import File
from tui_installer.model.change import WriteFiles, show
from tui_installer.probes.rhcs.cluster import CONF
from tui_installer.steps import STACKS

INPUTS = Path(__file__).parent / "inputs"
"""Public cluster.conf files: HA-LVM with a board a node (Linux Journal), two supplies (Cluster Suite for RHEL 5,
installation guide), fenced's delays and rgmanager's section (both in nearly every file of Red Hat's tools)."""
ALL = pytest.mark.parametrize("release", ["etch", "lenny", "squeeze"])
SECRET = "top-secret"
OWN = ("192.0.2.60", "ADMIN", SECRET)


def opened(before: Before, tmp_path: Path, release: str, name: str, **cluster: Any) -> Engine:
    """An engine before the membership, for members that have that cluster.conf in force."""
    world = copy(before.world(release, "cluster"), tmp_path / "world")
    content = (INPUTS / f"{name}.conf").read_bytes()
    with simulator.opened(world) as changed:
        for machine in (changed.machine("top"), changed.machine("left")):
            machine.write(CONF, File(content, 0o644))
            if machine.data["ccsd"]:
                machine.data["ccsd"]["text"] = content.decode()
    given = rhcs_answers(world)
    given["cluster"] |= cluster
    return engine(world, given, stack=STACKS[release])


def asked(mine: Engine) -> list[tuple[str, str]]:
    """(code, field) of what blocks the step."""
    return [(p.code, p.field) for p in mine.plan("cluster").problems if p.level != "warn"]


def everywhere(world: Path) -> list[ClusterConf]:
    """cluster.conf of all hosts, once they have joined."""
    with simulator.opened(world) as found:
        return [parse((machine.text(CONF) or "").encode()) for machine in found.machines()]


@ALL
def test_a_board_of_its_own_is_asked_for_and_listed(before: Before, tmp_path: Path, release: str) -> None:
    assert asked(opened(before, tmp_path / "a", release, "fence-own-device-ipmi")) == [
        ("cluster.fence", "fence_address")
    ]
    given = {"fence": "ipmi-bottom", "fence-address": "192.0.2.60", "fence-login": "ADMIN", "fence-password": SECRET}
    mine = opened(before, tmp_path / "b", release, "fence-own-device-ipmi", **given)
    plan = mine.plan("cluster")
    assert not plan.blocked, plan.problems
    shown = "\n".join(line for change in plan.changes for line in show(change))
    assert "192.0.2.60" in shown and SECRET not in shown
    argvs = [run.argv for change in plan.changes if not isinstance(change, WriteFiles) for run in (change,)]
    assert SECRET not in str(argvs)
    assert mine.apply(plan) == "done", mine.failure("cluster")
    for conf in everywhere(tmp_path / "b" / "world"):
        node, device = conf.node("bottom"), conf.fencedevices[-1]
        assert node is not None and node.nodeid == 3
        assert node.fence == (Method("1", (FenceUse("ipmi-bottom"),)),)
        assert (device.name, device.agent) == ("ipmi-bottom", "fence_ipmilan")
        assert dict(device.settings) == {"ipaddr": "192.0.2.60", "login": "ADMIN"}
        assert device.secrets == (("passwd", SECRET),)
    assert mine.plan("cluster").in_place and not simulator.incidents(tmp_path / "b" / "world")
    with simulator.opened(tmp_path / "b" / "world") as found:
        modes = [file.mode for machine in found.machines() if (file := machine.read(CONF))]
    assert not any(mode & 0o007 for mode in modes), "anybody on the host could read the password"
    kept = [path for path in (tmp_path / "b" / "world" / "state").rglob("*") if path.is_file()]
    assert kept and not [path for path in kept if SECRET.encode() in path.read_bytes()], "it is kept outside of /run"
    mine.confirm_leaving(everywhere(tmp_path / "b" / "world")[0].name)
    leaving = mine.plan_leave()
    assert leaving.changes and mine.apply(leaving) == "done", leaving.problems
    with simulator.opened(tmp_path / "b" / "world") as found:
        left = parse((found.machine("top").text(CONF) or "").encode())
    assert [device.name for device in left.fencedevices] == ["ipmirecover1", "ipmirecover2"]


@ALL
def test_both_supplies_of_the_host_are_asked_for(before: Before, tmp_path: Path, release: str) -> None:
    one = {"fence": "apc1", "fence-settings": ["port=7", "action=off"]}
    mine = opened(before, tmp_path / "a", release, "fence-dual-supply", **one)
    assert set(asked(mine)) == {("cluster.fence", "fence_settings")}
    given = {"fence-settings": ["apc1/port=7", "apc2/port=8"]}
    mine = opened(before, tmp_path / "b", release, "fence-dual-supply", **given)
    assert mine.apply(mine.plan("cluster")) == "done"
    for conf in everywhere(tmp_path / "b" / "world"):
        node = conf.node("bottom")
        assert node is not None
        (method,) = node.fence
        found = [(use.device, dict(use.attributes)) for use in method.devices]
        assert found == [
            ("apc1", {"port": "7", "action": "off"}),
            ("apc2", {"port": "8", "action": "off"}),
            ("apc1", {"port": "7", "action": "on"}),
            ("apc2", {"port": "8", "action": "on"}),
        ]


@ALL
def test_the_way_out_if_the_board_fails_is_asked_for_too(before: Before, tmp_path: Path, release: str) -> None:
    board = {"fence-address": OWN[0], "fence-login": OWN[1], "fence-password": SECRET}
    mine = opened(before, tmp_path / "a", release, "fence-two-methods", **board)
    assert asked(mine) == [("cluster.fence", "fence_settings")]
    mine = opened(before, tmp_path / "b", release, "fence-two-methods", **board, **{"fence-settings": ["port=7"]})
    assert mine.apply(mine.plan("cluster")) == "done", mine.failure("cluster")
    for conf in everywhere(tmp_path / "b" / "world"):
        node, device = conf.node("bottom"), conf.fencedevices[-1]
        assert node is not None and dict(device.settings) == {"ipaddr": OWN[0], "login": OWN[1]}
        off, on = (FenceUse("apc1", (("port", "7"), ("option", each))) for each in ("off", "on"))
        assert node.fence == (Method("ipmi", (FenceUse(device.name),)), Method("power", (off, on)))


@ALL
def test_delays_of_fenced_and_an_empty_rgmanager_are_no_obstacle(before: Before, tmp_path: Path, release: str) -> None:
    mine = opened(before, tmp_path, release, "special-fence-daemon-rm")
    assert asked(mine) == []
    assert mine.apply(mine.plan("cluster")) == "done"
    node = everywhere(tmp_path / "world")[0].node("bottom")
    assert node is not None and node.fence == (Method("1", (FenceUse("hand", (("nodename", "bottom"),)),)),)


def test_to_do_without_is_accepted_by_its_name_and_stays_said(before: Before, tmp_path: Path) -> None:
    mine = opened(before, tmp_path, "lenny", "fence-own-device-ipmi", accept=["cluster.fence"])
    plan = mine.plan("cluster")
    assert not plan.blocked and mine.apply(plan) == "done"
    row = next(row for row in mine.status() if row.id == "cluster")
    assert (row.state, row.notes) == ("in-place", ("no fencing of this host",))


# --- however a newcomer is asked for a board of its own


def _is_listed(world: Path) -> None:
    for conf in everywhere(world):
        node, device = conf.node("bottom"), conf.fencedevices[-1]
        assert node is not None and node.fence == (Method("1", (FenceUse(device.name),)),)
        assert dict(device.settings) == {"ipaddr": OWN[0], "login": OWN[1]}
        assert device.secrets == (("passwd", SECRET),)


def test_by_lines_it_is_asked_for_where_it_is_missing(before: Before, tmp_path: Path) -> None:
    mine = opened(before, tmp_path, "lenny", "fence-own-device-ipmi")
    text = told(mine, "7", "e", *OWN, "", "", "a", "yes", "b", "q")
    assert "The others have devices of their own" in text and "(8/12) Own device: address" in text
    assert SECRET not in text and 'passwd="********"' in text
    _is_listed(tmp_path / "world")


async def test_on_the_screens_it_is_asked_for_where_it_is_missing(before: Before, tmp_path: Path) -> None:
    mine = opened(before, tmp_path, "squeeze", "fence-own-device-ipmi")
    async with app(mine).run_test(size=(80, 24)) as pilot:
        await see(pilot, "The others have devices of th...")
        text = await press(pilot, "enter")
        assert "> Own device: address" in text and "never the host's own." in text
        text = await press(pilot, *OWN[0], "tab", *OWN[1], "tab", *SECRET)
        assert "ADMIN" in text and SECRET not in text
        text = await press(pilot, "escape", "enter")
        assert "[*Plan*]" in text and SECRET not in text
        await press(pilot, "a", "left", "enter")
        await see(pilot, "Cluster membership - in place")
    _is_listed(tmp_path / "world")


def test_an_answers_file_has_a_key_for_each_part_of_it(before: Before, tmp_path: Path) -> None:
    opened(before, tmp_path, "etch", "fence-own-device-ipmi")
    given = rhcs_answers(tmp_path / "world")
    words = ("fence-address", "fence-login", "fence-password")
    given["cluster"] |= dict(zip(words, OWN, strict=True))
    path = tmp_path / "answers.toml"
    path.write_text(tomli_w.dumps(given))
    path.chmod(0o600)
    argv = ["--world", str(tmp_path / "world"), "--answers", str(path)]
    assert main(["plan", "cluster", *argv]) == 1  # something is to do, and nothing is to answer
    assert main(["apply", "cluster", *argv]) == 0
    _is_listed(tmp_path / "world")
