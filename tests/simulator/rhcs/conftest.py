"""One world a release for all tests; each gets a copy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.simulator.rhcs import guide
from tests.simulator.worlds import copied, made

RELEASES = ("etch", "lenny", "squeeze")
Make = Callable[..., Path]


@pytest.fixture(scope="session")
def rhcs_shared(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """A world by its scenario, and by the part of the guide that was done last; made once."""
    there: dict[tuple[str, str], Path] = {}

    def make(scenario: str, until: str = "fresh") -> Path:
        if (scenario, until) not in there:
            folder = tmp_path_factory.mktemp(scenario) / "world"
            if until == "fresh":
                there[scenario, until] = made(folder, scenario)
            else:
                copied(make(scenario), folder)
                guide.join(folder, scenario.partition("-")[0], until)
                there[scenario, until] = folder
        return there[scenario, until]

    return make


@pytest.fixture
def rhcs(rhcs_shared: Make, tmp_path: Path) -> Make:
    """A copy of such a world."""
    return lambda *which: copied(rhcs_shared(*which), tmp_path / "world")
