"""Short folders: the path of ssh's socket may have 107 characters at most (unix(7))."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """As pytest's own, but near the root."""
    with tempfile.TemporaryDirectory(prefix="ti-", dir="/tmp") as folder:
        yield Path(folder)
