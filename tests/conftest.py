"""Settings of all tests."""

import gc
import getpass
import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings

from tests.before import before as before

pytest_plugins = ("tests.asked",)

LONG = (
    "tests/remote",
    "tests/hosts",
    "tests/screens/plain",
    "tests/screens/terminal",
    "tests/golden",
    "tests/test_contract.py",
    "tests/failures",
)
"""Few tests that take their time: one of the workers would do them alone if they were begun last."""

MEMORY, ENOUGH = Path("/dev/shm"), 6 << 30
"""A file system in memory, and the bytes that must be free there for the worlds of all tests."""


def _fits(folder: Path) -> bool:
    """Whether tests may put their files there: they run scripts, too."""
    try:
        told = os.statvfs(folder)
    except OSError:
        return False
    return told.f_bavail * told.f_frsize > ENOUGH and not told.f_flag & os.ST_NOEXEC and os.access(folder, os.W_OK)


if _fits(MEMORY):  # a world is some thousand small files
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_configure(config: pytest.Config) -> None:
    """What runs that were killed left in memory goes: looking for a name takes longer with every file that is there.

    A worker stays on one processor, and so does what it starts: most of what is tested hands over from thread to
    thread, which costs ten times as much from one processor to another (measured on two: a quarter of all).
    """
    if hasattr(config, "workerinput"):
        own = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {own[int(config.workerinput["workerid"].removeprefix("gw")) % len(own)]})
    mine = MEMORY / f"pytest-of-{getpass.getuser()}"
    for lock in () if hasattr(config, "workerinput") else mine.glob("pytest-*/.lock"):
        with suppress(OSError, ValueError):
            if not Path(f"/proc/{int(lock.read_text())}").exists():
                shutil.rmtree(lock.parent, ignore_errors=True)


os.environ["TERM"] = "vt220"  # whatever the tests are run in: ncurses looks at the first one of a process alone

# A shared, slow machine must not fail a property for taking its time, and the same tree must not pass and fail.
settings.register_profile("default", deadline=None, derandomize=True, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


NEEDED = {
    "/usr/sbin/sshd": ("openssh-server", ("tests/remote", "tests/hosts/test_ssh.py")),
    "/usr/bin/busybox": ("busybox", ("tests/remote",)),
    "/usr/bin/minicom": ("minicom", ("tests/screens/terminal/test_minicom.py",)),
    "/usr/bin/ps": ("procps", ("tests/apt/test_locks.py",)),
    "/usr/bin/strace": ("strace", ("tests/remote/test_traced.py",)),
}
"""Programs, their packages, and the tests that are left out where they are missing."""
MISSING = {tool: needed for tool, needed in NEEDED.items() if not Path(tool).exists()}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long; leave out what cannot run here."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
    for tool, (package, tests) in MISSING.items():
        for item in items:
            if item.nodeid.startswith(tests):
                item.add_marker(pytest.mark.skip(reason=f"needs {tool} ({package})"))


def pytest_collection_finish() -> None:
    """What all tests share is not looked through again and again for garbage: a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_sessionfinish() -> None:
    """Nor is it at the end, five times, for what may complain when it goes."""
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was left out, and what brings it."""
    for tool, (package, tests) in MISSING.items():
        terminalreporter.write_line(f"left out: {', '.join(tests)}, without {tool}: apt-get install -y {package}")
