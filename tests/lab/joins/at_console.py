"""A join at the serial console, and what an operator does with a member afterwards: reboot it, pull a cable, leave."""

import re
from collections.abc import Callable

from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.joins import product, seen
from tests.lab.joins.operator import LOOKED, Entry, Form, Operator, open_step
from tests.lab.joins.unattended import joined, take_back
from tests.lab.lab import Lab
from tests.lab.waiting import poll

Say = Callable[[str], None]
HOME = re.compile(r"^tui-installer( on \S+)? - ", re.MULTILINE)


def live(lab: Lab, say: Say) -> None:
    """Join, lose a path and get it back, reboot, and leave again. Raises LabError."""
    take_back(lab, join(lab, say), say)


def join(lab: Lab, say: Say) -> seen.States:
    """Join by keys alone, lose a path and get it back, reboot; everything holds at the end. Raises LabError.

    Returns the hosts' states before.
    """
    operator, before = become_member(lab, say)
    pull(lab, operator, say)
    operator.leave()
    reboot(lab, say)
    return before


def become_member(lab: Lab, say: Say) -> tuple[Operator, seen.States]:
    """From the first screen to member by keys alone, then everything that must hold. Raises LabError.

    Returns the operator, and the hosts' states before.
    """
    fresh, peer = lab["fresh"], lab[lab.scenario.members[0].name]
    product.install(fresh)
    before = seen.snapshots(lab)
    say("fresh: the package is installed, all hosts are as they are before")
    sampler = seen.Sampler(peer)
    sampler.start()
    operator = Operator(fresh.console)
    operator.start()
    operator.walk(forms(lab))
    say(f"fresh: from the first screen to member by keys alone, {len(operator.seen)} pictures")
    seen.demand("every picture is ASCII", "\n".join(operator.seen).isascii())
    samples = sampler.stop()
    seen.demand("the member was never inquorate", samples.always_quorate, samples.words)
    say(f"{peer.name}: never inquorate in {samples}")
    joined(lab, say)
    member_agrees(peer, say)
    return operator, before


def forms(lab: Lab) -> dict[str, Form]:
    """What is typed, by step and field."""
    scenario = lab.scenario
    members = [lab[plan.name] for plan in scenario.members]
    site = {
        "Member": Entry(members[0].plan.mgmt.ip),
        "Password": Entry(product.PASSWORD),
        "Host keys accepted": Entry(ticks=[product.fingerprint(member) for member in members]),
    }
    iscsi = {"Targets": Entry(ticks=[scenario.cluster.target])}
    chap = scenario.chap
    for label, login in (("CHAP", chap.session), ("Mutual CHAP", chap.mutual), ("Discovery", chap.discovery)):
        if login:
            iscsi |= {f"{label} user": Entry(login.user), f"{label} password": Entry(login.password)}
    return {
        "Site": site,
        "iSCSI sessions": iscsi,
        "Cluster membership": {
            "Fence device": Entry("lab"),
            "Fence settings": Entry("port=fresh"),
            "Cluster's name": Entry(scenario.cluster.name),
        },
    }


def member_agrees(peer: Host, say: Say) -> None:
    """A member that never saw the installer is in place, says the installer."""
    product.install(peer)
    code, told = product.status(peer)
    seen.demand("status on the member exits 0", code == 0, told)
    peer.check("dpkg -P tui-installer && rm -rf /var/lib/tui-installer /run/tui-installer", timeout=120)
    say(f"{peer.name}: status exits 0 there as well")


def pull(lab: Lab, operator: Operator, say: Say) -> None:
    """One path goes while something is written: no error, and the live view shows it going and coming back."""
    fresh, (group, volume) = lab["fresh"], free_volume(lab)
    write = f"dd if=/dev/zero of=/dev/{group}/{volume} bs=4k count=1 oflag=direct conv=notrunc status=none"
    fresh.check(f"lvchange -aey {group}/{volume}")
    fresh.put(
        "/run/lab-writer",
        f"#!/bin/bash\nwhile {write}; do echo written; sleep 0.2; done; echo FAILED\n".encode(),
        0o755,
    )
    unit = "systemd-run --quiet --collect --unit=lab-writer -p StandardOutput=append:/run/lab-writes"
    fresh.check(f"rm -f /run/lab-writes; {unit} /run/lab-writer")
    nic = f"eth{len(lab.scenario.san.nics) - 1}"
    show_live(operator)
    operator.expect(re.compile(r"active ready running"), 60)
    lab.cable(lab.scenario.san.name, nic, up=False)
    operator.expect(re.compile(r"failed (faulty|ready|undef)"), 120)
    lab.cable(lab.scenario.san.name, nic, up=True)
    poll("every path is back on the screen", lambda: ("failed" not in operator.text(), operator.text()), 120)
    fresh.check("systemctl stop lab-writer")
    lines = fresh.get("/run/lab-writes").decode().split()
    fresh.check(f"lvchange -an {group}/{volume}")
    seen.demand("no write failed", lines and set(lines) == {"written"}, lines[-5:])
    say(f"one path pulled and plugged again: {len(lines)} writes, none failed; the screen showed it failed, then back")


def show_live(operator: Operator) -> None:
    """Open the live view of the multipath step."""
    for _ in range(4):
        if HOME.search(operator.text()):
            break
        operator.press("\x1b", re.compile(r"^tui-installer |^Step \d|^Apply", re.MULTILINE), 60)
    operator.expect(LOOKED, 300)
    open_step(operator, "Multipath")
    operator.press("l", re.compile(r"\[\*Live\*\]"), 60)


def reboot(lab: Lab, say: Say) -> None:
    """Rebooted with a volume open: no member waits for fencing, and all is back with no hand."""
    fresh, peer, (group, volume) = lab["fresh"], lab[lab.scenario.members[0].name], free_volume(lab)
    fresh.check(f"lvchange -aey {group}/{volume}")
    fresh.check(f"systemd-run --quiet --unit=lab-open bash -c 'exec 3<>/dev/{group}/{volume}; exec sleep infinity'")
    sampler = seen.Sampler(peer)
    sampler.start()
    fresh.reboot(timeout=400)

    def back() -> tuple[bool, str]:
        code, out = product.run(fresh, "status", 300)
        return code == 0, out

    poll("fresh: status exits 0 after the reboot", back, 400)
    samples = sampler.stop()
    seen.demand(f"{peer.name} never waited for fencing", samples.words["quorate"] and not samples.words["fencing"])
    say(f"fresh: rebooted with {group}/{volume} open; {peer.name} never waited for fencing: {samples}, {samples.words}")
    joined(lab, say)


def free_volume(lab: Lab) -> tuple[str, str]:
    """(group, volume) that no member holds."""
    for lv in lab.scenario.cluster.lvs:
        if not lv.active_on:
            return lv.vg, lv.name
    raise LabError("the scenario has no free volume")
