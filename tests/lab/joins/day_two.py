"""The day after: what befalls a member with volumes open on both hosts is said at its console, and repaired or refused.

Meanwhile both hosts write to a volume of their own, and both are looked at ten times a second.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.lab.host import Host
from tests.lab.joins import broken, failures, product, seen
from tests.lab.joins.at_console import HOME, forms, free_volume
from tests.lab.joins.operator import ENDED, LOOKED, Entry, Operator, open_step
from tests.lab.joins.unattended import join, joined
from tests.lab.lab import Lab
from tests.lab.waiting import poll

Say = Callable[[str], None]
WRITES = "/run/lab-writes"


@dataclass(frozen=True)
class Stage:
    """The hosts, and somebody at the console of the newest member."""

    lab: Lab
    operator: Operator
    fresh: Host
    peer: Host


def tell(lab: Lab, say: Say) -> None:
    """Join, one trouble after the other, leave, and join again by keys. Raises LabError."""
    before = join(lab, say, cluster={"two-node": True})  # one of the two is stopped later
    fresh, peer = lab["fresh"], lab[lab.scenario.members[0].name]
    at = Stage(lab, Operator(fresh.console), fresh, peer)
    fresh.console.login()
    at.operator.press("clear; tui-installer\r", LOOKED, 300)
    held = held_volume(lab)
    write(fresh, "/".join(free_volume(lab)))
    write(peer, held)
    for trouble in (failing_script, lost_session, unfinished_edit, asked_back, hanging_tool):
        samplers = [seen.Sampler(host) for host in (fresh, peer)]
        for sampler in samplers:
            sampler.start()
        trouble(at)
        unharmed(at, [sampler.stop() for sampler in samplers])
        say(f"{(trouble.__doc__ or '').split(':')[0]}: said, and nothing lost")
    written(peer)
    old_file_on_a_stopped_member(at)
    say("the member stopped with an older file: given the one in force; this host wrote on")
    written(fresh)
    leave(at, say)
    fresh.check(f"rm -f {product.ANSWERS}")
    left = seen.differences(before, seen.snapshots(lab))
    seen.demand("all hosts are as before", not left, "\n".join(left))
    say("left the cluster and taken back, by keys: all hosts are as before")
    home(at.operator)
    at.operator.walk(forms(lab))
    joined(lab, say)
    seen.demand("every picture is ASCII", "\n".join(at.operator.seen).isascii())


# --- what must go on


def held_volume(lab: Lab) -> str:
    """group/volume that the first member holds."""
    first = lab.scenario.members[0].name
    return next(f"{lv.vg}/{lv.name}" for lv in lab.scenario.cluster.lvs if lv.active_on == first)


def write(host: Host, volume: str) -> None:
    """Hold a volume open and write to it five times a second, until `written`."""
    block = "dd if=/dev/zero bs=4k count=1 oflag=direct conv=notrunc status=none"
    script = f"#!/bin/bash\nexec 3<>/dev/{volume}\nwhile {block} of=/dev/{volume}; do echo written; sleep 0.2; done\n"
    host.check(f"lvchange -aey {volume}")
    host.put("/run/lab-writer", f"{script}echo FAILED\n".encode(), 0o755)
    unit = f"systemd-run --quiet --collect --unit=lab-writer -p StandardOutput=append:{WRITES}"
    host.check(f"rm -f {WRITES}; {unit} /run/lab-writer")


def written(host: Host) -> None:
    """End the writing: not one failed. Raises LabError."""
    host.check("systemctl stop lab-writer")
    lines = host.get(WRITES).decode().split()
    seen.demand(f"{host.name}: no write failed", lines and set(lines) == {"written"}, lines[-5:])


def unharmed(at: Stage, samples: list[seen.Samples]) -> None:
    """Paths, lockspaces, volumes, writing and quorum are as they were. Raises LabError."""
    for host, looked in zip((at.fresh, at.peer), samples, strict=True):
        seen.demand(f"{host.name} was never inquorate", looked.always_quorate, looked.words)
        seen.every_path(at.lab, host)
        spaces = host.check("dlm_tool ls")
        seen.demand(f"{host.name} holds the lockspaces", "lvm_global" in spaces and "lvm_vg" in spaces, spaces)
        host.check("systemctl is-active lab-writer")
        seen.demand(f"{host.name} writes on", b"FAILED" not in host.get(WRITES))
    code, told = product.status(at.fresh)
    seen.demand("all is in place again", code == 0, told)


# --- what befalls it


def failing_script(at: Stage) -> None:
    """a package's script that fails: the attempt is taken back by keys, the join stands; then it is mended."""
    with broken.script(at.fresh):
        at.operator.press("r", LOOKED, 300)
        open_step(at.operator, "Packages")
        at.operator.settle()
        at.operator.press("a", "[ Apply now ]")
        at.operator.decide(ENDED, 600)
        at.operator.expect("packages.script-failed", 20)
        at.operator.press("u", "[ This attempt ]")
        at.operator.settle()
        at.operator.press("\r", "[ Take back now ]")
        at.operator.decide(re.compile(r" - taken back"), 600)
    home(at.operator)
    repair(at, "Packages")


def lost_session(at: Stage) -> None:
    """a session that is lost: logged in to again."""
    at.fresh.check(f"iscsiadm -m node -p {at.lab.scenario.portals[-1]}:3260 --logout", timeout=60)
    told(at, "iscsi", "todo", "")
    repair(at, "iSCSI sessions")
    seen.every_path(at.lab, at.fresh)


