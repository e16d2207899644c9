"""Init scripts and their links, packages and the stack that they make, and what release it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import WORDS, made_up, scattered
from tests.probes.recorded import Recorded
from tui_installer.hosts.host import File, HostError
from tui_installer.probes.rhcs import packages, system, sysv
from tui_installer.probes.rhcs.packages import parse_status
from tui_installer.probes.rhcs.sysv import RcLink, parse_links

# --- links


def test_links() -> None:
    found = parse_links(
        ["/etc/rcS.d/S61ccs", "/etc/rc0.d/S05ccs", "/etc/rc6.d/K12clvm", "/etc/rc2.d/README", "/etc/rc7.d/S01x"]
    )
    assert found == (RcLink("0", "S", 5, "ccs"), RcLink("6", "K", 12, "clvm"), RcLink("S", "S", 61, "ccs"))
    assert found[0].path == "/etc/rc0.d/S05ccs"


LINKS = st.builds(
    RcLink,
    st.sampled_from("0123456S"),
    st.sampled_from("SK"),
    st.integers(0, 99),
    st.from_regex(r"[a-z][\w.-]*", fullmatch=True),
)


@given(st.lists(LINKS, unique=True))
def test_any_links(links: list[RcLink]) -> None:
    assert sorted(parse_links(link.path for link in links), key=repr) == sorted(links, key=repr)


def test_init_scripts_of_a_host() -> None:
    paths = ["/etc/rcS.d/S61ccs", "/etc/rc0.d/S05ccs", "/etc/rc6.d/K12clvm", "/etc/init.d/ccs", "/etc/init.d/clvm"]
    found = sysv.probe(Recorded(files={path: File() for path in paths}))
    assert (found.scripts, found.insserv) == (("ccs", "clvm"), False)
    assert [link.path for link in found.of("ccs")] == ["/etc/rc0.d/S05ccs", "/etc/rcS.d/S61ccs"]
    assert (found.starts("ccs"), found.starts("clvm"), found.starts("cman")) == (True, False, False)


@pytest.mark.parametrize(("legacy", "headers"), [(False, True), (True, False)])
def test_insserv(legacy: bool, headers: bool) -> None:
    files = {"/etc/init.d/.depend.boot": File()} | ({"/etc/init.d/.legacy-bootordering": File()} if legacy else {})
    assert sysv.probe(Recorded(files=files)).insserv is headers


def test_daemons() -> None:
    host = Recorded({"pidof ccsd": (0, "12\n"), "pidof clvmd": (1, "")})
    assert sysv.running(host, "ccsd", "clvmd", "iscsid") == {"ccsd"}


# --- packages

STATUS = "\n".join(
    [
        "install ok installed\tcman\t1.03.00-2",
        "install ok half-configured\tccs\t1.03.00-2",
        "install ok unpacked\tclvm\t2.02.06-4etch1",
        "deinstall ok config-files\tgfs-tools\t1.03.00-2",
        "install reinstreq half-installed\tvlan\t1.9-2",
        "unknown ok not-installed\txend\t",
        "hold ok installed\tlvm2\t2.02.06-4etch1",
        "hello",
    ]
)


def test_status() -> None:
    found = parse_status(STATUS)
    installed, broken = found.installed, found.broken
    assert installed == {"cman": "1.03.00-2", "lvm2": "2.02.06-4etch1"}
    assert broken == ("ccs", "clvm", "vlan")


STATES = {"installed": "ok installed", "awaited": "ok triggers-awaited", "half": "ok half-installed",
          "unpacked": "ok unpacked", "again": "reinstreq installed", "gone": "ok config-files"}  # fmt: skip


@given(st.dictionaries(WORDS, st.tuples(st.sampled_from(sorted(STATES)), WORDS)), st.data())
def test_any_status(found: dict[str, tuple[str, str]], data: st.DataObject) -> None:
    rows = [f"install {STATES[state]}\t{name}\t{version}" for name, (state, version) in found.items()]
    told = parse_status(data.draw(scattered(rows, ["", "hello", "unknown ok not-installed\txend\t"])))
    installed, broken = told.installed, told.broken
    here = ("installed", "awaited", "again")
    assert installed == {name: version for name, (state, version) in found.items() if state in here}
    assert broken == tuple(name for name, (state, _) in found.items() if state in ("half", "unpacked", "again"))


@given(st.text() | st.lists(st.sampled_from(STATUS.splitlines())).map("\n".join))
def test_nothing_is_made_up(text: str) -> None:
    assert not made_up(parse_status(text), text)
    assert not made_up(system.parse_debian_version(text)[:1], text)


@given(st.sampled_from(sorted(system.CODENAMES)), st.sampled_from(["", ".0", ".10", "r2", ".0r9"]))
def test_any_release(version: str, point: str) -> None:
    assert system.parse_debian_version(f"{version}{point}\n") == (version, system.CODENAMES[version])


def test_packages_of_a_host() -> None:
    commands = {
        "dpkg-query -W -f ${Status}": (0, STATUS.removesuffix("hello")),
        "apt-cache policy cman ccs": (
            0,
            "cman:\n  Installed: 1.03.00-2\n  Candidate: 1.03.00-2\nccs:\n  Candidate: (none)\n",
        ),
        "dpkg --audit": (0, "The following packages are only half configured\n"),
    }
    found = packages.probe(Recorded(commands), "cman", "ccs")
    assert found.candidates == {"cman": "1.03.00-2"}
    assert (found.broken, found.audit) == (
        ("ccs", "clvm", "vlan"),
        ("The following packages are only half configured",),
    )
    with pytest.raises(HostError, match="dpkg-query: no such program"):
        packages.probe(Recorded())


# --- the release


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("4.0\n", ("4", "etch")),
        ("4.0r9", ("4", "etch")),
        ("5.0.10\n", ("5", "lenny")),
        ("6.0.10", ("6", "squeeze")),
        ("3.1", ("3.1", "sarge")),
        ("squeeze/sid", ("", "squeeze")),
        ("12.5", ("12", "")),
        ("", ("", "")),
    ],
)
def test_release(text: str, release: tuple[str, str]) -> None:
    assert system.parse_debian_version(text) == release


def test_system() -> None:
    commands = {"hostname": (0, "bottom\n"), "uname -r": (0, "2.6.18-6-xen-686\n"), "date +%s": (0, "1230000000\n")}
    found = system.probe(Recorded(commands, {"/etc/debian_version": File(b"4.0\n")}))
    assert (found.hostname, found.distribution, found.version, found.codename) == ("bottom", "debian", "4", "etch")
    assert (found.kernel, found.clock) == ("2.6.18-6-xen-686", 1230000000.0)
    with pytest.raises(HostError, match="date"):
        system.probe(Recorded())
