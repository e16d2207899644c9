"""The zero-vote join: its order, its edits, where it goes on after a cut, and what it refuses."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.recorded import output
from tests.steps.cluster_site import CLUSTER, SITE
from tui_installer.formats.dlm_conf import parse as parse_dlm_conf
from tui_installer.hosts.host import File, Link
from tui_installer.model.change import Change, Edit, Run, WriteFiles, inverse, show
from tui_installer.model.site import Site
from tui_installer.model.step import judged
from tui_installer.probes.cluster import Cluster, Quorum
from tui_installer.probes.corosync_conf import CONF, Conf, Node, parse_conf
from tui_installer.steps.cluster import conf as edit
from tui_installer.steps.cluster.corosync import ClusterAnswers, ClusterStep
from tui_installer.steps.cluster.facts import BACKUP, THEIRS, ClusterFacts, Member
from tui_installer.steps.cluster.votes import lost_by_joining, needed

STEP = ClusterStep()
DEBIAN = output("corosync/conf-debian.txt").encode()
TEXT = b"""# the office cluster
totem {
    version: 2
    cluster_name: xencluster   # not a comment
    config_version: 7
    transport: knet
}

nodelist {
    # first rack
    node {
        nodeid: 1
        name: node1
        ring0_addr: 10.0.1.11
    }
    node {
        nodeid: 2
        name: node2
        ring0_addr: 10.0.1.13
    }
}

