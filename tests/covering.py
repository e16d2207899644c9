"""Branch coverage of the product, measured while the tests run: `pytest -p tests.covering --floor=PERCENT`.

By slipcover: it takes its marks out of code that has run, so it costs some seconds where tracing lines would double the
time. What processes of their own do (`tui-installer` as a command, what a test kills) is not measured.
"""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import slipcover

ROOT = Path.cwd()
"""Where the tests are run, and the product lies."""
PRODUCT = ("tui_installer", "screens")
KINDS = ("lines", "branches")

_current_frames = sys._current_frames


def _frames() -> dict[int, Any]:
    """The frame of each thread, without collecting garbage meanwhile.

    CPython 3.11.2 holds a lock of the interpreter while it makes the list; a collection in between may let another
    thread run, which waits for that lock for ever (gh-106883, mended in 3.11.8). slipcover asks for them now and then.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        return _current_frames()
    finally:
        if was:
            gc.enable()


sys._current_frames = _frames
_marked = slipcover.Slipcover(branch=True, source=[str(ROOT / name) for name in PRODUCT])
_imports = slipcover.ImportManager(_marked, slipcover.FileMatcher(sources=[str(ROOT / name) for name in PRODUCT]))
_imports.__enter__()  # a plugin is imported before any test, and so before the product
_found: list[dict[str, Any]] = []
"""What each worker, or this process, has seen."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The least that is to be covered."""
    parser.addoption("--floor", type=float, default=0.0, help="percent of the branches that are to be covered")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands over what it has seen; who has it all fails if that is too little."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["covered"] = json.dumps(_marked.get_coverage())
        return
    if not session.config.getoption("numprocesses", None):
        _found.append(_marked.get_coverage())
    if _found and session.exitstatus == pytest.ExitCode.OK and _share("branches") < session.config.getoption("floor"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker has seen; one that crashed has handed over nothing."""
    if covered := getattr(node, "workeroutput", {}).get("covered"):
        _found.append(json.loads(covered))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what is covered, part by part."""
    if not _found:
        return
    counted = counts(_merged())
    for name in counted:
        told = [
            f"{100 * covered / of if of else 100:5.1f} % of {of:5} {kind}"
            for kind, (covered, of) in counted[name].items()
        ]
        terminalreporter.write_line(f"covered: {', '.join(told)} of {name}")
    terminalreporter.write_line(f"the floor: {config.getoption('floor')} % of all branches")


def _share(kind: str) -> float:
    covered, of = counts(_merged())["all"][kind]
    return 100 * covered / of


def _merged() -> dict[str, Any]:
    """What all have seen together."""
    while len(_found) > 1:
        slipcover.merge_coverage(_found[0], _found.pop())
    return _found[0]


def counts(covered: dict[str, Any]) -> dict[str, dict[str, tuple[int, int]]]:
    """(covered, all) lines and branches of each package, sorted, and of "all" of them at the end."""
    seen, missed = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for path, file in covered["files"].items():
        for name in (_package(path), "all"):
            for kind in KINDS:
                seen[name, kind] += len(file[f"executed_{kind}"])
                missed[name, kind] += len(file[f"missing_{kind}"])
    names = sorted({name for name, _ in seen}, key=lambda name: (name == "all", name))
    return {name: {kind: (seen[name, kind], seen[name, kind] + missed[name, kind]) for kind in KINDS} for name in names}


def _package(path: str) -> str:
    """As in "screens", "tui_installer/engine"."""
    parts = Path(path).parent.parts
    return "/".join(parts[:2] if parts[0] == "tui_installer" else parts[:1])
