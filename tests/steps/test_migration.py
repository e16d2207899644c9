"""Moving guests on today's stack: each root may do that and nothing else."""

from __future__ import annotations

from typing import Any

from tests.steps.boot_world import text_of
from tests.world import engine
from tui_installer import simulator


def test_each_root_may_move_guests_and_nothing_else(at: Any) -> None:
    world = at("reboot")
    theirs = text_of(world, "/root/.ssh/authorized_keys", "node1")
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
    assert text_of(world, "/root/.ssh/authorized_keys", "node1") == "ssh-rsa AAAA root@desk\n"
    assert not text_of(world, "/etc/ssh/tui-installer-known-hosts", "node1")


def test_another_host_key_is_named(at: Any) -> None:
    world = at("reboot")
    with simulator.opened(world) as opened:
        node = opened.machine("node2")
        node.data["ssh_key"] = "AAAAC3NzaC1lZDI1NTE5AAAAIanotherkey"
        node.put("/etc/ssh/ssh_host_ed25519_key.pub", f"ssh-ed25519 {node.data['ssh_key']} root@node2\n")
    plan = engine(world).plan("migration")
    assert plan.changes, "its new key was accepted, and is handed on"
    refused = [each for each in plan.problems if each.code == "migration.refused"]
    assert refused and "node2" in refused[0].text and refused[0].evidence == ("Host key verification failed.",)
