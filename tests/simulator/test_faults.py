"""Everything that can be made to go wrong in the demo is told by the program, with a code of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import world
from tests.failures.impatient import impatient
from tui_installer import simulator
from tui_installer.steps.stack_corosync import COROSYNC

SHOWS = {
    "apt-locked": "packages.",
    "apt-offline": "packages.",
    "chap-wrong": "iscsi.",
    "clock": "site.clock",
    "host-key": "site.host-key-changed",
    "inquorate": "site.inquorate",
    "member-away": "site.peer-not-logged-in",
    "no-candidate": "packages.no-candidate",
    "no-module": "storage-network.",
    "password": "site.password-refused",
    "portal-down": "storage-network.portal-silent",
    "postinst": "packages.",
    "preinst": "packages.",
    "target-hidden": "iscsi.nothing-offered",
    "vlan-wrong": "storage-network.",
}
"""The codes that a join with that fault meets."""


ELSEWHERE = {"guest-stays"}
"""No join meets it: tests/steps/rhcs/test_shutdown.py."""


def test_every_fault_is_tried() -> None:
    assert set(SHOWS) | ELSEWHERE == set(simulator.FAULTS) and len(SHOWS) >= 12


@pytest.mark.parametrize("name", SHOWS)
def test_a_fault_is_told_by_its_code(name: str, tmp_path: Path) -> None:
    simulator.create(tmp_path)
    given = world.answers(tmp_path)
    simulator.inflict(tmp_path, name)
    of = world.engine(tmp_path, given, stack=impatient(COROSYNC))
    found: list[str] = []
    for step in of.stack.steps:
        plan = of.plan(step.id)
        found += [problem.code for problem in plan.problems]
        if plan.blocked or (plan.changes and of.apply(plan) != "done"):
            found += [problem.code for problem in of.failure(step.id)]
            break
    assert any(code.startswith(SHOWS[name]) for code in found), found
    assert not any(code.endswith(".failed") for code in found), found
