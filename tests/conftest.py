"""Settings of all tests."""

import os

import pytest
from hypothesis import settings

LONG = ("tests/remote", "tests/plain", "tests/terminal", "tests/golden", "tests/test_contract.py", "tests/failures")
"""Few tests that take their time: begun last, one of two workers would do them alone."""

# A shared, slow machine must not fail a property for taking its time, and the same tree must not pass and fail.
settings.register_profile("default", deadline=None, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
