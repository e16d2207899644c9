"""The iSCSI step: what it fills in, plans and refuses, on plain facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.steps.storage_site import IQN, NAME, PORTALS, RECORD, SESSIONS, initiator, record, session, site_of, witness
from tui_installer.hosts.host import File, Link
from tui_installer.model.answers import Secret
from tui_installer.model.change import Run, WriteFiles, show
from tui_installer.model.site import Peer, Site
from tui_installer.model.step import Plan, judged
from tui_installer.probes.discovery import Discovery
from tui_installer.probes.iscsi import Iscsi, values
from tui_installer.steps.iscsi.corosync import IscsiStep
from tui_installer.steps.iscsi.facts import IscsiAnswers, IscsiFacts
from tui_installer.steps.iscsi.names import made_name, refused_name
from tui_installer.steps.iscsi.wanted import incomplete

STEP = IscsiStep()
SECRET = Secret("chapsecret123")
LINKS = (
    Link("lo", "00:00:00:00:00:00", 65536, True, ("127.0.0.1/8",)),
    Link("eth1.16", "52:54:00:00:00:02", 1500, True, ("10.16.1.12/16",)),
)
OWN = "iqn.1993-08.org.debian:01:ede13af051c7"
CONF = File(b"iscsid.startup = /bin/systemctl start iscsid.socket\nnode.startup = manual\n")
BARE = Iscsi(
    True, OWN, "", File(f"InitiatorName={OWN}\n".encode(), 0o600), CONF, (), (), False, True, True
)  # fmt: skip
FOUND = tuple(Discovery(portal, ((IQN, portal, 1),), "") for portal in PORTALS)
FRESH = IscsiFacts(BARE, LINKS, FOUND)
SITE = site_of(witness())


def plan(facts: IscsiFacts, site: Site = SITE, **given_answers: Any) -> Plan:
    """The step's plan, as the engine makes it."""
    answers = STEP.with_defaults(facts, site, IscsiAnswers(**given_answers))
    changes = tuple(STEP.plan(facts, site, answers))
    return Plan(STEP.id, changes, tuple(judged(STEP.problems(facts, site, answers), answers.accept)))


def codes(found: Plan, *levels: str) -> list[str]:
    """The codes of a plan's problems."""
    return [problem.code for problem in found.problems if not levels or problem.level in levels]


def commands(found: Plan) -> list[str]:
    """The command lines of a plan."""
    return [" ".join(change.argv) for change in found.changes if isinstance(change, Run)]


def written(found: Plan) -> dict[str, File]:
    """The files of a plan."""
    edits = [edit for change in found.changes if isinstance(change, WriteFiles) for edit in change.edits]
    return {edit.path: edit.after for edit in edits if edit.after}


def joined(files: dict[str, File]) -> IscsiFacts:
    """The facts after the plan of a fresh host was applied."""
    here = replace(
        BARE,
        alias="fresh",
        name_file=files.get("/etc/iscsi/initiatorname.iscsi", BARE.name_file),
        conf=files["/etc/iscsi/iscsid.conf"],
        records=tuple(record(portal) for portal in PORTALS),
        sessions=SESSIONS,
        login_at_boot=True,
    )
    return IscsiFacts(here, LINKS, ())


def test_a_member_fills_in_all_but_the_password() -> None:
    answers = STEP.with_defaults(FRESH, SITE, IscsiAnswers())
    assert (answers.portals, answers.targets, answers.chap_user) == (PORTALS, (IQN,), "chapuser")
    assert (answers.initiator, answers.alias) == (OWN, "fresh")
    assert codes(plan(FRESH), "stop", "ask") == ["iscsi.secret-missing"]


