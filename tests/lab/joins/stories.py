"""Telling a scenario's story: real hosts are joined, and it is seen that it is so."""

import sys
import time
import tomllib
from collections.abc import Callable

from tests.lab.errors import LabError
from tests.lab.joins import (
    at_console,
    cut_off,
    day_two,
    failures,
    half_installed,
    in_lines,
    migration,
    remote,
    returning,
    unattended,
    unconfirmed,
)
from tests.lab.lab import Lab
from tests.lab.scenario import Scenario, load, names
from tests.lab.slow import slowed


def slowly(teller: Callable[[Lab, failures.Say], object]) -> Callable[[Lab, failures.Say], None]:
    """The same with a host that is to join and gets a tenth of a core."""

    def told(lab: Lab, say: failures.Say) -> None:
        with slowed(lab["fresh"]):
            teller(lab, say)

    return told


TOLD: dict[str, dict[str, Callable[[Lab, failures.Say], object]]] = {
    "join": {"console": at_console.join, "unattended": unattended.join},
    "life": {"console": at_console.live, "unattended": unattended.live},
    "failures": {"console": failures.tell},
    "unconfirmed": {"console": unconfirmed.tell},
    "cut-off": {"console": cut_off.tell},
    "lines": {"console": in_lines.join},
    "apt": {"console": half_installed.tell},
    "day-two": {"console": day_two.tell},
    "returning": {"console": returning.tell, "unattended": returning.tell},
    "migration": {"console": migration.tell, "unattended": migration.tell},
    "slow": {"console": slowly(at_console.become_member), "unattended": slowly(unattended.join)},
    "other-way": {"console": unattended.join, "unattended": at_console.become_member},
    "remote": {"console": remote.join, "unattended": remote.join},
}
"""What is told, by the scenario's story: the join, what becomes of the member, what goes wrong, what is not kept."""


def story(scenario: Scenario) -> str:
    """Which story the scenario's file asks for."""
    return str(tomllib.loads(scenario.source.read_text()).get("story", "unattended"))


def every() -> list[tuple[str, str]]:
    """(what, scenario) of all that can be told to its end."""
    chosen = (
        "life",
        "failures",
        "unconfirmed",
        "cut-off",
        "lines",
        "apt",
        "day-two",
        "other-way",
        "slow",
        "returning",
        "migration",
    )
    return [(what, name) for what in chosen for name in names() if story(load(name)) in TOLD[what]]


def tell(what: str, scenario: str) -> int:
    """Tell something of a scenario; returns 0, or 1 if something was not as it must be."""
    start = time.monotonic()

    def say(text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - start:6.1f} s  {scenario}: {text}\n")
        sys.stdout.flush()

    try:
        of = load(scenario)
        if (teller := TOLD[what].get(story(of))) is None:
            raise LabError(f"{what} cannot be told of it")
        with Lab(scenario, f"{of.name}-{what}") as lab:  # another story of it may be told beside this one
            say("array, members and fresh are up")
            teller(lab, say)
    except LabError as error:
        say("\n".join(["FAILED: " + str(error), *getattr(error, "__notes__", [])]))
        return 1
    return 0
