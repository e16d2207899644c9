"""Fencing by dlm.conf: this host's lines on every host, and what is said of the hosts' files.

dlm_controld reads what fences a node when it first meets that node, and never again (see `Running.dlm_nodes`): the
lines must be on all members before dlm starts here. No reload brings them in later; only dlm's next start does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tui_installer.formats.dlm_conf import DEFAULT, add_connect, add_device, parse, remove_node
from tui_installer.formats.fencing import FenceDevice, FenceUse
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model.change import Change, Edit, WriteFiles
from tui_installer.probes.cluster import DLM_CONF, Cluster
from tui_installer.probes.corosync_conf import Conf, Node
from tui_installer.probes.handed import plain
from tui_installer.steps.cluster import fencing
from tui_installer.steps.cluster.facts import ClusterAnswers, ClusterFacts, Member
from tui_installer.steps.cluster.fence_status import checks, name, speaks
from tui_installer.steps.cluster.fencing import Fenced, FenceQuery, Lack, Wanted


def asked(answers: ClusterAnswers) -> FenceQuery:
    """What was answered about this host's fencing; nodes are told by their ids."""
    return FenceQuery(
        str(answers.nodeid),
        answers.name,
        next(iter(answers.address), ""),
        answers.fence,
        answers.fence_settings,
        answers.fence_agent,
        answers.fence_address,
        answers.fence_login,
        answers.fence_password,
    )


def works(cluster: Cluster) -> bool:
    """Whether a host has any way to fence: dlm's own default hands on to Pacemaker, which is not there."""
    named = cluster.fences.fence_all.rpartition("/")[2] not in ("", DEFAULT)
    return cluster.fencing_on and not cluster.fences.refused and (named or bool(cluster.fences.nodes))


def covered(cluster: Cluster, nodeid: int) -> bool:
    """Whether a host has a way to fence that node."""
    return works(cluster) and (bool(cluster.fences.nodes.get(nodeid)) or not cluster.fences.nodes)


def model(facts: ClusterFacts, source: Cluster) -> Fenced:
    """How the nodes are fenced, by the host that is believed; if it has no devices, by the first one that has."""
    everybody = (source, facts.here.cluster, *(member.cluster for member in facts.members))
    fences = next((each.fences for each in everybody if works(each)), source.fences)
    conf = source.memory or source.conf
    names = {str(node.nodeid): node.name for node in conf.nodes} if conf else {}
    return Fenced(fences.devices, {str(nodeid): methods for nodeid, methods in fences.nodes.items()}, names)


def listed(conf: Conf, node: Node) -> bool:
    """Whether the cluster has this host with that node id: then lines for it are this host's."""
    return any((each.nodeid, each.name) == (node.nodeid, node.name) for each in conf.nodes)


def wanted(facts: ClusterFacts, source: Cluster, answers: ClusterAnswers, mine: bool) -> Wanted:
    """How this host is to be fenced: as some host has it already, a newcomer as was answered.

    `mine`: it is `listed`. Lines that a newcomer finds for its id may be those of a host that is gone, see `stale`.
    """
    for cluster in (source, *(member.cluster for member in facts.hosts)) if mine else ():
        methods = cluster.fences.nodes.get(answers.nodeid, ())
        if methods and works(cluster):
            return Wanted(methods, _own(cluster, answers.nodeid))
    return fencing.wanted(model(facts, source), asked(answers))


def stale(facts: ClusterFacts, source: Cluster, answers: ClusterAnswers) -> tuple[str, ...]:
    """The hosts whose dlm.conf fences a newcomer's node id otherwise than was answered: perhaps another machine."""
    mine = {_plain(use) for method in wanted(facts, source, answers, False).methods for use in method.devices}
    found = ((each.host, each.cluster.fences.nodes.get(answers.nodeid, ())) for each in facts.members)
    return tuple(
        host for host, methods in found
        if not {_plain(use) for method in methods for use in method.devices} <= mine
    )  # fmt: skip


def _plain(use: FenceUse) -> tuple[str, frozenset[tuple[str, str]]]:
    return use.device, frozenset(use.attributes)


def _own(cluster: Cluster, nodeid: int) -> FenceDevice | None:
    """The device that this node alone uses."""
    ways = Fenced(cluster.fences.devices, {str(key): value for key, value in cluster.fences.nodes.items()})
    return next((each for each in ways.devices if ways.users(each.name) == (str(nodeid),)), None)


def lacking(facts: ClusterFacts, source: Cluster, answers: ClusterAnswers, mine: bool) -> Iterator[Lack]:
    """What lacks before this host's lines can be written; nothing where nobody is fenced."""
    if not any(works(each.cluster) for each in facts.hosts) and not answers.fence_agent:
        return
    if source.fences.fence_all or (mine and wanted(facts, source, answers, mine).methods):
        return
    found = tuple(fencing.lacking(model(facts, source), asked(answers)))
    yield from found
    if not found and (why := unwritable(facts, source, answers)):
        yield Lack("fence", f"dlm.conf cannot hold what was answered for the fence device: {why}.", "Choose others.")


# --- the changes


def handed_over(facts: ClusterFacts, source: Member) -> File | None:
    """The dlm.conf that this host has once it has taken over the members' settings."""
    theirs = source.cluster.dlm_conf
    return facts.here.cluster.dlm_conf if theirs is None or theirs.link is not None else taken(theirs)


