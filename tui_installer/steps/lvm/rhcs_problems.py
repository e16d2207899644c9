"""What stands in the way of clustered volume groups, and why clvmd does not start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tui_installer.model.diagnosis import Cause
from tui_installer.model.step import Problem
from tui_installer.probes.lvm import Group
from tui_installer.probes.rhcs.cman import Cman
from tui_installer.probes.rhcs.lvm_text import RhcsLvm

_LOCKING = (
    "Is the locking library of clvm installed, and does clvmd run? Until that is mended take the step back: every LVM "
    "command fails."
)
CAUSES = (
    Cause(
        "lvm.clustered-skipped",
        r"Skipping clustered (?:volume group|VG) (?P<group>\S+)",
        "LVM passes over {group}: it is clustered, and LVM here does not work through clvmd.",
        "locking_type in lvm.conf must be 3 (2 with etch's library), and clvmd must run: then plan again. Never clear "
        "the clustered flag for this.",
    ),
    Cause(
        "lvm.no-dlm",
        r"Unable to create lockspace for CLVM|[Nn]o such file or directory.*dlm|Module dlm not found",
        "clvmd finds no lock manager: the module dlm is not loaded.",
        "modprobe dlm; the packages step loads it at every boot. Then apply again.",
    ),
    Cause(
        "lvm.no-cluster",
        r"clvmd could not connect to cluster manager|clvmd: cluster (?:not configured|is not running)",
        "clvmd finds no cluster manager: cman has not joined.",
        "Apply the cluster step first: cman_tool status must show a quorum.",
    ),
    Cause(
        "lvm.clvmd-elsewhere",
        r"clvmd not running on node (?P<node>\S+)",
        "{node} is in the cluster without clvmd: no volume group can be locked until it runs there.",
        "Start it there: /etc/init.d/clvm start; then plan again. Never stop a member's clvmd for this.",
    ),
    Cause(
        "lvm.clvmd-stuck",
        r"clvmd startup timed out|^pidof clvmd$",
        "clvmd was started, and does not run yet.",
        "It waits while the cluster has no quorum or a node is being fenced: cman_tool services. Then plan again.",
    ),
    Cause(
        "lvm.locking",
        r"Locking type \d+ initiali[sz]ation failed|cluster locking initiali[sz]ation failed",
        "LVM does not work through the cluster's locks.",
        _LOCKING,
    ),
    Cause(
        "lvm.locking",
        "",
        "LVM does not work through the cluster's locks.",
        _LOCKING,
        run="lvm:sees",
    ),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the problems are about."""

    here: RhcsLvm
    cman: Cman
    dlm: bool
    """Whether the kernel has its lock manager."""
    theirs: tuple[Group, ...]
    """The groups that a member has; empty: nobody else was asked."""
    member: str
    """That member's name."""
    greedy: tuple[str, ...] = ()
    """Lines of an init script here that activate groups without naming them."""


def problems(seen: Seen, groups: tuple[str, ...]) -> Iterator[Problem]:
    """Everything, most fundamental first."""
    if not seen.here.installed:
        yield Problem("lvm.not-installed", "LVM is not installed here.", hint="Apply the packages step first.")
        return
    if seen.here.refusal:
        hint = "Often a quote that is not closed, as after the guide's `file = `. Mend the line; then plan again."
        yield Problem("lvm.file", "lvm.conf cannot be read: every LVM command fails.", (seen.here.refusal,), hint)
        return
    yield from _cluster(seen.cman)
    if not seen.dlm:
        text = "The module dlm is not loaded: clvmd would find no lock manager."
        yield Problem("lvm.no-dlm", text, hint="Apply the packages step: it loads the module, now and at every boot.")
    if "duplicate-pv" in seen.here.complaints:
        text = "LVM sees a LUN more than once, as single paths."
        hint = "The filter must hide /dev/sd*, and the maps must be there first: apply the steps before."
        yield Problem("lvm.duplicate-pv", text, seen.here.said[:4], hint)
    if "clvmd-missing" in seen.here.complaints:
        text = "A member is in the cluster without clvmd: no volume group can be locked."
        yield Problem("lvm.clvmd-elsewhere", text, seen.here.said[:4], "Start clvmd there: /etc/init.d/clvm start.")
    if seen.greedy:
        text = "The san-lvm that is here activates every volume group at each boot, not only those that are chosen."
        hint = "Move it away; then plan again: one is written that keeps to the chosen groups."
        yield Problem("lvm.activates-all", text, seen.greedy, hint, "warn")
    for name in groups:
        yield from _group(seen, name)
    if not groups:
        text = "No clustered volume group is seen."
        yield Problem("lvm.no-groups", text, hint="Nothing is activated. Check the filter and the paths.", level="warn")


def _cluster(cman: Cman) -> Iterator[Problem]:
    if cman.status is None or not cman.status.member or cman.status.blocked or cman.status.nodes == 0:
        text = "This host is not in a cluster with a quorum: clvmd would wait, and every LVM command with it."
        yield Problem("lvm.inquorate", text, cman.failure, "Apply the cluster step, or bring the missing members back.")
    elif bad := tuple(
        f"{each.kind} {each.name}: {each.state} {each.code}" for each in cman.services if not each.healthy
    ):
        text = "A service of the cluster is not settled: locks may wait for a node to be fenced."
        hint = "Make sure by hand that the named node is off; then fence_ack_manual -n NODE on a member."
        yield Problem("lvm.fencing", text, bad, hint)


def _group(seen: Seen, name: str) -> Iterator[Problem]:
    own = next((each for each in seen.here.groups if each.name == name), None)
    theirs = next((each for each in seen.theirs if each.name == name), None)
    known = own or theirs
    if known is None:
        text = f"{name} is not seen here, nor by a member."
        yield Problem("lvm.group-unseen", text, hint="Check LVM's filter, the maps and their paths: multipath -ll.")
    elif not known.clustered:
        text = f"{name} is not clustered: nothing keeps two hosts from writing to it at once."
        hint = "Leave it out; or, on a member, with its volumes inactive everywhere: vgchange -cy."
        yield Problem("lvm.not-shared", text, hint=hint)
    elif own is None and seen.here.clvmd and seen.here.locking.clustered:
        text = f"{name} is not seen here, but {seen.member} sees it."
        yield Problem("lvm.group-unseen", text, hint="Check LVM's filter, the maps and their paths: multipath -ll.")
