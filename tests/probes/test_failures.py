"""How often paths failed, by the kernel's count."""

from __future__ import annotations

import pytest

from tui_installer.probes.failures import parse_failures

STATUS = """\
vm0: 0 2097152 multipath 2 0 0 0 2 1 A 0 1 2 8:16 A 4 0 1 E 0 1 2 8:32 F 1 0 1 
vm1: 0 2097152 multipath 2 0 1 0 1 1 A 0 2 0 65:16 A 0 65:32 A 12 
"""
"""As dmsetup prints it, a blank at each end; service-time has two arguments after each count, round-robin none."""


def test_counts_are_told_from_the_selectors_arguments() -> None:
    assert parse_failures(STATUS) == {"8:16": 4, "8:32": 1, "65:16": 0, "65:32": 12}
    assert parse_failures(STATUS.partition("\n")[0].removeprefix("vm0: ")) == {"8:16": 4, "8:32": 1}


@pytest.mark.parametrize("text", ["", "No devices found\n"])
def test_without_maps_there_are_none(text: str) -> None:
    assert parse_failures(text) == {}
