"""Failures as they happened on hosts of that time: each is told by its code, with the tool's words and what to do, and
taken back it leaves the host as it was. `tests/failures/README.md` says which sign is tried by which case."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.failures.other_words import reworded, usual
from tests.world import copy, engine
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.hosts.host import Host, HostError
from tui_installer.model.step import Problem
from tui_installer.simulator.host import SimulatedHost
from tui_installer.simulator.rhcs import boot, logs
from tui_installer.steps import STACKS


@dataclass(frozen=True)
class Case:
    """Something wrong, where it shows, and what is said of it."""

    release: str
    step: str
    code: str
    """Empty: nothing is in the way, and the plan mends it."""
    words: str
    """Part of the evidence, or of the text; without a code, of the plan's titles; empty: in place."""
    faults: dict[str, Any] = field(default_factory=dict)
    commands: tuple[tuple[str, ...], ...] = ()
    """Run before, behind the program's back: the host, then the argv; or "edit", a path, a text and its replacement; or
    "log" and a line of the kernel's; or "restart"."""
    file: tuple[str, bytes, bytes] = ("", b"", b"")
    """A file of this host in which the first text is replaced by the second."""
    applied: bool = True
    """Whether it shows only when the step is applied."""
    shows: str = ""
    """What the tools say of it: printed by a command, in a log of any host, or in the evidence."""
    mended: str = ""
    """Title of a change that mends it; empty: it is in the way, and nothing is planned."""
    accepted: str = ""
    """What an earlier step says of it, and the operator accepts."""