def test_a_fresh_host() -> None:
    found = plan(FRESH, chap_password=SECRET)
    assert commands(found) == [
        f"iscsiadm -m node -o new -T {IQN} -p 10.16.0.1:3260,1",
        f"iscsiadm -m node -o new -T {IQN} -p 10.16.0.2:3260,1",
        f"iscsiadm -m node -T {IQN} -p 10.16.0.1:3260 --login",
        f"iscsiadm -m node -T {IQN} -p 10.16.0.2:3260 --login",
        "systemctl enable open-iscsi",
    ]
    conf = written(found)["/etc/iscsi/iscsid.conf"]
    keys = values(conf)
    assert (keys["node.startup"], keys["node.session.timeo.replacement_timeout"]) == ("automatic", "5")
    assert (keys["node.session.auth.username"], keys["node.session.auth.password"]) == ("chapuser", "chapsecret123")
    assert conf.mode == 0o600
    assert not found.blocked


def test_no_password_is_shown_or_in_a_command() -> None:
    found = plan(FRESH, chap_password=SECRET, chap_user_in="array", chap_password_in=Secret("arraysecret12"))
    shown = "\n".join(line for change in found.changes for line in show(change))
    assert "password" in shown
    assert "secret1" not in shown
    assert "secret1" not in " ".join(commands(found))
    assert "chapsecret" not in repr(STEP.shown(FRESH, SITE)) + repr(found.problems)


def test_what_was_applied_plans_nothing_more() -> None:
    after = joined(written(plan(FRESH, chap_password=SECRET)))
    assert plan(after, chap_password=SECRET).in_place
    assert plan(after).in_place


def test_everything_that_starts_something_can_be_taken_back() -> None:
    changes = plan(FRESH, chap_password=SECRET).changes
    assert any(isinstance(change, Run) for change in changes)
    for change in changes:
        assert isinstance(change, WriteFiles) or change.undo


def test_a_member_set_up_by_hand_is_in_place() -> None:
    facts = IscsiFacts(initiator(NAME), LINKS, ())
    assert plan(facts, site_of(witness(), itself=True)).in_place
    assert plan(facts, Site()).in_place
    assert incomplete(facts, Site(), STEP.with_defaults(facts, Site(), IscsiAnswers())) == ()


def test_without_a_member_all_is_asked() -> None:
    assert codes(plan(replace(FRESH, discoveries=()), Site()), "ask") == ["iscsi.no-portal"]
    foreign = ("iqn.2001-04.com.example:other", PORTALS[0], 1)
    two = (replace(FOUND[0], targets=(*FOUND[0].targets, foreign)),)
    found = plan(replace(FRESH, discoveries=two), Site(), portals=("10.16.0.1",))
    assert codes(found, "ask") == ["iscsi.no-target"]
    assert found.problems[-1].evidence == (IQN, foreign[0])
    assert STEP.choices(replace(FRESH, discoveries=two), Site())["targets"][0] == (IQN, f"{IQN}  {PORTALS[0]}")


def test_the_only_target_offered_is_the_one() -> None:
    found = plan(FRESH, Site(), portals=("10.16.0.1", "10.16.0.2:3260"))
    assert [line for line in commands(found) if "--login" in line] != []
    assert not found.blocked


def failing(failure: Any, *words: str) -> tuple[Discovery, ...]:
    """The second portal fails."""
    return (FOUND[0], Discovery(PORTALS[1], (), failure, words))


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ("chap", "iscsi.chap-refused"),
        ("refused", "iscsi.portal-silent"),
        ("unreachable", "iscsi.portal-silent"),
        ("nothing", "iscsi.nothing-offered"),
        ("name", "iscsi.portal-name"),
        ("other", "iscsi.discovery-failed"),
    ],
)
def test_a_portal_that_fails(failure: str, code: str) -> None:
    facts = replace(FRESH, discoveries=failing(failure, "iscsiadm: its words"))
    found = plan(facts, chap_password=SECRET)
    assert codes(found, "stop") == [code]
    assert found.problems[0].evidence == ("iscsiadm: its words",)
    accepted = plan(facts, chap_password=SECRET, accept=(code,))
    assert not accepted.blocked
    assert [line for line in commands(accepted) if "--login" in line] == [
        f"iscsiadm -m node -T {IQN} -p 10.16.0.1:3260 --login"
    ]


