"""Locks of dpkg and of apt that another process holds, and their end."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.apt.acts import fails, goes_on, mended
from tests.apt.tree import Tree
from tui_installer.steps.packages.remedies import WAIT

HOLD = """
import fcntl, sys
files = [open(path, "a") for path in sys.argv[1:]]
for file in files:
    fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


DPKGS = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock")


class Lock:
    """Locks that are held by a process of their own."""

    def __init__(self, tree: Tree, paths: tuple[str, ...]) -> None:
        files = [f"{tree.folder}{path}" for path in paths]
        argv = (sys.executable, "-c", HOLD, *files)
        self._holder = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._holder.stdout and self._holder.stdout.readline() == b"held\n"

    @property
    def pid(self) -> int:
        """Who holds them."""
        return self._holder.pid

    def release(self) -> None:
        """They are free, and the process has ended."""
        self._holder.communicate()


@pytest.fixture
def lock(tree: Tree) -> Iterator[Callable[..., Lock]]:
    """To call for locks (dpkg's, if none is named) that are held until the end of the test at the latest."""
    held: list[Lock] = []

    def hold(*paths: str) -> Lock:
        held.append(Lock(tree, paths or DPKGS))
        return held[-1]

    yield hold
    for each in held:
        each.release()


def test_the_holder_of_a_lock_is_named_and_waited_for(tree: Tree, lock: Callable[..., Lock]) -> None:
    assert tree.run("dpkg", "--unpack", "/srv/pool/lvm2_1_all.deb").ok()
    held, told = lock(), list[str]()
    problem = fails(tree, "locked")
    assert f"process {held.pid}" in problem.text, problem

    tree.before = lambda argv: held.release() if argv[:3] == ("ps", "-o", "pid=") else None
    tree.after = lambda argv, line: told.append(line)
    mended(tree)
    assert any(str(held.pid) in line and "python" in line for line in told), "who it is, and since when"
    goes_on(tree)


@pytest.mark.parametrize("path", ["/var/lib/apt/lists/lock", "/var/cache/apt/archives/lock"])
def test_the_holder_of_a_lock_of_apts_own(tree: Tree, lock: Callable[..., Lock], path: str) -> None:
    """Of somebody's `apt-get update`, or download. apt waits for dpkg's locks alone; mending waits for these, too."""
    if "archives" in path:
        assert tree.run("apt-get", "-q", "update").ok()
    held = lock(path)
    problem = fails(tree, "locked")
    assert f"process {held.pid} python" in problem.text and path in problem.text and "dpkg" not in problem.text
    assert any(line.strip().startswith(f"E: Could not get lock {path}.") for line in problem.evidence)
    tree.before = lambda argv: held.release() if argv[:3] == ("ps", "-o", "pid=") else None
    mended(tree)
    goes_on(tree)


def test_apt_waits_for_a_lock_itself(tree: Tree, lock: Callable[..., Lock]) -> None:
    assert tree.run("apt-get", "-q", "update").ok()
    held, told = lock(), list[str]()

    def waited(argv: tuple[str, ...], line: str) -> None:
        if "Waiting for cache lock" in line and not told:
            told.append(line)
            held.release()

    tree.after = waited
    goes_on(tree)
    assert told and f"process {held.pid}" in told[0]


def test_where_nobody_tells_who_holds_it_apt_is_asked_until_it_is_free(tree: Tree, lock: Callable[..., Lock]) -> None:
    (wait,) = WAIT.runs
    held = lock()
    assert not re.search(wait.expect, tree.run(*wait.argv).out)
    held.release()
    assert re.search(wait.expect, tree.run(*wait.argv).out)