FILTER = b'"a|^/dev/mapper/vm[0-9]+$|"'
DEVICE = 'devices {\n    device {\n        vendor "Promise"\n        product "VTrak  M310i"\n    }\n}\n'
"""With a blank too much in the product."""
ALONE = (
    '<cluster name="alone" config_version="1"><cman/><clusternodes><clusternode name="bottom" nodeid="1"/>'
    "</clusternodes></cluster>"
)
"""cluster.conf of a cluster of one."""
CONF = "/etc/cluster/cluster.conf"
LISTED = (CONF, "<clusternodes>", '<clusternodes><clusternode name="bottom" votes="1"/>')
LISTING = ("lvs", "--noheadings", "--separator", " ", "-o", "vg_name,lv_name,lv_attr")
OWN = ("/etc/hosts", "127.0.1.1", "198.38.17.55")
STARTED = (("bottom", "/etc/init.d/ccs", "restart"), ("bottom", "/etc/init.d/cman", "start"))
RAISED = (CONF, '="5">', '="6">')
OPEN = b"(xend-relocation-hosts-allow '^198$  ^197$')"
CASES = {
    "another CHAP secret (etch)": Case("etch", "iscsi", "iscsi.login-refused", "5 - ", {"chap": "wrong"}),
    "another CHAP secret (squeeze)": Case("squeeze", "iscsi", "iscsi.login-refused", "19 - ", {"chap": "wrong"}),
    "the array does not know this host": Case("lenny", "iscsi", "iscsi.login-refused", "172.16.1.2", {"acl": True}),
    "a portal is down": Case(
        "etch", "iscsi", "iscsi.not-offered", "172.16.1.3", {"portal-down": ["172.16.1.3"]},
        accepted="storage-network.portal-silent",
    ),
    "the quote that the guide does not close": Case(
        "etch", "lvm", "lvm.file", "closing quote", applied=False,
        file=("/etc/lvm/lvm.conf", b'#file = "/var/log/lvm2.log"', b'file = "/var/log/lvm2.log'),
    ),
    "a dead host waits to be fenced": Case(
        "lenny", "lvm", "lvm.fencing", "FAIL", {"fence-waiting": True}, applied=False
    ),
    "cman is gone": Case(
        "squeeze", "lvm", "lvm.inquorate", "cman", commands=(("bottom", "/etc/init.d/cman", "stop"),), applied=False
    ),
    "no lock manager in the kernel": Case(
        "etch", "lvm", "lvm.no-dlm", "clvmd", commands=(("bottom", "modprobe", "-r", "dlm"),), applied=False
    ),
    "a bracket is missing in xend's file": Case(
        "etch", "xen", "xen.file", "line", applied=False,
        file=("/etc/xen/xend-config.sxp", b"(vif-script vif-bridge)", b"(vif-script vif-bridge"),
    ),
    "no menu of GRUB legacy": Case(
        "lenny", "console", "console.file", "AUTOMAGIC", applied=False,
        file=("/boot/grub/menu.lst", b"### BEGIN AUTOMAGIC KERNELS LIST", b""),
    ),
    "two blanks let everybody in": Case(
        "etch", "xen", "", "Let the members move guests here", applied=False,
        file=("/etc/xen/xend-config.sxp", b"#(xend-relocation-hosts-allow '')", OPEN),
    ),
    "LVM sees a LUN twice": Case(
        "etch", "lvm", "lvm.duplicate-pv", "Found duplicate PV ", applied=False, shows=": using /dev/sd",
        file=("/etc/lvm/lvm.conf", FILTER, b'"a|^/dev/sd|"'),
    ),
    "a member without clvmd": Case(
        "etch", "lvm", "lvm.clvmd-elsewhere", "clvmd not running on node left",
        commands=(("left", "/etc/init.d/clvm", "stop"),), shows="Error locking on node left: ",
    ),
    "the guide's san-lvm activates all": Case(
        "etch", "lvm", "lvm.activates-all", "vgchange -aly", applied=False, mended="Activate san",
        commands=(("bottom", "sh", "-c", "printf 'vgscan\\nvgchange -aly\\n' >/etc/init.d/san-lvm"),
                  ("bottom", "chmod", "755", "/etc/init.d/san-lvm")),
    ),
    "clvm cannot be configured": Case(
        "lenny", "packages", "packages.clvm-failed", "clvm ", {"apt": "postinst:clvm"},
        applied=False, commands=(("bottom", "apt-get", "-y", "install", "cman", "clvm"),),
        shows="dpkg: error processing clvm (--configure):\n", mended="Load dlm",
    ),
    "scsi_id of another release": Case(
        "lenny", "multipath", "multipath.callout", "/sbin/scsi_id", applied=False, mended="Make the maps",
        commands=(("bottom", "sh", "-c",
                   'printf \'defaults {\\n getuid_callout "/sbin/scsi_id -g -u -s /block/%%n"\\n}\\n\''
                   " >/etc/multipath.conf"), ("bottom", "multipath")),
        shows="error calling out /sbin/scsi_id",
    ),
    "a path group for each path": Case(
        "lenny", "multipath", "multipath.groups", "2 groups", applied=False,
        commands=(("bottom", "edit", "/etc/multipath.conf", "blacklist {", f"{DEVICE}blacklist {{"),
                  ("bottom", "multipath"), ("bottom", "multipath", "-ll")),
        shows="\\_ round-robin 0 [prio=1][enabled]\n",
        mended="Name the array's disks, and say how their paths are used",
    ),
    "no dm_multipath": Case(
        "etch", "packages", "packages.no-kernel-modules", "dm_multipath", {"no-modules": ["dm_multipath"]},
        applied=False,
    ),
    "all disks are blacklisted": Case(
        "etch", "multipath", "multipath.no-map", "vm0",
        file=("/etc/multipath.conf", b"blacklist {", b'blacklist {\n    devnode "^sd"'),
    ),
    "a clone has a member's initiator name": Case(
        "etch", "iscsi", "iscsi.name-taken", "top", applied=False, mended="Name this initiator, and say how it logs in",
        file=("/etc/iscsi/initiatorname.iscsi", b"InitiatorName=iqn.1993-08.org.debian:01:5a3e9c71b2d4",
              b"InitiatorName=iqn.1992-03.edu.tjhsst:initiator:top.0"),
    ),
    "a name with two addresses": Case(
        "etch", "cluster", "cluster.name-unresolved", "node name bottom is ambiguous",
        file=("/etc/hosts", b"127.0.1.1", b"198.38.17.55 bottom\n198.38.17.58"),
    ),
    "a name without an address": Case(
        "etch", "cluster", "cluster.name-unresolved", "can't resolve node name bottom",
        file=("/etc/hosts", b"127.0.1.1", b"nowhere\n#"),
    ),
    "a name that leads to this host itself": Case(
        "etch", "cluster", "", "Let the hosts find each other by name", applied=False,
    ),
    "this host has an old cluster.conf": Case(
        "etch", "cluster", "cluster.rejected", "config version local 6 remote 5", {"ccs-filtered": ["bottom"]},
        commands=(("top", "edit", *LISTED), ("top", "edit", *RAISED), ("top", "ccs_tool", "update", CONF),
                  ("top", "cman_tool", "version", "-r", "6"),
                  ("bottom", "edit", *LISTED),
                  ("bottom", "edit", *OWN), *STARTED),
        applied=False, mended="Start cman: it joins the cluster",
        shows="CMAN: Join request from bottom rejected, config version local 6 remote 5",
    ),
    "nobody told cman of the new version": Case(
        "etch", "cluster", "cluster.rejected", "config version local 5 remote 6",
        commands=(("top", "edit", *LISTED), ("top", "edit", *RAISED), ("top", "ccs_tool", "update", CONF),
                  ("bottom", "edit", *OWN), *STARTED),
        applied=False, mended="Tell cman that version 6 counts",
        shows="CMAN: Join request from bottom rejected, config version local 5 remote 6",
    ),
    "ccsd waits for cman": Case(
        "etch", "cluster", "cluster.inquorate", "Unable to connect to cluster infrastructure after", applied=False,
        commands=(("top", "/etc/init.d/clvm", "stop"), ("top", "fence_tool", "leave"), ("top", "cman_tool", "leave"),
                  ("top", "/etc/init.d/ccs", "restart")),
    ),
    "the members' file is newer": Case(
        "etch", "cluster", "", "List this host as a node", applied=False, shows="Switching to remote copy.",
        commands=(("top", "edit", *RAISED), ("top", "ccs_tool", "update", CONF),
                  ("top", "cman_tool", "version", "-r", "6"), ("bottom", "edit", *OWN), *STARTED),
    ),
    "no links to san-lvm": Case(
        "etch", "reboot", "reboot.missing", "lvm: san is not active", applied=False,
        commands=(("bottom", "update-rc.d", "-f", "san-lvm", "remove"), ("bottom", "restart")),
    ),
    "only the chosen groups": Case(
        "etch", "reboot", "", "", applied=False,
        commands=(("bottom", "restart"), ("bottom", *LISTING)),
        shows="  san mail -wi-a-\n  san web -wi-a-\n  santest scratch -wi---\n",
    ),
    "heartbeats come late": Case(
        "etch", "cluster", "cluster.heartbeats", "too many heartbeats", applied=False,
        commands=(("top", "log", "CMAN: removing node left from the cluster : Missed too many heartbeats"),),
        mended="List this host as a node",
    ),
    "a member does not take guests from here": Case(
        "etch", "xen", "xen.member-refuses", "198", commands=(("bottom", "/etc/init.d/xend", "start"),
                                                              ("bottom", "xm", "migrate", "--live", "mail", "top")),
        applied=False, shows="Rejected connection from 198.38.17.55", mended="Let the members move guests here",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Path]:
    """The worlds before the steps that cases need."""
    found = {}
    folder = tmp_path_factory.mktemp("catalogue")
    for release in {case.release for case in CASES.values()}:
        world = folder / release / "world"
        simulator.create(world, release)
        mine = _engine(world, release)
        for step in mine.stack.steps:
            found[release, step.id] = copy(world, folder / release / step.id)
            if step is mine.stack.steps[-1]:
                break
            assert mine.apply(mine.plan(step.id)) == "done", mine.failure(step.id)
    return found


def _everything(world: Path) -> str:
    """The logs of all hosts."""
    paths = ("/var/log/syslog", "/var/log/kern.log", "/var/log/xen/xend.log")
    files = [SimulatedHost(world, name, name).read(path) for name in ("bottom", "top", "left") for path in paths]
    return "\n".join(file.content.decode() for file in files if file)


def _engine(world: Path, release: str) -> Engine:
    return engine(world, stack=reworded(STACKS[release]))


def _spoil(world: Path, case: Case) -> str:
    """Make it so; returns what the commands printed."""
    printed = ""
    with simulator.opened(world) as opened:
        opened.state["faults"].update(case.faults)
    for host, *argv in case.commands:
        printed += _done(world, SimulatedHost(world, host, host), argv)
    path, old, new = case.file
    if path:
        _edit(simulator.here(world), path, old, new)
    return printed


def _done(world: Path, host: SimulatedHost, argv: list[str]) -> str:
    match argv:
        case ["edit", path, old, new]:
            _edit(host, path, old.encode(), new.encode())
            return ""
        case ["log", line]:
            with simulator.opened(world) as opened:
                logs.kernel(opened.machine(host.name), line)
            return ""
        case ["restart"]:
            host.run("shutdown", "-r", "now")
            for _ in range(boot.SILENT):
                with contextlib.suppress(HostError):
                    host.run("true")
            return ""
    said = host.run(*argv)
    return said.out + said.err


def _edit(host: Host, path: str, old: bytes, new: bytes) -> None:
    before = host.read(path)
    assert before is not None
    assert old in before.content
    host.write(path, replace(before, content=before.content.replace(old, new, 1)))


@pytest.mark.parametrize("name", CASES)
def test_it_is_told_and_taken_back(name: str, worlds: dict[tuple[str, str], Path], tmp_path: Path) -> None:
    case = CASES[name]
    world = copy(worlds[case.release, case.step], tmp_path / "world")
    printed = _spoil(world, case)
    mine = _engine(world, case.release)
    if case.accepted:
        earlier = case.accepted.partition(".")[0]
        mine.keep(earlier, replace(mine.given(earlier), accept=(case.accepted,)))
    plan = mine.plan(case.step)
    problems: tuple[Problem, ...] = plan.problems
    if case.applied:
        assert not plan.blocked, plan.problems
        assert mine.apply(plan) == "failed"
        problems = mine.failure(case.step)
        assert mine.apply(mine.plan_undo(case.step)) == "done", mine.journal.attempts()[-1].failure
        assert not mine.journal.standing(case.step)
    elif case.code:
        assert case.mended in [usual(change.title) for change in plan.changes] if case.mended else not plan.changes
    evidence = "\n".join(line for problem in problems for line in problem.evidence)
    assert case.shows in printed + evidence + _everything(world)
    said = {problem.code: problem for problem in problems}
    if not case.code:
        assert not plan.blocked
        assert case.words in [usual(change.title) for change in plan.changes] if case.words else plan.in_place
        return
    assert case.code in said, problems
    assert case.words in "\n".join((usual(said[case.code].text), *said[case.code].evidence))
    assert said[case.code].hint
