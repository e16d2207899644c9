"""A member whose cluster.conf differs from what its cman works with: an old file is replaced, an edit is left alone.

cman has a configuration of its own in memory, and tells its version. A file with a higher one is somebody's edit that
is not loaded yet; one with a lower version was away while the others went on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tui_installer.model.change import Change, WriteFiles
from tui_installer.model.step import Problem
from tui_installer.model.text import host_name
from tui_installer.probes.rhcs.cluster import CONF
from tui_installer.steps.cluster.rhcs.facts import ClusterFacts, Member, apart
from tui_installer.steps.rhcs import etc_cluster


def unfinished(facts: ClusterFacts) -> tuple[Member, ...]:
    """The hosts whose file is newer than what this host's cman works with."""
    return tuple(each for each in facts.hosts if each.conf and each.conf.version > facts.here.version > 0)


def outdated(facts: ClusterFacts) -> tuple[Member, ...]:
    """The hosts whose file is older, or not there."""
    return tuple(
        each
        for each in facts.hosts
        if (each.cluster.file is None) or (each.conf and each.conf.version < facts.here.version)
    )


def differs(facts: ClusterFacts) -> bool:
    """Whether some host's file is not the one in force: then nothing but that is mended."""
    return bool(unfinished(facts) or outdated(facts))


def plan(facts: ClusterFacts) -> Iterator[Change]:
    """Give them the file that is in force; nothing if no host has it. Nobody is given the older one back."""
    current = (each.cluster.file for each in facts.hosts if each.conf and each.conf.version == facts.here.version)
    source = next((file for file in current if file is not None), None)
    for member in outdated(facts) if source else ():
        old = member.cluster.file
        new = replace(old or source, content=source.content) if source else None
        title = f"Give {host_name(member.host)} the cluster.conf that is in force"
        yield WriteFiles(title, (etc_cluster.edit(member.host, old, new),), left=True)


def problems(facts: ClusterFacts, name: str) -> Iterator[Problem]:
    """What no plan may mend."""
    for member in unfinished(facts):
        version = member.conf.version if member.conf else 0
        text = f"{CONF} of {host_name(member.host)} was edited and not loaded: version {version}."
        hint = "Ask who edits it. Let it be finished (ccs_tool update, cman_tool version -r) or put back."
        yield Problem("cluster.unfinished-edit", text, (f"cman works with version {facts.here.version}",), hint)
    if away := apart(facts, name):
        text = f"{', '.join(away)} and this host do not see each other, and both run cman for the same cluster."
        hint = "A network between them is cut: see cman_tool nodes on each. Nothing is changed until they have met."
        yield Problem("cluster.cut-off", text, hint=hint)
