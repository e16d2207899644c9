"""The packages of every pool, and a host for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apt import pool
from tests.apt.tree import NoNamespaces, Tree


@pytest.fixture(scope="module")
def debs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of every pool, made once."""
    folder = tmp_path_factory.mktemp("debs")
    for name, more in pool.WANTED.items():
        pool.build(folder, name, more=more)
    return folder


@pytest.fixture
def tree(tmp_path: Path, debs: Path) -> Iterator[Tree]:
    """A host with nothing installed, which has read no lists yet."""
    try:
        made = Tree(tmp_path, debs)
    except NoNamespaces:
        pytest.skip("no namespaces here")
    yield made
    made.close()
