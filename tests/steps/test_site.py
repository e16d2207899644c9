"""The site: what stands in the way, what is shown, and how members are asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from tests.steps.cluster_site import CLUSTER, CONF, GROUP, HERE, LVM, MEMBER, QUORUM, SITE, WITNESS
from tui_installer.hosts.host import File, Host, Link, Login, LoginError, OnLine, Result
from tui_installer.model.answers import Secret, questions
from tui_installer.model.site import Peer, Site
from tui_installer.model.step import Context, Problem
from tui_installer.probes.cluster import Cluster
from tui_installer.probes.corosync_conf import Node
from tui_installer.probes.multipath import LSBLK
from tui_installer.steps.site import SiteAnswers, SiteStep
from tui_installer.steps.site.eyes import membership

STEP = SiteStep()
ANSWERS = SiteAnswers(peer="10.0.1.11", host_keys=("SHA256:one", "SHA256:two"))


def problems(facts: Site, answers: SiteAnswers = ANSWERS) -> dict[str, Problem]:
    return {problem.code: problem for problem in STEP.problems(facts, Site(), answers)}


def with_cluster(part: Cluster) -> Site:
    return replace(SITE, witness=replace(WITNESS, cluster=membership(part)))


def test_a_healthy_cluster_has_no_problem_and_nothing_is_planned() -> None:
    assert problems(SITE) == {}
    assert list(STEP.plan(SITE, Site(), ANSWERS)) == []


def test_no_member_named_is_asked_for() -> None:
    assert {code: each.level for code, each in problems(Site(HERE), SiteAnswers()).items()} == {"site.no-peer": "ask"}


def test_keys_not_accepted_are_listed_by_address() -> None:
    facts = Site(HERE, offered_keys=(("10.0.1.11", "SHA256:one"),), failure="host-key")
    found = problems(facts, SiteAnswers(peer="10.0.1.11"))
    assert list(found) == ["site.host-key"]
    assert found["site.host-key"].level == "ask"
    assert found["site.host-key"].evidence == ("10.0.1.11 SHA256:one",)


def test_one_accepted_key_of_a_host_is_enough() -> None:
    more = (*SITE.offered_keys, ("10.0.1.11", "SHA256:rsa"))
    assert problems(replace(SITE, offered_keys=more)) == {}


def test_another_member_may_have_an_unknown_key() -> None:
    peers = (SITE.peers[0], Peer("node2", "10.0.1.13", False, evidence=("not accepted",)))
    found = problems(replace(SITE, peers=peers), replace(ANSWERS, host_keys=("SHA256:one",)))
    assert {code: each.evidence for code, each in found.items()} == {"site.host-key": ("10.0.1.13 SHA256:two",)}


@pytest.mark.parametrize(
    ("failure", "code", "level"),
    [
        ("unreachable", "site.unreachable", "stop"),
        ("refused", "site.password-refused", "stop"),
        ("failed", "site.login-failed", "stop"),
    ],
)
def test_a_failed_login_is_said_in_the_words_of_ssh(failure: str, code: str, level: str) -> None:
    found = problems(Site(HERE, failure=failure, evidence=("ssh: its words",)))
    assert [(each.code, each.level, each.evidence) for each in found.values()] == [(code, level, ("ssh: its words",))]


def test_the_password_is_never_said() -> None:
    found = problems(Site(HERE, failure="refused"), replace(ANSWERS, password=Secret("hunter2")))
    assert "hunter2" not in repr(found)


DEFAULT = replace(CONF, cluster="debian", nodes=(Node(1, "node1", ("127.0.0.1",), 1),))


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (replace(SITE, witness=replace(WITNESS, system=replace(MEMBER, distribution="almalinux"))), "site.not-debian"),
        (with_cluster(replace(CLUSTER, memory=None, quorum=None)), "site.no-cluster"),
        (with_cluster(replace(CLUSTER, memory=DEFAULT)), "site.no-cluster"),
        (with_cluster(replace(CLUSTER, quorum=replace(QUORUM, quorate=False))), "site.inquorate"),
        (
            replace(SITE, witness=replace(WITNESS, lvm=replace(LVM, groups=(replace(GROUP, lock_type="sanlock"),)))),
            "site.sanlock",
        ),
    ],
)
def test_what_must_not_be_joined_stops(facts: Site, code: str) -> None:
    found = problems(facts)
    assert {code: each.level for code, each in found.items()} == {code: "stop"}


@pytest.mark.parametrize(
    ("manager", "level", "command"),
    [
        ("pacemaker", "warn", "pcs cluster node add fresh"),
        ("pacemaker", "warn", "crm cluster join -c 10.0.1.11"),
        ("proxmox", "stop", "pvecm add 10.0.1.11"),
        ("ganeti", "stop", "gnt-node add fresh"),
        ("xapi", "stop", "xe pool-join master-address=10.0.1.11 master-username=root master-password=PASSWORD"),
    ],
)
def test_another_manager_is_left_to_its_own_command(manager: str, level: str, command: str) -> None:
    """With Pacemaker the storage may be prepared first."""
    part = replace(CLUSTER, manager=manager)  # type: ignore[arg-type]  # one of `Manager`
    found = problems(with_cluster(part))
    assert {code: each.level for code, each in found.items()} == {"site.managed-by": level}
    assert command in found["site.managed-by"].evidence


@pytest.mark.parametrize(("members", "level"), [(QUORUM.members, "stop"), (QUORUM.members[:1], "warn")])
def test_a_member_without_login_stops_one_that_is_down_is_only_said(
    members: tuple[tuple[int, int, str], ...], level: str
) -> None:
    peers = (SITE.peers[0], Peer("node2", "10.0.1.13", False, evidence=("No route to host",)))
    facts = replace(with_cluster(replace(CLUSTER, quorum=replace(QUORUM, members=members))), peers=peers)
    found = problems(replace(facts, offered_keys=SITE.offered_keys[:1]))
    assert {code: each.level for code, each in found.items()} == {"site.peer-not-logged-in": level}


def test_a_clock_that_differs_is_only_said() -> None:
    facts = replace(SITE, witness=replace(WITNESS, system=replace(MEMBER, clock=1009.0)))
    [problem] = problems(facts).values()
    assert (problem.code, problem.level) == ("site.clock", "warn")
    assert "9 s ahead of ours" in problem.text


def test_a_member_by_itself_is_in_place_without_any_answer() -> None:
    facts = replace(SITE, itself=True, peers=(Peer("node2", "10.0.1.13", False),))
    assert problems(facts, SiteAnswers()) == {}


def test_what_is_shown_and_offered() -> None:
    shown = STEP.shown(SITE, SITE)
    assert shown["Cluster"] == "xencluster (configuration 2)"
    assert shown["Storage network"] == "eth1.16 10.16.1.11/16"
    assert shown["Portals"] == "10.16.0.1:3260, 10.16.0.2:3260"
    assert STEP.choices(SITE, SITE)["host_keys"][0] == ("SHA256:one", "10.0.1.11 SHA256:one")


def test_what_is_usual_is_filled_in_and_labels_are_short() -> None:
    filled = STEP.with_defaults(SITE, SITE, SiteAnswers(peer="x"))
    assert (filled.port, filled.user) == (22, "root")
    assert all(len(question.label) <= 24 for question in questions(SiteAnswers))


# --- asking


@dataclass
class Bare:
    """A machine on which next to nothing is installed; commands not listed are absent."""

    name: str
    answers: dict[tuple[str, ...], str] = field(default_factory=dict)

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        known = {("date", "+%s.%N"): f"{time.time()}\n", ("uname", "-n", "-r"): f"{self.name} 6.12\n"}
        known |= {("ip", "-j", "-d", "addr"): "[]", ("ip", "-j", "-4", "route"): "[]", **self.answers}
        if argv not in known:
            return Result(argv, "absent", None, "", "")
        return Result(argv, "exited", 0, known[argv], "")

    def read(self, path: str) -> File | None:
        return File(b"ID=debian\nVERSION_ID=13\n") if path == "/etc/os-release" else None

    def list(self, pattern: str) -> tuple[str, ...]:
        return ()

    def read_all(self, *patterns: str) -> dict[str, File]:
        return {}

    def write(self, path: str, file: File | None) -> None:
        raise AssertionError("a probe writes nothing")

    def links(self) -> tuple[Link, ...]:
        return ()


CMAP = """nodelist.node.0.name (str) = node1
nodelist.node.0.nodeid (u32) = 1
nodelist.node.0.ring0_addr (str) = 10.0.1.11
nodelist.node.1.name (str) = node2
nodelist.node.1.nodeid (u32) = 2
nodelist.node.1.ring0_addr (str) = 10.0.1.13
totem.cluster_name (str) = xencluster
totem.config_version (u64) = 2
"""
QUORUMTOOL = """Quorum information
------------------
Nodes:            2
Node ID:          1
Quorate:          Yes

