"""The initiator's probe against what iscsiadm really printed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_installer.host import File, Result
from tui_installer.local import LocalHost
from tui_installer.probes import iscsi

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
    found = iscsi.judge("10.16.0.11:3260", Result((), "exited", code, out, err))
    assert found.failure == failure
    assert bool(found.targets) == (failure == "")
    assert bool(found.evidence) == (failure != "")
    assert len(set(found.evidence)) == len(found.evidence)


def test_a_discovery_names_target_portal_and_group() -> None:
    found = iscsi.parse_targets(output("discovery-ok-portal2.out"))
    assert found == (("iqn.2026-11.lab.san:storage.lun01", "10.16.0.12:3260", 1),)
    assert iscsi.parse_targets("[fe80::1]:3260,-1 eui.02004567A425678D\n") == (
        ("eui.02004567A425678D", "[fe80::1]:3260", -1),
    )


def test_a_late_discovery_is_a_portal_out_of_reach() -> None:
    found = iscsi.judge("10.16.0.11:3260", Result(("iscsiadm",), "timeout", None, "", ""))
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


@given(st.text() | st.text(alphabet="Target: \n\tSIDCurrent Portal:0,1iqn."), st.text())
def test_no_text_is_too_strange(text: str, path: str) -> None:
    iscsi.parse_sessions(text)
    iscsi.parse_targets(text)
    iscsi.parse_record(path, File(text.encode("utf-8", "replace")))
    iscsi.values(File(text.encode("utf-8", "replace")))
    assert iscsi.portal(text)


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
        return Result(argv, "exited", *self._answer)


@pytest.mark.parametrize(("name", "code", "failure"), [("ok-portal1", 0, ""), ("auth-failure", 24, "chap")])
def test_a_discovery_works_in_a_scratch_folder_and_removes_it(
    tmp_path: Path, name: str, code: int, failure: str
) -> None:
    host = Recorded(tmp_path, code, output(f"discovery-{name}.out"), output(f"discovery-{name}.err"))
    conf, own = File(b"discovery.sendtargets.auth.password = s\n"), File(b"InitiatorName=iqn.2024-01.a:b\n")
    (found,) = iscsi.discover_all(host, ("10.16.0.11:3260",), own, conf)
    assert found.failure == failure
    assert [file and (file.content, file.mode) for file in host.seen] == [(conf.content, 0o600), (own.content, 0o600)]
    discovery = next(call for call in host.calls if call[0] == "unshare")
    assert discovery[-1] == "10.16.0.11:3260"
    assert b"s\n" not in " ".join(discovery).encode()
    assert host.calls[-1] == ("rm", "-r", discovery[5])


@pytest.mark.parametrize(("word", "failure"), [("Connection refused", "refused"), ("No route to host", "unreachable")])
def test_a_portal_out_of_reach_is_not_asked(tmp_path: Path, word: str, failure: str) -> None:
    host = Recorded(tmp_path, 1, "", f"bash: connect: {word}\nbash: line 1: /dev/tcp/10.16.0.11/3260: {word}\n")
    found = iscsi.discover(host, "10.16.0.11:3260", File(), File())
    assert (found.failure, found.evidence) == (failure, (f"bash: connect: {word}",))
    assert [call[-2:] for call in host.calls] == [("10.16.0.11", "3260")]


def test_the_databases_of_both_releases_are_covered(tmp_path: Path) -> None:
    host = Recorded(tmp_path, 0, "", "")
    iscsi.discover(host, "10.16.0.11:3260", File(), File())
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
