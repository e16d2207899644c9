"""What dpkg and apt print, understood."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.probes.made_up import WORDS, made_up, scattered
from tui_installer.hosts.local import LocalHost
from tui_installer.probes.packages import (
    Simulation,
    candidates,
    parse_policy,
    parse_simulation,
    parse_status,
    probe,
    simulate,
)

OUTPUTS = Path(__file__).parent.parent / "outputs"


def output(name: str) -> str:
    return (OUTPUTS / name).read_text()


def test_installed_and_half_done_packages_are_told_apart() -> None:
    found = parse_status(output("dpkg/status.txt"))
    installed, broken = found.installed, found.broken
    assert installed == {"lvm2": "2.03.31-2", "man-db": "2.11"}
    assert broken == ("lab-failing", "lab-needs-failing", "bad")


@pytest.mark.parametrize(
    ("letters", "torn", "leaving"), [("iHR", True, False), ("rH ", True, True), ("iU ", False, False)]
)
def test_what_somebody_removed_is_not_to_be_installed_again(letters: str, torn: bool, leaving: bool) -> None:
    found = parse_status(f"{letters}\tbad\t1\n")
    assert (found.broken, "bad" in found.torn, "bad" in found.leaving) == (("bad",), torn, leaving)


def test_a_name_without_candidate_has_none() -> None:
    assert parse_policy(output("apt/policy.txt")) == {"lvm2": "2.03.31-2", "lvm2-lockd": "2.03.31-2"}


def test_a_simulation_lists_all_new_packages() -> None:
    simulation = parse_simulation(output("apt/simulate-all.txt"), "")
    assert len(simulation.new) == 44
    assert ("corosync", "3.1.9-2+deb13u1") in simulation.new
    assert (simulation.upgraded, simulation.removed, simulation.error) == ((), (), ())


def test_a_simulation_tells_upgrades_and_removals() -> None:
    simulation = parse_simulation(output("apt/simulate-upgrade.txt"), "")
    assert simulation.new == (("corosync", "3.1.7-1+deb12u1"),)
    assert simulation.upgraded == (("lvm2", "2.03.16-2", "2.03.16-2+deb12u1"),)
    assert simulation.removed == ("lvm2-lvmpolld",)


def test_what_apt_refuses_is_said_in_its_words() -> None:
    assert parse_simulation("", output("apt/unknown-package.txt")).error == (
        "E: Unable to locate package no-such-package",
    )


STATES = {"installed": ("ii ", "hi ", "iW ", "it "), "broken": ("iH ", "iU ", "iF ", "iHR"), "": ("un ", "rc ", "pn ")}
PACKAGES = st.dictionaries(WORDS, WORDS, max_size=6)
NOISE = ["", "N: a note", "Reading package lists...", "  Version table:", "half\ta row"]


@given(PACKAGES, st.data())
def test_what_dpkg_lists_is_told_apart_by_its_letters(versions: dict[str, str], data: st.DataObject) -> None:
    states = {name: data.draw(st.sampled_from(sorted(STATES))) for name in versions}
    rows = [f"{data.draw(st.sampled_from(STATES[states[name]]))}\t{name}\t{versions[name]}" for name in versions]
    found = parse_status(data.draw(scattered(rows, NOISE)))
    installed, broken = found.installed, found.broken
    assert installed == {name: versions[name] for name in versions if states[name] == "installed"}
    assert broken == tuple(name for name in versions if states[name] == "broken")


@given(st.dictionaries(WORDS, WORDS | st.just("(none)"), max_size=6))
def test_the_candidates_that_apt_names(candidates: dict[str, str]) -> None:
    text = "".join(
        f"{name}:\n  Installed: (none)\n  Candidate: {version}\n  Version table:\n     {version} 500\n"
        for name, version in candidates.items()
    )
    assert parse_policy(text) == {name: version for name, version in candidates.items() if version != "(none)"}


@given(st.lists(st.tuples(WORDS, st.sampled_from(["new", "upgrade", "again", "removal"]), WORDS)), st.data())
def test_what_apt_would_do(drawn: list[tuple[str, str, str]], data: st.DataObject) -> None:
    forms = {"new": "Inst {0} ({1} Debian:13)", "upgrade": "Inst {0} [{1}-0] ({1} Debian:13 [amd64]) []",
             "again": "Inst {0} [{1}] ({1} Debian:13)", "removal": "Remv {0} [{1}]"}  # fmt: skip
    rows = [forms[what].format(name, version) for name, what, version in drawn]
    out = data.draw(scattered(rows, [*NOISE, "Conf lvm2 (2.03 Debian:13)"]))
    errors = data.draw(scattered(["E: No"], ["W: Hm", ""]))
    assert parse_simulation(out, errors) == Simulation(
        new=tuple((name, version) for name, what, version in drawn if what == "new"),
        upgraded=tuple((name, f"{version}-0", version) for name, what, version in drawn if what == "upgrade"),
        removed=tuple(name for name, what, _ in drawn if what == "removal"),
        error=("E: No",),
    )


SAID = [
    line for name in ("dpkg/status", "apt/policy", "apt/simulate-upgrade") for line in output(f"{name}.txt").split("\n")
]


@given(st.text() | st.lists(st.sampled_from(SAID)).map("\n".join), st.text())
def test_nothing_is_made_up(out: str, err: str) -> None:
    assert not made_up((parse_status(out), parse_policy(out)), out)
    assert not made_up(parse_simulation(out, err), out, err)


def test_this_machine_answers() -> None:
    """The commands themselves are those of Debian."""
    here = LocalHost()
    assert list(candidates(here, "dpkg", "no-such-package-at-all")) == ["dpkg"]
    assert probe(here).installed["dpkg"]
    assert simulate(here, "no-such-package-at-all").error
    assert simulate(here, "dpkg").error == ()