def test_the_name_to_be_granted_can_be_read_out() -> None:
    found = plan(replace(FRESH, discoveries=failing("nothing")), chap_password=SECRET)
    assert "iqn. 1993 -08. org." in found.problems[0].hint


def test_a_cloned_host_gets_a_name_and_does_not_wait_for_its_grant() -> None:
    clone = replace(BARE, name=NAME)
    facts = replace(FRESH, here=clone, discoveries=tuple(Discovery(portal, (), "nothing") for portal in PORTALS))
    found = plan(facts, chap_password=SECRET)
    assert codes(found) == ["iscsi.name-taken", *["iscsi.nothing-offered"] * 2]
    assert not found.blocked
    assert (
        b"InitiatorName=iqn.1993-08.org.debian:01:fresh\n" in written(found)["/etc/iscsi/initiatorname.iscsi"].content
    )
    assert isinstance(found.changes[0], WriteFiles)
    assert [run.argv for run in found.changes[0].then] == [("systemctl", "restart", "iscsid")]
    assert sum("--login" in line for line in commands(found)) == 2


def test_a_name_is_not_changed_under_sessions() -> None:
    facts = replace(FRESH, here=replace(BARE, sessions=SESSIONS))
    found = plan(facts, chap_password=SECRET, initiator="iqn.1993-08.org.debian:01:new")
    assert (codes(found, "stop"), found.changes) == (["iscsi.name-in-use"], ())


@pytest.mark.parametrize("peer", [True, False])
def test_a_name_that_a_member_has_is_refused(peer: bool) -> None:
    taken = "iqn.1993-08.org.debian:01:node2" if peer else NAME
    site = site_of(witness(), Peer("node2", "10.0.1.13", True, "iqn.1993-08.org.debian:01:node2"))
    assert "iscsi.name-taken" in codes(plan(FRESH, site, initiator=taken), "stop")


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("iqn.1992-03.edu.tjhsst:initiator:HOSTNAME.0", False),
        ("iqn.2016-04.com.open-iscsi:df1bc6efa2de", False),
        ("eui.02004567A425678D", False),
        ("naa.52004567BA64678D", False),
        ("naa.62004567BA64678D0123456789ABCDEF", False),
        ("iqn.2001-04.com.example", False),
        ("iqn.2001-13.com.example:x", True),
        ("iqn.2001-04.com.exa mple:x", True),
        ("iqn.2001-04.com.example:under_score", True),
        ("iqn.2001-04.com.example:" + "x" * 200, True),
        ("eui.123", True),
        ("fresh", True),
        ("", True),
        ("iqn.2001-04.com.example:x\n", True),
    ],
)
def test_initiator_names(name: str, refused: bool) -> None:
    assert refused_name(name) is refused


@given(st.text(max_size=70))
def test_a_made_name_is_always_a_good_one(hostname: str) -> None:
    assert not refused_name(made_name(hostname, LINKS, Site()))


def test_a_made_name_follows_the_sites_scheme() -> None:
    assert made_name("fresh", LINKS, SITE) == "iqn.1993-08.org.debian:01:fresh"
    assert made_name("fresh", LINKS, Site()) == made_name("fresh", LINKS, Site())
    assert made_name("fresh", LINKS, Site()) != made_name("fresher", LINKS, Site())


def test_a_bad_name_stops_the_step() -> None:
    found = plan(FRESH, initiator="fresh")
    assert found.problems[0].code == "iscsi.name-invalid"
    assert found.changes == ()


def test_a_target_that_nobody_offers() -> None:
    found = plan(FRESH, targets=("iqn.2001-04.com.example:gone",))
    assert (codes(found, "stop"), found.problems[0].evidence) == (["iscsi.target-gone"], (IQN,))


