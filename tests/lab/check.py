"""The laboratory's own check: a scenario comes up, and what tests rely on works."""

import time
from collections.abc import Callable

from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.ready import wait_member
from tests.lab.waiting import poll


def check(scenario: str, say: Callable[[str], None]) -> int:
    """Bring a scenario up and look; says each fact with its seconds. Returns 0, or 1 when something did not hold."""
    start = time.monotonic()

    def fact(text: str) -> None:
        say(f"{time.monotonic() - start:6.1f} s  {scenario}: {text}")

    try:
        with Lab(scenario) as lab:
            fact("array and members are up: quorum, lockspaces, volumes; fresh asks for a login")
            for step in (console, files, members, cables, snapshots, fence, restart):
                step(lab)
                fact(step.__doc__ or step.__name__)
    except LabError as error:
        say("\n".join([f"{scenario}: {error}", *getattr(error, "__notes__", [])]))
        return 1
    return 0


def console(lab: Lab) -> None:
    """fresh: the serial console takes a login and keys, and the control line answers meanwhile"""
    fresh = lab["fresh"]
    fresh.console.login()
    fresh.console.send("stty size; sleep 3; echo do''ne\r")
    fresh.console.expect("24 80")
    _same(fresh.check("hostname").strip(), "fresh")
    fresh.console.expect("done")
    fresh.console.send("exit\r")
    fresh.console.expect("login:")


def files(lab: Lab) -> None:
    """fresh: files go there and back, exit codes and deadlines are told; the cluster's packages wait in its pool"""
    fresh = lab["fresh"]
    content = bytes(range(256)) * 4096
    fresh.put("/root/lab check", content, 0o640)
    _same(fresh.get("/root/lab check"), content)
    _same(fresh.check("stat -c %a:%u '/root/lab check'; rm '/root/lab check'").strip(), "640:0")
    _same(fresh.sh("echo seen; exit 3"), (3, "seen\n"))
    try:
        fresh.sh("sleep 60", timeout=1)
    except LabError as error:
        _same("not finished within 1 s" in str(error), True)
    else:
        raise LabError("a deadline passed unnoticed")
    policy = fresh.check("apt-cache policy corosync lvm2-lockd")
    _same((policy.count("Installed: (none)"), policy.count("file:/srv/pool")), (2, 2))


def members(lab: Lab) -> None:
    """members: each map has a path through each portal, volumes are active as listed, the fence agent answers"""
    paths = len(lab.scenario.portals) * sum(1 for lun in lab.scenario.luns if lun.alias)
    for plan in lab.scenario.members:
        member = lab[plan.name]
        _same(member.check("multipath -ll").count("active ready running"), paths)
        active = member.check("lvs --noheadings -o lv_name -S lv_active=active").split()
        _same(active, [lv.name for lv in lab.scenario.cluster.lvs if lv.active_on == plan.name])
        _same(member.sh("fence_lab -o status -n fresh"), (0, "Status: ON\n"))


def cables(lab: Lab) -> None:
    """a pulled cable and a denied VLAN cut the array off, and given back they work again"""
    plan = lab.scenario.members[0]
    member, portal = lab[plan.name], lab.scenario.portals[0]

    def reached(wanted: bool) -> None:
        poll(f"ping {portal}", lambda: _ping(member, portal, wanted), 30)

    reached(True)
    lab.cable("san", "eth1", up=False)
    reached(False)
    lab.cable("san", "eth1", up=True)
    reached(True)
    if plan.storage[0].vlan:
        lab.vlan(plan.name, "eth1", plan.storage[0].vlan, allowed=False)
        reached(False)
        lab.vlan(plan.name, "eth1", plan.storage[0].vlan, allowed=True)
        reached(True)
    poll("paths back", lambda: _all_paths(member), 60)


def snapshots(lab: Lab) -> None:
    """every host: two snapshots with nothing between them are alike"""
    for host in lab.hosts.values():
        before, after = host.snapshot(), host.snapshot()
        changed = sorted(set(before.splitlines()) ^ set(after.splitlines()))
        _same(changed, [])


def fence(lab: Lab) -> None:
    """fresh: fenced by a member it restarts, and is at its login prompt again"""
    fresh, boots = lab["fresh"], lab["fresh"].boots
    lab[lab.scenario.members[0].name].check("fence_lab -o reboot -n fresh", timeout=60)
    _same(fresh.boots, boots + 1)
    fresh.wait_booted()
    fresh.console.expect("login:", 60)


def restart(lab: Lab) -> None:
    """the first member, restarted from inside, stops its lockspaces properly and comes back with them, unfenced"""
    member = lab[lab.scenario.members[0].name]
    boots = member.boots
    member.reboot()
    wait_member(member, lab.scenario)
    _same(member.boots, boots + 1)
    units = ("cluster-volumes", "lvmlocks", "lvmlockd", "dlm", "corosync")
    stopped = member.check(f"journalctl -b -1 -o cat --no-pager -u {' -u '.join(units)} | tail -80")
    for unit in units:
        if f"{unit}.service: Deactivated successfully" not in stopped:
            raise LabError(f"{unit} was not stopped properly:\n{stopped}")
    for plan in lab.scenario.members[1:]:
        _same("wait fencing" in lab[plan.name].check("dlm_tool ls; dlm_tool status"), False)


def _ping(host: Host, address: str, wanted: bool) -> tuple[bool, str]:
    code, out = host.sh(f"ping -c 1 -W 1 {address}")
    return (code == 0) is wanted, out


def _all_paths(host: Host) -> tuple[bool, str]:
    out = host.check("multipathd show paths format '%d %T'")
    return "faulty" not in out and "failed" not in out, out


def _same(seen: object, wanted: object) -> None:
    if seen != wanted:
        raise LabError(f"seen: {str(seen)[:2000]}\nwanted: {str(wanted)[:2000]}")
