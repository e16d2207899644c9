"""What dpkg and apt print, understood."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tui_installer.local import LocalHost
from tui_installer.probes.packages import (
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
    installed, broken = parse_status(output("dpkg/status.txt"))
    assert installed == {"lvm2": "2.03.31-2", "man-db": "2.11"}
    assert broken == ("lab-failing", "lab-needs-failing", "bad")


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


@given(st.text(), st.text())
def test_no_answer_is_too_strange(out: str, err: str) -> None:
    parse_status(out)
    parse_policy(out)
    parse_simulation(out, err)


def test_this_machine_answers() -> None:
    """The commands themselves are those of Debian."""
    here = LocalHost()
    assert list(candidates(here, "dpkg", "no-such-package-at-all")) == ["dpkg"]
    assert probe(here).installed["dpkg"]
    assert simulate(here, "no-such-package-at-all").error
    assert simulate(here, "dpkg").error == ()
