"""Command lines that the product gave to tools of the old releases, judged by what each version knows, and counted.

Workers hand them over with their reports: whoever has them all prints the table when the tests have ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import pytest

from tui_installer.simulator.rhcs import usage

Record = Callable[[str, object], None]
"""pytest's `record_property`."""


def judged(record: Record, release: str, lines: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Have command lines counted; those that their tool does not know, with why. Scripts are no tools."""
    found = {argv: usage.verdict(release, argv) for argv in lines if not argv[0].startswith("/etc/")}
    unknown = {" ".join(argv): why for argv, why in found.items() if why}
    record("asked", [release, [" ".join(argv) for argv in found], sorted(unknown)])
    return unknown


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, a line a release."""
    lines: defaultdict[str, set[str]] = defaultdict(set)
    unknown: defaultdict[str, set[str]] = defaultdict(set)
    for reports in terminalreporter.stats.values():
        for name, value in (each for report in reports for each in getattr(report, "user_properties", ())):
            if name == "asked":
                lines[value[0]] |= {*value[1]}
                unknown[value[0]] |= {*value[2]}
    for release in sorted(lines):
        tools = len({line.split()[0] for line in lines[release]})
        told = f"{len(lines[release])} command lines of {tools} tools, {len(unknown[release])} unknown"
        terminalreporter.write_line(f"{release}: {told}")
