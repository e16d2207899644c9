"""Which stack a host gets, and why; and that modern hosts are never given the old one's settings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.steps.sample import ENTRY
from tests.world import Disturbed, engine
from tui_installer import simulator
from tui_installer.__main__ import main
from tui_installer.hosts.host import File, Host, OnLine, Result
from tui_installer.model.stack import NoSuchStack, StackEntry
from tui_installer.steps import STACKS, choose

MODERN = {"corosync": "3.1.7-1", "dlm-controld": "4.2.0-2", "lvm2-lockd": "2.03.16-2"}


class Offering(Disturbed):
    """A host whose packages, apt and release are as said."""

    def __init__(
        self, host: Host, offered: dict[str, str], release: str | None, installed: dict[str, str] | None = None
    ) -> None:
        super().__init__(host, at=0, after=False)
        self._offered, self._release, self._installed = offered, release, installed or {}

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        said = {name: f"{name}:\n  Installed: (none)\n  Candidate: {each}\n" for name, each in self._offered.items()}
        there = (f"install ok installed\t{name}\t{version}\n" for name, version in self._installed.items())
        out = "".join({"apt-cache": said.values(), "dpkg-query": there}.get(argv[0], ()))
        return Result(argv, "exited", 0 if out or argv[0] == "apt-cache" else 1, out, "")

    def read(self, path: str) -> File | None:
        return None if self._release is None else File(f"{self._release}\n".encode())


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    world = tmp_path_factory.mktemp("choice") / "world"
    simulator.create(world)
    return simulator.here(world)


@pytest.mark.parametrize(
    ("offered", "release", "name", "reason"),
    [
        ({"ccs": "1.03.00-2", "cman": "1.03.00-2"}, "4.0", "etch", "apt offers ccs 1.03.00-2, cman 1.03.00-2"),
        ({"cman": "2.20081102-1"}, "5.0.10", "lenny", "apt offers cman 2.20081102-1"),
        ({"cman": "3.0.12-2"}, "6.0.10", "squeeze", "apt offers cman 3.0.12-2"),
        ({"cman": "3.1.8-1.2"}, "8.11", "squeeze", "apt offers cman 3.1.8-1.2"),
        (MODERN, "12.5", "corosync", "apt offers corosync 3.1.7-1, dlm-controld 4.2.0-2, lvm2-lockd 2.03.16-2"),
        ({}, "13.2", "corosync", "apt offers no stack yet, but this is Debian 13"),
        ({}, "5.0.10", "lenny", "apt offers no stack yet, but this is Debian 5"),
        ({}, "3.1", "none", "apt offers no stack"),
        ({}, None, "none", "apt offers no stack"),
    ],
)
def test_the_packages_tell_the_stack_else_the_release(
    host: Host, offered: dict[str, str], release: str | None, name: str, reason: str
) -> None:
    stack = choose(Offering(host, offered, release)).load()
    assert (stack.name, stack.reason) == (name, reason)


@pytest.mark.parametrize(
    ("installed", "offered", "name", "reason"),
    [
        ({"cman": "2.20081102-1"}, {"cman": "3.0.12-2"}, "lenny", "installed: cman 2.20081102-1"),
        ({"cman": "3.0.12-2", "corosync": "1.2.1-4"}, {}, "squeeze", "installed: cman 3.0.12-2"),
        ({"cman": "3.0.12-2", **MODERN}, {}, "squeeze", "installed: cman 3.0.12-2"),
        ({"corosync": "3.1.7-1"}, {"cman": "2.20081102-1"}, "lenny", "apt offers cman 2.20081102-1"),
        ({"corosync": "3.1.7-1"}, {}, "corosync", "apt offers no stack yet, but this is Debian 12"),
        (
            MODERN,
            {"cman": "3.0.12-2"},
            "corosync",
            "installed: corosync 3.1.7-1, dlm-controld 4.2.0-2, lvm2-lockd 2.03.16-2",
        ),
    ],
)
def test_what_is_installed_tells_before_apt(
    host: Host, installed: dict[str, str], offered: dict[str, str], name: str, reason: str
) -> None:
    stack = choose(Offering(host, offered, "12.5", installed)).load()
    assert (stack.name, stack.reason) == (name, reason)


def test_a_host_without_a_stack_is_refused_at_the_first_step(tmp_path: Path) -> None:
    simulator.create(tmp_path / "world")
    none = choose(Offering(simulator.here(tmp_path / "world"), {}, None)).load()
    [row] = engine(tmp_path / "world", given={}, stack=none).status()
    assert row.state == "problem"
    assert "site.no-stack" in [problem.code for problem in row.problems]


def test_a_stack_can_be_asked_for_by_its_name(host: Host) -> None:
    assert replace(choose(host, "lenny").load(), reason="") == STACKS["lenny"]
    with pytest.raises(NoSuchStack, match="corosync, etch, lenny, squeeze"):
        choose(host, "sarge")


@pytest.mark.parametrize("entry", (*STACKS.entries, ENTRY), ids=lambda entry: str(entry.name))
def test_what_is_said_of_a_stack_before_its_steps_are_loaded_is_so(entry: StackEntry) -> None:
    stack = entry.load()
    assert (entry.name, entry.title, entry.subjects) == (stack.name, stack.title, stack.subjects)


def test_status_tells_the_stack_and_keeps_none_that_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = tmp_path / "world"
    simulator.create(world, "squeeze")

    def told(*options: str) -> tuple[str, str]:
        main(["--world", str(world), *options, "status", "--json"])
        data = json.loads(capsys.readouterr().out)
        assert data["stack"] == "rhcs"
        assert data["steps"][0]["facts"]["This host's stack"] == f"rhcs ({data['stack-name']}): {data['stack-reason']}"
        return data["stack-name"], data["stack-reason"]

    assert told() == ("squeeze", "apt offers cman 3.0.12-2")
    assert told("--stack", "lenny") == ("lenny", "asked for by its name")
    assert told("--stack=auto") == ("squeeze", "apt offers cman 3.0.12-2")


@pytest.mark.parametrize("step", [step.id for step in STACKS["etch"].steps[1:]])
def test_a_modern_host_never_gets_settings_of_the_old_stack(tmp_path: Path, step: str) -> None:
    """Whoever insists by --stack is refused by every step: locking_type 2 silently means no locking there."""
    simulator.create(tmp_path / "world")
    here = Answering(simulator.here(tmp_path / "world"))
    plan = engine(tmp_path / "world", given={}, here=here, stack=STACKS["etch"]).plan(step)
    assert not plan.changes
    assert "stack.modern-host" in [problem.code for problem in plan.problems]


class Answering(Disturbed):
    """A modern host that also answers the old questions, so that a step gets as far as its problems."""

    def __init__(self, host: Host) -> None:
        super().__init__(host, at=0, after=False)

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        if argv[0] == "cman_tool":
            return Result(argv, "exited", 1, "", "cman_tool: Cannot open connection to cman, is it running ?\n")
        if argv[0] in ("ip", "pidof", "tail", "getent"):
            return Result(argv, "exited", 0, "", "")
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)
