"""The fence domain: only who is in it is fenced when it dies, for fenced's victims are former members of its domain.

Where fenced is a package of its own (1.x) a host can be a member of cman without it: the others then take its locks
over while it may still write (fence/fenced/recover.c of 1.03). Later cman's own script starts fenced.
"""

from __future__ import annotations

from collections.abc import Iterator

from tui_installer.formats.cluster_conf import ClusterNode
from tui_installer.model import ends
from tui_installer.model.change import Change, Run
from tui_installer.model.step import Problem
from tui_installer.probes.rhcs.cman_services import Service
from tui_installer.steps.cluster.rhcs.facts import ClusterFacts, Member
from tui_installer.steps.rhcs.release import Release

SERVICES = ("cman_tool", "services")
WAIT = "cluster:fence-domain"


def of(member: Member) -> Service | None:
    """The fence domain as a host sees it; None: it is in none."""
    return next((each for each in member.cluster.cman.services if each.kind == "fence"), None)


def members(facts: ClusterFacts) -> tuple[Member, ...]:
    """The others that are in the domain."""
    return tuple(member for member in facts.members if member.joined and of(member) is not None)


def enter(release: Release, facts: ClusterFacts, node: ClusterNode) -> Iterator[Change]:
    """Start fenced here, until all see this host in the domain; where cman's script does that: nothing."""
    others = members(facts)
    if not release.fence_script or not others:
        return
    seen = {number for member in others for number in _ids(member)}
    fresh = not facts.here.joined or of(facts.here) is None
    if fresh:
        script = f"/etc/init.d/{release.fence_script}"
        stop = Run("Stop fenced", "here", (script, "stop"), ok=(0, 1), within=ends.SERVICE)
        yield Run(
            "Start fenced: it joins the fence domain", "here", (script, "start"), within=ends.SERVICE, undo=(stop,)
        )
    own = facts.here.cluster.cman.status
    number = node.nodeid or (own.nodeid if own else 0)
    expect = in_domain(len(seen | {number}) if number else len(seen) + 1, number)
    if fresh:
        yield Run(
            "Wait until this host is in the fence domain",
            "here",
            SERVICES,
            within=ends.MEMBERSHIP,
            expect=expect,
            id=WAIT,
        )
    for member in others:
        if fresh:
            title = f"Wait until {member.host} sees this host in the fence domain"
            yield Run(title, member.host, SERVICES, within=ends.MEMBERSHIP, expect=expect, id=WAIT)


def _ids(member: Member) -> tuple[int, ...]:
    found = of(member)
    return found.members if found else ()


def in_domain(count: int, nodeid: int) -> str:
    """What `cman_tool services` of 1.x shows once so many hosts, that node among them, are in the domain and at rest.

    0: its node id is not known yet."""
    among = rf"(?=[^\]]*\b{nodeid}\b)" if nodeid else ""
    ids = r"\s+".join([r"\d+"] * count)
    return rf'^Fence Domain: +"default" +\d+ +\d+ +run +- *\n\[{among}\s*{ids}\s*\]'


def leave(release: Release, facts: ClusterFacts) -> Iterator[Change]:
    """Leave it in good order, else cman cannot: it is one of its subsystems."""
    if release.fence_script and of(facts.here) is not None:
        argv = (f"/etc/init.d/{release.fence_script}", "stop")
        yield Run("Leave the fence domain", "here", argv, within=ends.SERVICE)


def problems(release: Release, facts: ClusterFacts, node: ClusterNode) -> Iterator[Problem]:
    """That the members have a domain and this host cannot be in it, or that they have none."""
    running, others = [member for member in facts.members if member.quorate], members(facts)
    if others and release.fence_script and release.fence_script not in facts.boot.scripts:
        text = "The members are in a fence domain; the package fence, with which this host would join it, is not here."
        hint = (
            "Apply the packages step. Without it nobody fences this host, and its locks are taken while it may write."
        )
        yield Problem("cluster.no-fence-package", text, hint=hint)
    elif others and facts.here.quorate and of(facts.here) is None and not release.fence_script:
        text = "This host is a member, but not in the fence domain: if it dies nobody fences it."
        yield Problem("cluster.outside-fence-domain", text, hint="Here: fence_tool join; then see cman_tool services.",
                      level="warn", stays="no fencing of this host")  # fmt: skip
    elif running and not others:
        text = (
            "The members are in no fence domain: nobody is fenced, and locks are taken from hosts that may still write."
        )
        hint = (
            "Install and start fenced on all of them (etch: the package fence): cman_tool services shows Fence Domain."
        )
        yield Problem("cluster.no-fence-domain", text, hint=hint, level="warn", stays="no fencing")