@pytest.mark.parametrize(
    ("given_answers", "code", "level"),
    [
        ({"chap_password": Secret("short")}, "iscsi.secret-length", "warn"),
        ({"chap_password": Secret("much-too-long-a-secret")}, "iscsi.secret-length", "warn"),
        ({"chap_password": SECRET, "chap_user_in": "a", "chap_password_in": SECRET}, "iscsi.secrets-equal", "stop"),
        ({"discovery_user_in": "array"}, "iscsi.chap-incomplete", "stop"),
        ({"discovery_user": "disc"}, "iscsi.secret-missing", "ask"),
    ],
)
def test_secrets(given_answers: dict[str, Any], code: str, level: str) -> None:
    assert (code, level) in [(problem.code, problem.level) for problem in plan(FRESH, **given_answers).problems]


def test_a_record_with_other_values_is_corrected_in_its_file() -> None:
    manual = RECORD.replace(b"automatic", b"manual")
    old = record(PORTALS[0], manual, "manual")
    facts = replace(FRESH, here=replace(BARE, records=(old,), sessions=SESSIONS))
    found = plan(facts, chap_password=Secret("anothersecret"))
    after = values(written(found)[old.path])
    assert (after["node.startup"], after["node.session.auth.password"]) == ("automatic", "anothersecret")
    assert not [line for line in commands(found) if "10.16.0.1" in line]


def test_a_new_password_reaches_settled_records_and_the_file() -> None:
    facts = IscsiFacts(initiator(NAME), LINKS, ())
    found = plan(facts, site_of(witness(), itself=True), chap_password=Secret("anothersecret"))
    assert set(written(found)) == {"/etc/iscsi/iscsid.conf", *(record(portal).path for portal in PORTALS)}
    assert commands(found) == []


def test_a_lost_session_is_said_and_not_logged_in_again() -> None:
    here = replace(initiator(NAME), sessions=(SESSIONS[0], session(PORTALS[1], "sdc", "sdd", state="FREE", address="")))
    found = plan(IscsiFacts(here, LINKS, ()), site_of(witness(), itself=True))
    assert (codes(found), found.changes) == (["iscsi.session-down"], ())


def test_two_interfaces_in_one_subnet_are_bound() -> None:
    links = (*LINKS, Link("eth2.16", "52:54:00:00:00:03", 1500, True, ("10.16.2.12/16",)))
    found = plan(replace(FRESH, links=links), chap_password=SECRET)
    lines = commands(found)
    assert lines[:4] == [
        "iscsiadm -m iface -o new -I eth1.16",
        "iscsiadm -m iface -o update -I eth1.16 -n iface.net_ifacename -v eth1.16",
        "iscsiadm -m iface -o new -I eth2.16",
        "iscsiadm -m iface -o update -I eth2.16 -n iface.net_ifacename -v eth2.16",
    ]
    assert sum("--login" in line for line in lines) == 4
    assert f"iscsiadm -m node -T {IQN} -p 10.16.0.1:3260 -I eth1.16 --login" in lines


def test_two_subnets_need_no_binding() -> None:
    links = (*LINKS, Link("eth2", "52:54:00:00:00:03", 1500, True, ("10.17.2.12/16",)))
    assert not [line for line in commands(plan(replace(FRESH, links=links), chap_password=SECRET)) if " -I " in line]


def test_without_the_package() -> None:
    nothing = IscsiFacts(Iscsi(False, "", "", None, None, (), (), False, False), (), ())
    found = plan(nothing)
    assert (codes(found), found.changes) == (["iscsi.not-installed"], ())


def test_a_file_that_cannot_be_edited() -> None:
    found = plan(replace(FRESH, here=replace(BARE, conf=File(b"what is this\n"))))
    assert (codes(found), found.changes) == (["iscsi.file"], ())


def test_what_is_shown() -> None:
    shown = STEP.shown(IscsiFacts(initiator(NAME), LINKS, ()), SITE)
    assert shown["Initiator"] == NAME
    assert shown["Sessions"] == "2 of 2 logged in"