quorum {
    provider: corosync_votequorum
    two_node: 1
}
""".replace(b"   # not a comment", b"")
HOSTS = File(b"127.0.0.1\tlocalhost\n10.0.1.11\tnode1\n10.0.1.13\tnode2\n")
AGENTS = ("fence_apc", "fence_ipmilan", "fence_x")
FENCED = b"""\
device ipmi fence_ipmilan username=fence password=topsecret
connect ipmi node=1 ip=10.0.1.111
connect ipmi node=2 ip=10.0.1.112
"""


def quorum(local: int, *nodeids: int, quorate: bool = True) -> Quorum:
    return Quorum(
        quorate, len(nodeids), len(nodeids), 1, (), tuple((each, 1, f"node{each}") for each in nodeids), local
    )


def member(name: str, nodeid: int, text: bytes = TEXT, there: tuple[int, ...] = (1, 2)) -> Member:
    conf = parse_conf(text)
    seen = replace(
        CLUSTER, file=File(text), conf=conf, memory=conf, quorum=quorum(nodeid, *there), fences=parse_dlm_conf(FENCED),
        versions=(("corosync", "3.1.9-2"),), dlm_conf=File(FENCED),
    )  # fmt: skip
    return Member(name, seen, HOSTS, AGENTS)


ALONE = replace(
    CLUSTER, manager="none", file=File(DEBIAN), conf=parse_conf(DEBIAN), memory=parse_conf(DEBIAN),
    quorum=quorum(1, 1), authkey=None, dlm_running=True, versions=(("corosync", "3.1.9-2"),),
    active=("lvmlockd.service", "dlm.service", "corosync.service"),
)  # fmt: skip
LINKS = (
    Link("eth0", "52:54:00:00:00:01", 1500, True, ("10.0.1.12/24",), "10.0.1.1"),
    Link("eth1.16", "52:54:00:00:00:02", 1500, True, ("10.16.1.12/16",)),
)
FACTS = ClusterFacts(
    Member("here", ALONE, File(b"127.0.0.1\tlocalhost\n127.0.1.1\tfresh.example.org\tfresh\n"), AGENTS),
    (member("node1", 1), member("node2", 2)),
    LINKS,
    kept=None,
    theirs=None,
    dlm_module=False,
)


def filled(facts: ClusterFacts = FACTS, site: Site = SITE, **given: object) -> ClusterAnswers:
    known: dict[str, object] = {"confirm": "xencluster", "fence_settings": ("ip=10.0.1.113",), **given}
    return STEP.with_defaults(facts, site, ClusterAnswers(**known))  # type: ignore[arg-type]


def planned(facts: ClusterFacts = FACTS, site: Site = SITE) -> list[Change]:
    return list(STEP.plan(facts, site, filled(facts, site)))


def codes(facts: ClusterFacts = FACTS, site: Site = SITE, level: str = "stop", **given: object) -> list[str]:
    answers = filled(facts, site, **given)
    found = judged(STEP.problems(facts, site, answers), answers.accept)
    return [problem.code for problem in found if problem.level == level]


# --- a world just large enough: files, reloads, starts


def memory(cluster: Cluster) -> Cluster:
    return replace(cluster, memory=cluster.conf) if cluster.memory is not None else cluster


def membership(facts: ClusterFacts) -> ClusterFacts:
    """Everybody whose corosync runs for the cluster sees everybody else."""
    up = [
        each
        for each in (facts.here, *facts.members)
        if each.cluster.memory and each.cluster.memory.cluster == "xencluster"
    ]
    ids = {each.host: node.nodeid for each in up for node in [of(each)]}

    def seen(each: Member) -> Member:
        if each.host not in ids:
            return each
        return replace(each, cluster=replace(each.cluster, quorum=quorum(ids[each.host], *sorted(ids.values()))))

    return replace(facts, here=seen(facts.here), members=tuple(seen(each) for each in facts.members))


def of(each: Member) -> Node:
    assert each.cluster.conf is not None
    name = "fresh" if each.host == "here" else each.host
    return next(node for node in each.cluster.conf.nodes if node.name == name)


def write(facts: ClusterFacts, host: str, path: str, file: File | None) -> ClusterFacts:
    def changed(each: Member) -> Member:
        if each.host != host or path not in (CONF, "/etc/hosts", "/etc/dlm/dlm.conf"):
            return each
        if path == "/etc/dlm/dlm.conf":
            fences = parse_dlm_conf(file.content if file else b"")
            return replace(each, cluster=replace(each.cluster, dlm_conf=file, fences=fences))
        if path == "/etc/hosts":
            return replace(each, hosts=file)
        return replace(each, cluster=replace(each.cluster, file=file, conf=parse_conf(file.content) if file else None))

    facts = replace(facts, kept=file) if path == BACKUP else facts
    facts = replace(facts, theirs=file) if path == THEIRS else facts
    if path == "/etc/corosync/authkey":
        facts = replace(facts, here=replace(facts.here, cluster=replace(facts.here.cluster, authkey=file)))
    return replace(facts, here=changed(facts.here), members=tuple(changed(each) for each in facts.members))


def run(facts: ClusterFacts, argv: tuple[str, ...]) -> ClusterFacts:
    here = facts.here.cluster
    if argv[:2] == ("corosync-cfgtool", "-R"):
        members = tuple(replace(each, cluster=memory(each.cluster)) for each in facts.members)
        return replace(facts, here=replace(facts.here, cluster=memory(here)), members=members)
    if argv[:2] == ("systemctl", "stop"):
        here = replace(here, dlm_running=False, active=())
        if any("corosync" in unit for unit in argv):
            here = replace(here, memory=None, quorum=None)
        return replace(facts, here=replace(facts.here, cluster=here))
    if argv == ("systemctl", "enable", "--now", "corosync"):
        assert all(each.cluster.memory == each.cluster.conf for each in facts.members)  # else some of them end
        here = replace(here, memory=here.conf, corosync_at_boot=True)
        return membership(replace(facts, here=replace(facts.here, cluster=here)))
    if argv == ("systemctl", "enable", "--now", "dlm"):
        return replace(facts, here=replace(facts.here, cluster=replace(here, dlm_running=True, dlm_at_boot=True)))
    return facts


def done(facts: ClusterFacts, change: Change) -> ClusterFacts:
    if isinstance(change, Run):
        return run(facts, change.argv)
    for each in change.edits:
        facts = write(facts, each.host, each.path, each.after)
    for then in change.then:
        facts = run(facts, then.argv)
    return facts


def finished(facts: ClusterFacts) -> ClusterFacts:
    for change in planned(facts):
        facts = done(facts, change)
    return facts


# --- the join


def test_what_is_filled_in() -> None:
    answers = filled()
    assert (answers.name, answers.address, answers.nodeid, answers.votes) == ("fresh", ("10.0.1.12",), 3, 1)


def test_the_order_of_a_join() -> None:
    assert [change.title for change in planned()] == [
        "Stop the unconfigured cluster of one",
        "Let the hosts know each other by name",
        "Take over the key and settings of the members",
        "List this host without a vote",
        "See that this host reaches ipmi: its status alone",
        "See that node1 reaches ipmi: its status alone",
        "See that node2 reaches ipmi: its status alone",
        "Give all hosts the lines by which they fence this one",
        "Start corosync, now and at boot",
        "Wait until this host is one of the members",
        "Wait until node1 sees this host",
        "Wait until node2 sees this host",
        "Give this host its vote",
        "Start dlm, now and at boot",
        "Wait until dlm has all members",
    ]


def test_nothing_is_wrong_with_it() -> None:
    assert codes() == []
    assert codes(level="ask") == []


def test_after_a_join_nothing_is_left_to_do() -> None:
    facts = finished(FACTS)
    assert planned(facts) == []
    assert codes(facts) == []


@pytest.mark.parametrize("cut", range(1, 15))
def test_a_join_that_was_cut_off_goes_on(cut: int) -> None:
    facts, whole = FACTS, finished(FACTS)
    for change in planned()[:cut]:
        facts = done(facts, change)
    facts = finished(facts)
    assert planned(facts) == []
    assert facts.here.cluster.conf == whole.here.cluster.conf


@pytest.mark.parametrize("title", ["List this host without a vote", "Give this host its vote"])
@pytest.mark.parametrize("written", [("node1",), ("node1", "node2"), ("node1", "node2", "here"), ("here",)])
def test_files_written_on_some_hosts_only_are_written_on_all_and_read(title: str, written: tuple[str, ...]) -> None:
    facts = FACTS
    changes = planned()
    before = changes[: [change.title for change in changes].index(title)]
    for change in before:
        facts = done(facts, change)
    change = changes[len(before)]
    assert isinstance(change, WriteFiles)
    for each in change.edits:
        facts = write(facts, each.host, each.path, each.after) if each.host in written else facts
    assert codes(facts) == []
    facts = finished(facts)
    assert planned(facts) == []
    assert len({each.cluster.conf for each in (facts.here, *facts.members)}) == 1
    assert all(each.cluster.memory == each.cluster.conf for each in (facts.here, *facts.members))


def test_the_newcomer_has_no_vote_until_it_is_seen() -> None:
    listing, _, vote = (change for change in planned() if isinstance(change, WriteFiles) and change.left)
    for change, votes, version in ((listing, 0, 8), (vote, 1, 9)):
        assert {each.host for each in change.edits} == {"here", "node1", "node2"}
        for each in change.edits:
            assert each.after is not None
            conf = parse_conf(each.after.content)
            assert (conf.version, conf.nodes[-1].votes, conf.two_node) == (version, votes, False)


def test_every_memory_is_read_after_each_reload() -> None:
    listing = next(change for change in planned() if change.title == "List this host without a vote")
    assert isinstance(listing, WriteFiles)
    reload, *waits = listing.then
    assert reload.argv == ("corosync-cfgtool", "-R")
    memories = [wait for wait in waits if wait.argv == ("corosync-cmapctl",)]
    assert [wait.host for wait in memories] == ["node1", "node2"]
    text = output("corosync/cmapctl-two-nodes.txt")
    assert re.search(memories[0].expect, f"{text}\ntotem.config_version (u64) = 8\n", re.MULTILINE)
    assert not re.search(memories[0].expect, f"{text}\ntotem.config_version (u64) = 88\n", re.MULTILINE)
    absent = text.replace("fresh", "other")
    assert not re.search(memories[0].expect, f"{absent}\ntotem.config_version (u64) = 8\n", re.MULTILINE)


def test_putting_back_never_lowers_the_version() -> None:
    rising = [change for change in planned() if isinstance(change, WriteFiles) and change.left]
    assert rising
    for change in rising:
        if change.back:
            for back in change.back:
                assert back.before is not None
                assert back.after is not None
                if back.after.content != DEBIAN:
                    assert parse_conf(back.after.content).version > parse_conf(back.before.content).version
            assert inverse(change) == ()


def test_the_waits_match_what_the_tools_print() -> None:
    waits = {change.title: change for change in planned() if isinstance(change, Run) and change.expect}
    text = output("corosync/quorumtool-two-node.txt")
    expect = waits["Wait until this host is one of the members"].expect
    assert not re.search(expect, text, re.MULTILINE)
    assert re.search(expect, text + "         3          0 fresh (local)\n", re.MULTILINE)
    status = output("dlm/status-and-ls.txt")
    expect = waits["Wait until dlm has all members"].expect
    assert not re.search(expect, status, re.MULTILINE)
    assert re.search(expect, status + "node 3 M add 1 rem 0 fail 0 fence 0 at 0 0\n", re.MULTILINE)


def test_secrets_are_masked() -> None:
    taken = next(change for change in planned() if change.title.startswith("Take over the key"))
    assert isinstance(taken, WriteFiles)
    masks = {each.path: each.mask for each in taken.edits}
    assert (masks["/etc/corosync/authkey"], masks["/etc/dlm/dlm.conf"]) == ("all", "words")
    assert BACKUP in masks
    shown = "\n".join(line for change in planned() for line in show(change))
    assert "username=fence" in shown and "topsecret" not in shown


def test_names_are_given_where_they_are_missing() -> None:
    named = next(change for change in planned() if change.title.startswith("Let the hosts"))
    assert isinstance(named, WriteFiles)
    here, node1, _ = (each.after.content for each in named.edits if each.after)
    assert b"127.0.1.1" not in here
    assert b"10.0.1.12\tfresh.example.org" in here
    assert node1 == HOSTS.content + b"10.0.1.12\tfresh\n" or b"10.0.1.12" in node1


def test_a_member_set_up_by_hand_is_in_place() -> None:
    text = TEXT.replace(b"node1", b"fresh").replace(b"10.0.1.11", b"10.0.1.12")
    itself = replace(member("here", 1, text), hosts=None)
    facts = replace(FACTS, here=itself, members=(member("node2", 2, text),))
    site = replace(SITE, itself=True)
    assert planned(facts, site) == []
    assert codes(facts, site) == codes(facts, site, level="ask") == []
    assert planned(replace(facts, members=()), site) == []
    assert codes(replace(facts, members=()), site) == []


# --- leaving


def test_leaving_ends_where_it_began() -> None:
    joined = finished(FACTS)
    facts = joined
    changes = list(STEP.plan_removal(joined, SITE, tuple(planned())))
    assert [change.title for change in changes] == [
        "See that the cluster is quorate",
        "See that no lockspace is in use here",
        "Take this host's vote away",
        "Stop dlm",
        "Stop corosync",
        "Remove the lines by which this host is fenced",
        "Remove this host from the members' configuration",
        "Put back this host's own configuration",
    ]
    for change in changes:
        facts = done(facts, change)
    assert facts.here.cluster.file == File(DEBIAN)
    for each in facts.members:
        assert each.cluster.conf is not None
        assert [node.name for node in each.cluster.conf.nodes] == ["node1", "node2"]
        assert each.cluster.memory == each.cluster.conf
        assert each.cluster.conf.version == 11


@pytest.mark.parametrize("setting", [b"two_node: 1", b"expected_votes: 2", b"wait_for_all: 1"])
def test_leaving_gives_the_members_their_file_back_but_for_its_version(setting: bytes) -> None:
    text = TEXT.replace(b"two_node: 1", setting)
    before = replace(FACTS, members=(member("node1", 1, text), member("node2", 2, text)))
    facts = finished(before)
    for change in STEP.plan_removal(facts, SITE, tuple(planned(before))):
        facts = done(facts, change)
    for each in facts.members:
        assert each.cluster.file == File(edit.with_version(text, 11))


def test_leaving_a_cluster_that_grew_meanwhile_keeps_its_settings() -> None:
    facts = finished(FACTS)
    fourth = Node(4, "node4", ("10.0.1.14",), 1)
    for each in facts.members:
        assert each.cluster.file is not None
        facts = write(facts, each.host, CONF, File(edit.with_node(each.cluster.file.content, fourth)))
    for change in STEP.plan_removal(facts, SITE, tuple(planned())):
        facts = done(facts, change)
    assert [conf.two_node for each in facts.members if (conf := each.cluster.conf)] == [False, False]


def test_leaving_waits_for_lockspaces() -> None:
    changes = STEP.plan_removal(finished(FACTS), SITE, tuple(planned()))
    unused = next(change for change in changes if "lockspace" in change.title)
    assert isinstance(unused, Run)
    assert re.search(unused.expect, "dlm lockspaces\n", re.MULTILINE)
    assert not re.search(unused.expect, output("dlm/startup-fencing.txt"), re.MULTILINE)


def test_a_host_that_never_joined_has_nothing_to_leave() -> None:
    assert list(STEP.plan_removal(FACTS, SITE, tuple(planned()))) == []


def test_taking_back_a_repair_removes_no_node() -> None:
    joined = finished(FACTS)
    repair = WriteFiles("Give this host the file", (Edit("here", CONF, File(TEXT), joined.here.cluster.file),))
    assert list(STEP.plan_removal(joined, SITE, (repair,))) == []
    assert list(STEP.plan_removal(joined, SITE, ())) == []


def test_leaving_lowers_the_sum_of_votes_where_it_is_written() -> None:
    text = TEXT.replace(b"two_node: 1", b"expected_votes: 2")
    before = replace(FACTS, members=(member("node1", 1, text), member("node2", 2, text)))
    changes = list(STEP.plan_removal(replace(finished(before), theirs=None), SITE, tuple(planned(before))))
    mute = next(change for change in changes if change.title.startswith("Take this host's vote"))
    assert isinstance(mute, WriteFiles)
    assert {parse_conf(each.after.content).expected_votes for each in mute.edits if each.after} == {2}
    assert {parse_conf(each.before.content).expected_votes for each in mute.edits if each.before} == {3}


# --- what is refused


def with_member(**changes: object) -> ClusterFacts:
    first, second = FACTS.members
    return replace(FACTS, members=(replace(first, cluster=replace(first.cluster, **changes)), second))  # type: ignore[arg-type]


def test_without_a_member_nothing_can_be_joined() -> None:
    assert codes(replace(FACTS, members=()), Site()) == ["cluster.no-member"]
    assert list(STEP.plan(FACTS, Site(), ClusterAnswers())) == []


def test_names_numbers_and_addresses_that_are_taken() -> None:
    assert codes(name="node2") == ["cluster.name-taken"]
    assert codes(nodeid=2) == ["cluster.nodeid-taken"]
    assert codes(address=("10.0.1.13",)) == ["cluster.address-taken"]


def test_a_cluster_that_is_not_in_order_is_left_alone() -> None:
    other = parse_conf(TEXT.replace(b"10.0.1.13", b"10.0.1.99"))
    first = parse_conf(TEXT)
    assert codes(with_member(quorum=quorum(1, 1, 2, quorate=False))) == ["cluster.inquorate"]
    assert codes(with_member(memory=other)) == ["cluster.split"]
    assert codes(with_member(conf=other)) != []
    assert codes(with_member(authkey=File(b"another"))) == ["cluster.key"]
    assert codes(with_member(versions=(("corosync", "2.4.5-1"),))) == ["cluster.versions"]
    assert codes(with_member(conf=None)) == ["cluster.versions"]
    assert codes(with_member(conf=replace(first, special=("quorum.device",)))) == ["cluster.special"]
    assert codes(with_member(conf=replace(first, nodes=()))) == ["cluster.no-nodelist"]
    assert codes(with_member(file=File(DEBIAN), conf=parse_conf(DEBIAN))) == ["cluster.not-a-cluster"]
    assert codes(with_member(manager="pacemaker")) == ["cluster.managed"]
    assert codes(replace(FACTS, members=FACTS.members[:1])) == ["cluster.member-unreachable"]


def test_the_new_node_has_the_links_that_the_others_have() -> None:
    text = TEXT.replace(b"ring0_addr", b"ring1_addr")
    more = edit.with_node(text, Node(3, "fresh", ("10.0.1.12",), 1))
    assert more.count(b"ring1_addr") == 3
    assert b"ring0_addr" not in more


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"cluster_name: xencluster\n", b"", "cluster.nameless"),
        (b"        nodeid: 2\n", b"", "cluster.no-nodeids"),
    ],
)
def test_a_cluster_whose_file_lacks_what_is_needed_is_refused(old: bytes, new: bytes, code: str) -> None:
    text = TEXT.replace(old, new)
    assert text != TEXT
    facts = replace(FACTS, members=(member("node1", 1, text), member("node2", 2, text)))
    assert codes(facts) == [code]


def test_a_node_that_is_down_is_confirmed() -> None:
    facts = replace(FACTS, members=(member("node1", 1, TEXT.replace(b"    two_node: 1\n", b""), (1,)),))
    three = TEXT.replace(b"    two_node: 1\n", b"")
    assert codes(facts, level="ask") == ["cluster.node-down"]
    assert codes(facts) == ["cluster.votes"]
    assert codes(facts, level="ask", accept=("cluster.node-down",)) == []
    assert parse_conf(three).two_node is False


def test_the_cluster_is_named_to_confirm() -> None:
    text = "The configuration of every member will be changed."
    for typed, said in (("", text), ("xen", f"'xen' is not the cluster's name. {text}")):
        found = [each for each in STEP.problems(FACTS, SITE, replace(filled(), confirm=typed)) if each.level == "ask"]
        assert [(each.code, each.text) for each in found] == [("cluster.confirm", said)]


def test_what_is_only_said() -> None:
    assert codes(level="warn") == []
    here = replace(SITE.here, clock=2000.0) if SITE.here else None
    assert "cluster.clock" in codes(site=replace(SITE, here=here), level="warn")


# --- votes


def nodes(count: int, two_node: bool = False, expected: int = 0) -> Conf:
    listed = tuple(Node(each, f"node{each}", (f"10.0.0.{each}",), 1) for each in range(1, count + 1))
    return Conf("c", 1, "knet", listed, two_node, expected, ())


def newcomer(count: int) -> Node:
    return Node(count + 1, "fresh", ("10.0.0.99",), 1)


def test_one_member_stays_quorate() -> None:
    assert lost_by_joining(nodes(1), newcomer(1), frozenset({1})) == ""


def test_three_nodes_of_which_two_are_up_stay_quorate() -> None:
    assert lost_by_joining(nodes(3), newcomer(3), frozenset({1, 2})) == ""


def test_two_nodes_of_which_one_is_up_would_stop() -> None:
    assert "once this host is listed" in lost_by_joining(nodes(2, two_node=True), newcomer(2), frozenset({1}))


def test_expected_votes_override_the_sum() -> None:
    assert needed(nodes(3, expected=5)) == 3
    assert lost_by_joining(nodes(3, expected=3), newcomer(3), frozenset({1, 2, 3})) == ""
    assert lost_by_joining(nodes(3, expected=7), newcomer(3), frozenset({1, 2, 3})) != ""


@given(st.integers(1, 8), st.integers(0, 8))
def test_a_join_that_is_allowed_keeps_quorum_all_the_time(count: int, up: int) -> None:
    there = frozenset(range(1, min(up, count) + 1))
    if not lost_by_joining(nodes(count), newcomer(count), there):
        assert 2 * len(there) > count
        assert 2 * (len(there) + 1) > count + 1


# --- edits

COMMENT = st.sampled_from((b"", b"# kept\n", b"\n", b"   # kept too \r\n"))


@given(st.lists(COMMENT, min_size=30, max_size=30), st.integers(1, 5))
def test_comments_and_order_survive(comments: list[bytes], votes: int) -> None:
    rows = TEXT.splitlines(keepends=True)
    text = b"".join(comment + row for comment, row in zip([*comments, *[b""] * len(rows)], rows, strict=False))
    node = Node(3, "fresh", ("10.0.1.12",), 0)
    added = edit.with_version(edit.with_node(text, node), 8)
    given_votes = edit.with_version(edit.with_votes(added, 3, votes), 9)
    assert parse_conf(given_votes).nodes[-1] == replace(node, votes=votes)
    gone = edit.with_version(edit.without_node(given_votes, 3), 7)
    assert gone == text


def test_a_new_entry_has_the_style_of_the_others() -> None:
    added = edit.with_node(TEXT, Node(3, "fresh", ("10.0.1.12",), 0))
    assert (
        b"""    node {
        nodeid: 3
        name: fresh
        ring0_addr: 10.0.1.12
        quorum_votes: 0
    }
"""
        in added
    )


def test_votes_are_written_where_others_write_theirs() -> None:
    text = TEXT.replace(b"ring0_addr: 10.0.1.13\n", b"ring0_addr: 10.0.1.13\n        quorum_votes: 1\n")
    added = edit.with_node(text, Node(3, "fresh", ("10.0.1.12",), 0))
    assert edit.with_votes(added, 3, 1).count(b"quorum_votes: 1") == 2
    assert edit.with_votes(edit.with_node(TEXT, Node(3, "f", ("10.0.1.12",), 0)), 3, 1).count(b"quorum_votes") == 0


def test_expected_votes_are_raised_only_where_they_are_written() -> None:
    assert edit.with_expected(TEXT, 3) == TEXT
    text = TEXT.replace(b"two_node: 1", b"expected_votes: 2")
    assert parse_conf(edit.with_expected(text, 3)).expected_votes == 3
