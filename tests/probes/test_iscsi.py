"""The initiator's probe against what iscsiadm really printed."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import WORDS, made_up, scattered
from tui_installer.hosts.host import File, Result
from tui_installer.hosts.local import LocalHost
from tui_installer.probes import discovery, iscsi

OUTPUTS = Path(__file__).parents[1] / "outputs" / "iscsiadm"
RECORD = "/etc/iscsi/nodes/iqn.2024-01.lab.san:cluster/10.16.0.1,3260,1/default"
ENDS = [
    ("ok-portal1", 0, ""),
    ("ok-portal2", 0, ""),
    ("auth-ok", 0, ""),
    ("auth-failure", 24, "chap"),
    ("auth-required-none", 24, "chap"),
    ("bad-ip", 4, "name"),
    ("hostname-unknown", 4, "name"),
    ("connection-refused", 11, "refused"),
    ("no-route-host", 11, "unreachable"),
    ("timeout-blackhole", 11, "unreachable"),
    ("no-portals", 21, "nothing"),
]


def output(name: str) -> str:
    """What iscsiadm printed."""
    path = OUTPUTS / name
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize(("name", "code", "failure"), ENDS)
def test_how_a_discovery_ends(name: str, code: int, failure: str) -> None:
    out, err = output(f"discovery-{name}.out"), output(f"discovery-{name}.err")
    found = discovery.judge("10.16.0.11:3260", Result((), "exited", code, out, err))
    assert found.failure == failure
    assert bool(found.targets) == (failure == "")
    assert bool(found.evidence) == (failure != "")
    assert len(set(found.evidence)) == len(found.evidence)


def test_a_discovery_names_target_portal_and_group() -> None:
    found = discovery.parse_targets(output("discovery-ok-portal2.out"))
    assert found == (("iqn.2026-11.lab.san:storage.lun01", "10.16.0.12:3260", 1),)
    assert discovery.parse_targets("[fe80::1]:3260,-1 eui.02004567A425678D\n") == (
        ("eui.02004567A425678D", "[fe80::1]:3260", -1),
    )


def test_a_late_discovery_is_a_portal_out_of_reach() -> None:
    found = discovery.judge("10.16.0.11:3260", Result(("iscsiadm",), "timeout", None, "", ""))
    assert (found.failure, found.evidence) == ("unreachable", ("did not end in time",))


def test_two_sessions() -> None:
    one, two = iscsi.parse_sessions(output("session-P3.out"))
    assert one == iscsi.Session(
        6,
        "iqn.2026-11.lab.san:storage.lun01",
        "10.16.0.11:3260",
        "default",
        "10.16.0.3",
        "LOGGED_IN",
        ("sda", "sdb"),
        "iqn.2026-11.lab.host:fresh",
    )
    assert (two.sid, two.portal, two.disks) == (7, "10.16.0.12:3260", ("sdc", "sdd"))


def test_a_session_that_lost_its_portal() -> None:
    lost, well = iscsi.parse_sessions(output("session-P3-one-failed.out"))
    assert (lost.state, lost.address, lost.up, lost.disks) == ("FREE", "", False, ("sda", "sdd"))
    assert (well.state, well.address, well.up) == ("LOGGED_IN", "10.16.0.12", True)


@pytest.mark.parametrize("name", ["session-P3-bookworm.out", "session-P3-trixie.out"])
def test_both_releases_print_sessions_alike(name: str) -> None:
    assert [session.portal for session in iscsi.parse_sessions(output(name))] == ["10.16.0.1:3260", "10.16.0.2:3260"]


def test_no_session() -> None:
    assert iscsi.parse_sessions(output("session-none.out") + output("session-none.err")) == ()


def test_a_node_record() -> None:
    file = File(output("node-record.out").encode(), 0o600)
    record = iscsi.parse_record(RECORD, file)
    assert record is not None
    assert (record.iqn, record.portal, record.tpgt) == ("iqn.2024-01.lab.san:cluster", "10.16.0.1:3260", 1)
    assert (record.iface, record.startup) == ("default", "manual")
    assert iscsi.values(file)["node.session.auth.username_in"] == ""


@pytest.mark.parametrize(
    ("typed", "portal"),
    [
        ("10.16.0.1", "10.16.0.1:3260"),
        ("10.16.0.1:3261", "10.16.0.1:3261"),
        ("san1", "san1:3260"),
        ("fe80::1", "[fe80::1]:3260"),
        ("[fe80::1]:860", "[fe80::1]:860"),
    ],
)
def test_portals_as_typed(typed: str, portal: str) -> None:
    assert iscsi.portal(typed) == portal
    assert iscsi.portal(portal) == portal


PORTALS = st.builds("{}:{}".format, st.ip_addresses(v=4), st.integers(1, 65535)) | st.builds(
    "[{}]:{}".format, st.ip_addresses(v=6), st.integers(1, 65535)
)
IQNS = st.from_regex(r"iqn\.[0-9]{4}-[0-9]{2}\.[a-z.]{1,10}(:[a-z0-9.-]{1,9})?", fullmatch=True)
TAGS = st.integers(-1, 65535)
FOREIGN = ["", "iscsiadm: No active sessions.", "iSCSI Transport Class version 2.0-870", "10.16.0.1:3260 iqn.x"]


@given(st.lists(st.tuples(IQNS, PORTALS, TAGS), unique=True), st.data())
def test_targets_come_back_as_they_were_discovered(targets: list[tuple[str, str, int]], data: st.DataObject) -> None:
    text = data.draw(scattered([f"{portal},{tag} {iqn}" for iqn, portal, tag in targets], FOREIGN))
    assert discovery.parse_targets(text) == tuple(targets)


SESSIONS = st.builds(
    iscsi.Session,
    st.integers(1, 10**6),
    IQNS,
    PORTALS,
    WORDS,
    st.ip_addresses(v=4).map(str) | st.just(""),
    st.sampled_from(["LOGGED_IN", "FREE", "FAILED"]),
    st.lists(st.from_regex(r"sd[a-z]{1,2}", fullmatch=True), max_size=3).map(tuple),
)


def shown(session: iscsi.Session, redirected: bool) -> str:
    """A session as `iscsiadm -m session -P 3` prints it below its target."""
    disks = "".join(f"\t\t\tAttached scsi disk {disk}\t\tState: running\n" for disk in session.disks)
    return (
        f"\tCurrent Portal: {'10.0.0.9:3260' if redirected else session.portal},1\n"
        f"\tPersistent Portal: {session.portal},1\n\t\tInterface:\n\t\tIface Name: {session.iface}\n"
        f"\t\tIface IPaddress: {session.address or '<empty>'}\n\t\tSID: {session.sid}\n"
        f"\t\tiSCSI Connection State: LOGGED IN\n\t\tiSCSI Session State: {session.state}\n"
        f"\t\tInternal iscsid Session State: NO CHANGE\n{disks}"
    )


@given(st.lists(st.lists(SESSIONS, min_size=1, max_size=3), max_size=3), st.booleans())
def test_sessions_come_back_as_they_were_shown(targets: list[list[iscsi.Session]], redirected: bool) -> None:
    known = [[replace(session, iqn=target[0].iqn) for session in target] for target in targets]
    text = "".join(
        f"Target: {target[0].iqn} (non-flash)\n" + "".join(shown(session, redirected) for session in target)
        for target in known
    )
    assert iscsi.parse_sessions("version 2.1.11\n" + text) == tuple(session for target in known for session in target)


ADDRESSES = st.ip_addresses().map(str)
VALUES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 :=#.-]{0,9}[A-Za-z0-9]", fullmatch=True)


@given(IQNS, ADDRESSES, st.integers(1, 65535), TAGS, WORDS, st.sampled_from(["automatic", "manual", "onboot"]))
def test_a_record_is_known_by_its_path(iqn: str, address: str, port: int, tag: int, iface: str, startup: str) -> None:
    path, file = f"/etc/iscsi/nodes/{iqn}/{address},{port},{tag}/{iface}", File(f"node.startup = {startup}\n".encode())
    where = iscsi.portal(f"[{address}]:{port}" if ":" in address else f"{address}:{port}")
    assert iscsi.parse_record(path, file) == iscsi.Record(iqn, where, tag, iface, startup, path, file)
    assert iscsi.parse_record(f"{path}/more", file) is None


@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,6}(\.[a-z_]{1,6}){0,2}", fullmatch=True), VALUES | st.just("")), st.data()
)
def test_values_come_back_as_they_were_written(known: dict[str, str], data: st.DataObject) -> None:
    rows = [f"{key} = {value or '<empty>'}" for key, value in known.items()]
    text = data.draw(scattered(rows, ["", "# BEGIN RECORD 2.1.11", "  # k = v", "no value"]))
    assert iscsi.values(File(text.encode())) == known


PRINTED = [line for name in ("session-P3.out", "discovery-ok-portal2.out") for line in output(name).splitlines()]


@given(st.text() | st.lists(st.sampled_from(PRINTED)).map("\n".join))
def test_nothing_is_made_up(text: str) -> None:
    assert set(made_up(iscsi.parse_sessions(text), text)) <= {"default"}
    assert not made_up(discovery.parse_targets(text), text)
    assert not made_up(iscsi.values(File(text.encode("utf-8", "replace"))), text.encode("utf-8", "replace").decode())


@given(st.text())
def test_a_portal_that_was_typed_is_kept(text: str) -> None:
    found = iscsi.portal(text)
    assert text.strip() in found
    assert found.removeprefix(text.strip()) in ("", ":3260") or found == f"[{text.strip()}]:3260"


@given(st.lists(st.integers(0, 2000), max_size=6), st.sampled_from(["session-P3.out", "session-P3-one-failed.out"]))
def test_a_torn_answer_is_no_error(lines: list[int], name: str) -> None:
    text = output(name).splitlines(keepends=True)
    kept = [line for index, line in enumerate(text) if index not in {each % len(text) for each in lines}]
    assert len(iscsi.parse_sessions("".join(kept))) <= 2


class Recorded(LocalHost):
    """A folder as a host, whose commands are noted and answered with one result."""

    def __init__(self, root: Path, code: int, out: str, err: str) -> None:
        super().__init__(root=str(root))
        self.calls: list[tuple[str, ...]] = []
        self.seen: list[File | None] = []
        self._answer = (code, out, err)

    def run(self, *argv: str, **_options: object) -> Result:
        """Note the command, and what lies in its scratch folder."""
        self.calls.append(argv)
        if argv[0] == "unshare":
            self.seen = [self.read(f"{argv[5]}/{name}") for name in ("iscsid.conf", "initiatorname.iscsi")]
        if argv[0] == "systemctl":
            return Result(argv, "absent", None, "", "")
        return Result(argv, "exited", *self._answer)


@pytest.mark.parametrize(("name", "code", "failure"), [("ok-portal1", 0, ""), ("auth-failure", 24, "chap")])
def test_a_discovery_works_in_a_scratch_folder_and_removes_it(
    tmp_path: Path, name: str, code: int, failure: str
) -> None:
    host = Recorded(tmp_path, code, output(f"discovery-{name}.out"), output(f"discovery-{name}.err"))
    conf, own = File(b"discovery.sendtargets.auth.password = s\n"), File(b"InitiatorName=iqn.2024-01.a:b\n")
    (found,) = discovery.discover_all(host, ("10.16.0.11:3260",), own, conf)
    assert found.failure == failure
    assert [file and (file.content, file.mode) for file in host.seen] == [(conf.content, 0o600), (own.content, 0o600)]
    asked = next(call for call in host.calls if call[0] == "unshare")
    assert asked[-1] == "10.16.0.11:3260"
    assert b"s\n" not in " ".join(asked).encode()
    assert host.calls[-1] == ("rm", "-r", asked[5])


class Slow(Recorded):
    """A host whose iscsid answers the first discovery too late: it has no CHAP then, and is refused."""

    def run(self, *argv: str, **options: object) -> Result:
        """Refuse the first discovery."""
        asked = [call for call in self.calls if call[0] == "unshare"]
        answer = super().run(*argv, **options)
        return replace(answer, code=24, out="", err=output("discovery-auth-failure.err")) if not asked else answer


def test_a_slow_iscsid_is_no_refusal(tmp_path: Path) -> None:
    host = Slow(tmp_path, 0, output("discovery-ok-portal1.out"), "")
    found = discovery.discover(host, "10.16.0.11:3260", File(), File())
    assert found.targets and not found.failure
    assert len([call for call in host.calls if call[0] == "unshare"]) == 2


@pytest.mark.parametrize(("word", "failure"), [("Connection refused", "refused"), ("No route to host", "unreachable")])
def test_a_portal_out_of_reach_is_not_asked(tmp_path: Path, word: str, failure: str) -> None:
    host = Recorded(tmp_path, 1, "", f"bash: connect: {word}\nbash: line 1: /dev/tcp/10.16.0.11/3260: {word}\n")
    found = discovery.discover(host, "10.16.0.11:3260", File(), File())
    assert (found.failure, found.evidence) == (failure, (f"bash: connect: {word}",))
    assert [call[-2:] for call in host.calls] == [("10.16.0.11", "3260")]


def test_the_databases_of_both_releases_are_covered(tmp_path: Path) -> None:
    host = Recorded(tmp_path, 0, "", "")
    discovery.discover(host, "10.16.0.11:3260", File(), File())
    script = next(call for call in host.calls if call[0] == "unshare")[4]
    assert "/etc/iscsi &&" in script
    assert "/var/lib &&" in script


def test_a_host_without_open_iscsi() -> None:
    class Bare(LocalHost):
        def run(self, *argv: str, **_options: object) -> Result:
            return Result(argv, "absent", None, "", "")

    found = iscsi.probe(Bare(root="/nonexistent"))
    assert found == iscsi.Iscsi(False, "", "", None, None, (), (), False, False)


def test_the_guides_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "etc/iscsi").mkdir(parents=True)
    (tmp_path / "etc/initiatorname.iscsi").write_text("InitiatorName=iqn.1992-03.edu.tjhsst:initiator:bottom.0\n")
    (tmp_path / "etc/iscsi/initiatorname.iscsi").symlink_to("../initiatorname.iscsi")
    found = iscsi.probe(Recorded(tmp_path, 21, "", ""))
    assert found.name == "iqn.1992-03.edu.tjhsst:initiator:bottom.0"
