"""Telling a scenario's story: real hosts are joined, and it is seen that it is so."""

import sys
import time
import tomllib

from tests.lab.errors import LabError
from tests.lab.joins import at_console, unattended
from tests.lab.lab import Lab

JOINS = {"console": at_console.join, "unattended": unattended.join}
LIVES = {"console": at_console.live, "unattended": unattended.live}
"""The join, and what an operator does with the member afterwards."""


def story(lab: Lab) -> str:
    """Which story the scenario's file asks for."""
    return str(tomllib.loads(lab.scenario.source.read_text()).get("story", "unattended"))


def tell(scenario: str, *, whole: bool) -> int:
    """Tell one scenario's story, or its join alone; returns 0, or 1 if something was not as it must be."""
    start = time.monotonic()

    def say(text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - start:6.1f} s  {scenario}: {text}\n")
        sys.stdout.flush()

    try:
        with Lab(scenario) as lab:
            say("array, members and fresh are up")
            (LIVES if whole else JOINS)[story(lab)](lab, say)
    except LabError as error:
        say("\n".join(["FAILED: " + str(error), *getattr(error, "__notes__", [])]))
        return 1
    return 0
