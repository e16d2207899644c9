"""A terminal that shows ASCII only, whatever the tests are run in."""

import pytest


@pytest.fixture(autouse=True)
def old_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a serial console."""
    monkeypatch.setenv("TERM", "vt220")
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        monkeypatch.delenv(name, raising=False)
