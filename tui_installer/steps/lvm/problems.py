"""What stands in the way of using shared volume groups."""

from __future__ import annotations

from collections.abc import Iterator

from tui_installer.model.site import Site
from tui_installer.model.step import Problem
from tui_installer.probes.lvm import Group
from tui_installer.steps.lvm.facts import LvmAnswers, LvmFacts, cluster_name, owner, parsed, their_lvm

UNIT_HINT = "systemctl status lvmlockd dlm corosync; never kill lvmlockd: LVM would hang until the host is powered off."


def problems(facts: LvmFacts, site: Site, answers: LvmAnswers) -> Iterator[Problem]:
    """Everything, most fundamental first."""
    if not facts.here.installed:
        yield Problem("lvm.not-installed", "LVM is not installed here.", hint="Apply the packages step first.")
        return
    if facts.here.failure:
        yield Problem("lvm.not-answering", "LVM does not answer.", facts.here.failure, UNIT_HINT)
        return
    yield from _cluster(facts)
    for name in answers.groups:
        yield from _group(facts, site, name)
    yield from _unlocked(facts, site)
    yield from _activate(facts, site, answers)
    if not answers.groups:
        text = f"No shared volume group of cluster {cluster_name(facts) or '?'} is seen."
        yield Problem("lvm.no-groups", text, hint="Nothing is started. Check the filter and the paths.", level="warn")


def _cluster(facts: LvmFacts) -> Iterator[Problem]:
    quorum = facts.cluster.quorum
    if quorum is None or not quorum.quorate or not cluster_name(facts):
        text = "The cluster is not quorate here: starting a lockspace would hang in the kernel."
        yield Problem("lvm.inquorate", text, hint="Apply the cluster step, or bring the missing members back.")
    hung = [each for each in facts.cluster.lockspaces if each.waits and "fencing" not in each.waits]
    if hung and quorum is not None and quorum.quorate:
        text = f"dlm gives no locks in {', '.join(each.name for each in hung)}, though the cluster is quorate."
        hint = "Nothing is started beside it: that would hang too. Compare dlm_tool ls with a member, then look again."
        yield Problem("lvm.lockspace-hangs", text, tuple(f"{each.name}: {each.waits}" for each in hung), hint)
    if facts.cluster.fencing:
        text = "dlm waits for a host to be fenced; starting a lockspace would hang."
        hint = "Make sure by hand that the named node is off; then, by hand: dlm_tool fence_ack NODEID."
        yield Problem("lvm.fencing", text, facts.cluster.fencing, hint)


def _group(facts: LvmFacts, site: Site, name: str) -> Iterator[Problem]:
    own, theirs = facts.here.by_name.get(name), their_lvm(facts, site).by_name.get(name)
    known = own if own and own.uuid else theirs or own
    if own is None:
        text = f"{name} is not seen here{', but the member sees it' if theirs else ''}."
        yield Problem("lvm.group-unseen", text, hint="Check LVM's filter, the maps and their paths: multipath -ll.")
    if known is None:
        return
    if known.clustered:
        text = f"{name} has clvm's clustered flag: nothing guards it on this release."
        hint = f"Migrate it with all hosts stopped: vgchange -cn {name}, then vgchange --lock-type dlm {name}."
        yield Problem("lvm.clvm", text, hint=hint)
    elif known.lock_type == "sanlock":
        text = f"{name} is locked by sanlock, which is not supported."
        yield Problem("lvm.sanlock", text, hint="Leave it out of the groups.", field="groups")
    elif known.lock_type == "dlm" and known.lock_args and cluster_name(facts) not in ("", owner(known)):
        text = f"{name} belongs to cluster {owner(known)}, this host is in {cluster_name(facts)}."
        yield Problem("lvm.lock-args", text, (known.lock_args,), "Leave it out: another cluster may be writing to it.")
    elif known.lock_type != "dlm":
        yield Problem(
            "lvm.not-shared", f"{name} is not a shared group.", hint="Leave it out of the groups.", field="groups"
        )


def _unlocked(facts: LvmFacts, site: Site) -> Iterator[Problem]:
    """Groups that several hosts see and nothing guards."""
    if site.witness is None or site.itself:
        return
    theirs = {each.uuid for each in site.witness.lvm.groups if _bare(each)} - {""}
    for each in facts.here.groups:
        if _bare(each) and each.uuid in theirs:
            text = f"{each.name} is seen by {site.witness.name} too, and has no locking: two hosts can destroy it."
            hint = "Never activate it here; convert it with all hosts stopped: vgchange --lock-type dlm."
            yield Problem("lvm.no-locking", text, hint=hint, level="warn")


def _bare(one: Group) -> bool:
    return one.lock_type in ("", "none") and not one.clustered


def _activate(facts: LvmFacts, site: Site, answers: LvmAnswers) -> Iterator[Problem]:
    theirs = their_lvm(facts, site)
    for text in answers.activate:
        found = parsed(text)
        if found is None:
            yield Problem("lvm.activate", f"{text!r} is not a volume.", hint="VG/LV or VG/LV=sy.", level="ask")
        elif found[0].split("/")[0] not in answers.groups:
            hint = "Add its group to the groups."
            yield Problem("lvm.activate", f"{found[0]} is in no group that is started.", hint=hint, level="ask")
        elif found[0] not in theirs.by_path and found[0] not in facts.here.by_path:
            yield Problem("lvm.activate", f"{found[0]} does not exist.", hint="Choose one that does.", level="ask")