Votequorum information
----------------------
Expected votes:   2
Highest expected: 2
Total votes:      2
Quorum:           2
Flags:            Quorate

Membership information
----------------------
    Nodeid      Votes Name
         1          1 node1 (local)
         2          1 node2
"""


@dataclass
class Dialled:
    """Dials machines by address; remembers to whom it logged in."""

    hosts: dict[str, Host]
    logins: list[Login] = field(default_factory=list)

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        return (f"SHA256:{address}",) if address in self.hosts else ()

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        self.logins.append(login)
        if login.address not in self.hosts:
            raise LoginError("unreachable", (f"ssh: connect to host {login.address} port 22: No route to host",))
        assert f"SHA256:{login.address}" in trusted
        return self.hosts[login.address]


@pytest.fixture
def context() -> Callable[..., Context]:
    def make(here: dict[tuple[str, ...], str] | None = None) -> Context:
        answers = {
            ("corosync-cmapctl",): CMAP,
            ("corosync-quorumtool", "-s"): QUORUMTOOL,
            LSBLK: '{"blockdevices": []}\n',
        }
        hosts: dict[str, Host] = {"10.0.1.11": Bare("node1", answers), "10.0.1.13": Bare("node2")}
        return Context(Bare("fresh", here or {}), Dialled(hosts))

    return make


def test_nothing_is_sent_before_a_key_is_accepted(context: Callable[..., Context]) -> None:
    ctx = context()
    found = STEP.probe(ctx, Site(), SiteAnswers(peer="10.0.1.11", password=Secret("x")))
    assert (found.failure, found.offered_keys) == ("host-key", (("10.0.1.11", "SHA256:10.0.1.11"),))
    assert isinstance(ctx.dialer, Dialled) and ctx.dialer.logins == []


def test_members_are_reached_one_by_one(context: Callable[..., Context]) -> None:
    ctx = context()
    given = SiteAnswers(peer="10.0.1.11", host_keys=("SHA256:10.0.1.11",))
    found = STEP.probe(ctx, Site(), given)
    assert found.witness is not None and found.witness.name == "node1"
    assert [(peer.name, peer.reached) for peer in found.peers] == [("node1", True), ("node2", False)]
    assert list(ctx.members) == ["node1"]
    assert list(problems(found, given)) == ["site.host-key"]
    given = replace(given, host_keys=("SHA256:10.0.1.11", "SHA256:10.0.1.13"))
    found = STEP.probe(ctx, Site(), given)
    assert list(ctx.members) == ["node1", "node2"]
    assert problems(found, given) == {}


def test_an_address_without_anybody_is_unreachable(context: Callable[..., Context]) -> None:
    given = SiteAnswers(peer="10.0.1.99")
    found = STEP.probe(context(), Site(), given)
    assert list(problems(found, given)) == ["site.unreachable"]


def test_a_member_is_its_own_witness(context: Callable[..., Context]) -> None:
    ctx = context({("corosync-cmapctl",): CMAP, ("corosync-quorumtool", "-s"): QUORUMTOOL})
    found = STEP.probe(ctx, Site(), SiteAnswers())
    assert found.itself and found.witness is not None and found.witness.name == "node1"
    assert [(peer.name, peer.reached) for peer in found.peers] == [("node2", False)]


def test_a_fresh_host_knows_nothing(context: Callable[..., Context]) -> None:
    nodes = "nodelist.node.0.name (str) = node1\nnodelist.node.0.ring0_addr (str) = 127.0.0.1\n"
    default = f"totem.cluster_name (str) = debian\n{nodes}"
    for here in ({}, {("corosync-cmapctl",): default, ("corosync-quorumtool", "-s"): QUORUMTOOL}):
        found = STEP.probe(context(here), Site(), SiteAnswers())
        assert (found.witness, found.itself) == (None, False)