def taken(file: File) -> File:
    """A member's dlm.conf as it comes here: only its owner and group read the devices' passwords."""
    return private(plain(file))


def private(file: File) -> File:
    """The file, closed to others if it has passwords."""
    secret = any(device.secrets for device in parse(file.content).devices)
    return replace(file, mode=file.mode & 0o770) if secret else file


def plan(
    facts: ClusterFacts, source: Member, conf: Conf, node: Node, answers: ClusterAnswers, joined: bool
) -> Iterator[Change]:
    """This host's lines on every host that lacks them."""
    ways = wanted(facts, source.cluster, answers, listed(conf, node))
    if not ways.methods:
        return
    here = facts.here.cluster.dlm_conf if joined else handed_over(facts, source)
    files = {"here": here, **{member.host: member.cluster.dlm_conf for member in facts.members}}
    edits = (_edit(host, file, node.nodeid, ways) for host, file in files.items())
    if found := tuple(edit for edit in edits if edit is not None):
        if not answers.fence_untried:
            able = [each.host for each in facts.hosts if not agentless(each, source.cluster, ways)]
            yield from checks(ways, source.cluster.fences.devices, able)
        yield WriteFiles("Give all hosts the lines by which they fence this one", found, left=True)


def agentless(member: Member, source: Cluster, ways: Wanted) -> tuple[str, ...]:
    """The agents that a host lacks to fence this one."""
    used = {use.device for method in ways.methods for use in method.devices}
    devices = (*source.fences.devices, *((ways.device,) if ways.device else ()))
    names = (name(device) for device in devices if device.name in used and speaks(device))
    return tuple(dict.fromkeys(each for each in names if each not in member.agents))


def _edit(host: str, file: File | None, nodeid: int, ways: Wanted) -> Edit | None:
    before = file or File()
    if before.link is not None or parse(before.content).refused:
        return None
    try:
        content = _with_lines(before.content, nodeid, ways)
    except FormatError:
        return None
    after = private(replace(before, content=content))
    return Edit(host, DLM_CONF, file, after, mask="words") if content != before.content else None


def _with_lines(content: bytes, nodeid: int, ways: Wanted) -> bytes:
    """With the lines that it lacks; a shared device that it does not list is not made up."""
    for use in (use for method in ways.methods for use in method.devices):
        conf = parse(content)
        listed = [device.name for device in conf.devices]
        there = {each.device for method in conf.nodes.get(nodeid, ()) for each in method.devices}
        if use.device in there:
            continue
        if use.device in listed:
            content = add_connect(content, use, nodeid)
        elif ways.device and ways.device.name == use.device:
            content = add_device(content, ways.device, use, nodeid, _behind(content))
    return content


def _behind(content: bytes) -> str:
    """The last device that a node has for itself: a new one behind it keeps the order in which ways are tried."""
    conf = parse(content)
    ways = Fenced(conf.devices, {str(nodeid): methods for nodeid, methods in conf.nodes.items()})
    return next((each.name for each in reversed(conf.devices) if len(ways.users(each.name)) == 1), "")


def unwritable(facts: ClusterFacts, source: Cluster, answers: ClusterAnswers) -> str:
    """Why dlm.conf cannot hold what was answered; empty: it can."""
    try:
        _with_lines(
            source.dlm_conf.content if source.dlm_conf else b"", answers.nodeid, wanted(facts, source, answers, False)
        )
    except FormatError as error:
        return str(error)
    return ""


def leave(facts: ClusterFacts, nodeid: int) -> Iterator[Change]:
    """Take a node's lines out of the files of that day."""
    edits = (_gone(each, nodeid) for each in facts.hosts)
    if found := tuple(edit for edit in edits if edit is not None):
        yield WriteFiles("Remove the lines by which this host is fenced", found, left=True)


def _gone(member: Member, nodeid: int) -> Edit | None:
    file = member.cluster.dlm_conf
    if file is None or file.link is not None or nodeid not in member.cluster.fences.nodes:
        return None
    try:
        after = replace(file, content=remove_node(file.content, nodeid))
    except FormatError:
        return None
    return Edit(member.host, DLM_CONF, file, after, mask="words")


# --- what is told of each host


@dataclass(frozen=True, slots=True)
class Told:
    """A host's fencing in words."""

    host: str
    words: str


def told(facts: ClusterFacts, nodeid: int) -> tuple[Told, ...]:
    """Each host's fencing, this host's own lines left out: what should be alike on all of them."""
    return tuple(Told(each.host, _words(each.cluster, nodeid)) for each in facts.hosts if each.cluster.installed)


def _words(cluster: Cluster, nodeid: int) -> str:
    conf = cluster.fences
    if not cluster.fencing_on:
        return "fencing is turned off (enable_fencing=0)"
    if conf.refused:
        return f"dlm.conf is not taken for fencing: {conf.refused}"
    if conf.fence_all:
        return f"fence_all {conf.fence_all}"
    ways = {key: [use.device for method in methods for use in method.devices] for key, methods in conf.nodes.items()}
    named = "; ".join(f"node {key} by {', '.join(devices)}" for key, devices in ways.items() if key != nodeid)
    return named or "no fencing"