def unfinished_edit(at: Stage) -> None:
    """somebody's unfinished edit on the member: refused, whoever asks, and left as it is."""
    with broken.edit(at.peer) as text:
        told(at, "cluster", "problem", "cluster.unfinished-edit")
        at.operator.press("r", LOOKED, 300)
        open_step(at.operator, "Cluster membership")
        failures.refused(at.operator)
        seen.demand("the code is shown", "cluster.unfinished-edit" in at.operator.text(), at.operator.text())
        code, out = product.run(at.fresh, "apply cluster")
        seen.demand("apply is refused as well", code == 2 and "cluster.unfinished-edit" in out, out)
        seen.demand("the edit is left as it is", at.peer.get(seen.RISES) == text)
    home(at.operator)


def asked_back(at: Stage) -> None:
    """packages and sessions asked to be taken back from under a member: refused."""
    for step in ("packages", "iscsi"):
        code, out = product.run(at.fresh, f"undo {step}")
        seen.demand(f"undo {step} is refused", code == 2 and f"{step}.needed" in out, out)
    for title in ("Packages", "iSCSI sessions"):
        home(at.operator)
        open_step(at.operator, title)
        home(at.operator)  # the row stays chosen
        at.operator.press("u", "[ This and later ]", 60)
        at.operator.settle()
        at.operator.press("\r", "leave CLUSTER", 120)
    home(at.operator)


def hanging_tool(at: Stage) -> None:
    """vgs that hangs for ever: unknown, by its name, and nothing planned; then it answers."""
    with broken.hangs(at.fresh, "/usr/sbin/vgs"):
        row = told(at, "storage-guard", "unknown", "storage-guard.unknown")
        seen.demand("the tool is named", "vgs" in str(row), row)
        told(at, "lvm", "waits", "lvm.unknown")
        code, out = product.run(at.fresh, "apply lvm")
        seen.demand("nothing is planned from it", code == 3 and "vgs" in out, out)
        at.operator.press("r", LOOKED, 300)
        open_step(at.operator, "Shared volume groups")
        at.operator.expect(re.compile(r"vgs"), 60)
    home(at.operator)


def old_file_on_a_stopped_member(at: Stage) -> None:
    """the member stopped, with an older file: given the one in force, once the cluster's name was typed."""
    sampler = seen.Sampler(at.fresh)
    sampler.start()
    with broken.stopped(at.peer, held_volume(at.lab)) as in_force:
        home(at.operator)
        open_step(at.operator, "Cluster membership")
        at.operator.into_place({"Cluster's name": Entry(at.lab.scenario.cluster.name)})
        seen.demand("the member has the file in force", at.peer.get(seen.RISES) == in_force)
    seen.quorate(at.lab, [at.peer.name, at.fresh.name])
    samples = sampler.stop()
    seen.demand("this host was never inquorate", samples.always_quorate, samples.words)
    seen.every_path(at.lab, at.fresh)


def leave(at: Stage, say: Say) -> None:
    """Leave the cluster, then take back all that is left, by keys."""
    at.fresh.check(f"lvchange -an {'/'.join(free_volume(at.lab))}")
    operator = at.operator
    home(operator)
    operator.press("x", "[ Type it ]", 120)
    operator.settle()
    operator.press("\r", "[*Form*]", 120)
    operator.settle()
    operator.press(at.lab.scenario.cluster.name, re.compile(rf"> Cluster's name +\[{at.lab.scenario.cluster.name}"), 20)
    operator.press("\x1b", re.compile(r"keeps? it|Enter press"), 20)
    operator.press("\r", "[ Leave the cluster now ]", 300)
    operator.to_button("Leave the cluster now")
    operator.decide(re.compile(r" - left"), 900)
    say("fresh: has left the cluster, by keys")
    home(operator)
    operator.press("u", "[ Everything ]", 120)
    operator.to_button("Everything", "\x1b[C")
    asked = operator.press("\r", re.compile(r"(?<=\[ )Take back (?:now|\d+ steps)(?= \])"), 120)
    operator.to_button(asked[0])
    operator.decide(re.compile(r" - taken back"), 900)
    poll("nothing stands", lambda: nothing_stands(at.fresh), 900)


def nothing_stands(host: Host) -> tuple[bool, str]:
    """Whether all that was applied is taken back."""
    code, out = product.run(host, "standing")
    return code == 0 and not out.strip(), out


# --- the operator's ways


def home(operator: Operator) -> None:
    """To the first screen, with everything looked at."""
    for _ in range(6):
        operator.settle()
        if HOME.search(operator.text()):
            break
        operator.press("\x1b", re.compile(r"\S"), 10)
    operator.press("r", LOOKED, 300)


def repair(at: Stage, title: str) -> None:
    """Have a step planned and applied by keys."""
    home(at.operator)
    open_step(at.operator, title)
    at.operator.into_place({})
    home(at.operator)


def told(at: Stage, step: str, state: str, code: str) -> dict[str, Any]:
    """What programs are told of a step: its row. Raises LabError."""
    _, status = product.status(at.fresh)
    row: dict[str, Any] = next(row for row in status["steps"] if row["id"] == step)
    codes = [problem["code"] for problem in row["problems"]]
    seen.demand(f"{step} is {state!r} {code}", row["state"] == state and (not code or code in codes), row)
    return row
