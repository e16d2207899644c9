"""Secrets that were typed: after a join, a failure, a take-back and a reboot they are in /run and the tools'
files alone."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.worlds import fault
from tests.test_contract import CLUSTER
from tests.through import Through
from tests.world import answers, copy, differences, engine, join, picture
from tui_installer import simulator
from tui_installer.cli import commands as cli
from tui_installer.cli import looking
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.hosts.host import Dialer, File, Host, Login, OnLine, Result
from tui_installer.model.answers import SECRET, questions
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context
from tui_installer.remote.target import TargetAnswers
from tui_installer.steps import STACKS

ROOT = "rootpassMARK-1"
FENCE = "fenceMARK-5"
CHAP = {"corosync": "chapMARKsecret2", "squeeze": "tjstorage2008"}


class Told(Through):
    """A host that says a secret in the words of each tool that changes it, and keeps all that it is told."""

    def __init__(self, host: Host, secret: str, argvs: list[str]) -> None:
        super().__init__(host)
        self._argvs = argvs
        self._secret = secret

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        self._argvs.append("\0".join(argv))
        if on_line is not None:
            on_line(f"debug: node.session.auth.password = {self._secret}")
        said = super().run(*argv, stdin=stdin, within=within, on_line=on_line)
        err = f"{said.err}debug: password {self._secret} was used\n" if not said.ok() else said.err
        return Result(said.argv, said.end, said.code, said.out, err)


class Telling:
    """Members that do the same."""

    def __init__(self, dialer: Dialer, secret: str, argvs: list[str]) -> None:
        self._dialer, self._secret, self._argvs = dialer, secret, argvs

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        return self._dialer.keys(address, port)

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        """See `Dialer.connect`."""
        return Told(self._dialer.connect(login, trusted), self._secret, self._argvs)


def found(folder: Path, secret: str) -> Iterator[str]:
    """The files below a folder that have a secret, as it is or in base64."""
    for path in folder.rglob("*"):
        if path.is_file() and any(form in path.read_bytes() for form in forms(secret)):
            yield str(path.relative_to(folder))


def forms(secret: str) -> Iterator[bytes]:
    """A secret as it is, and what base64 makes of it after any number of bytes."""
    yield secret.encode()
    for before in range(3):
        coded = base64.b64encode(bytes(before) + secret.encode())
        yield coded[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]


def test_a_secret_in_base64_is_found() -> None:
    for before in range(4):
        written = base64.b64encode(b"x" * before + ROOT.encode() + b"yz")
        assert any(form in written for form in forms(ROOT))


def _given(world: Path, stack: Stack, chap: str) -> dict[str, dict[str, object]]:
    """What is typed: secrets that nothing else has."""
    given: dict[str, dict[str, object]] = {name: dict(table) for name, table in answers(world, stack).items()}
    given["iscsi"]["chap-password"] = chap
    given["site"]["password"] = ROOT
    if stack.name == "corosync":
        given["cluster"] |= {"fence-settings": [], "fence-address": "10.0.1.113", "fence-password": FENCE}
    return given


def _boards(world: Path) -> None:
    """Members are fenced by boards of their own, each with its password."""
    device = "device ipmi-node{0} fence_ipmilan ip=10.0.1.11{0} password=x{0}\nconnect ipmi-node{0} node={0}\n"
    with simulator.opened(world) as opened:
        for name in opened.state["members"]:
            text = "\n".join(device.format(at) for at in (1, 2))
            opened.machine(name).write("/etc/dlm/dlm.conf", File(text.encode()))


@pytest.fixture(params=["corosync", "squeeze"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Stack, str]:
    """A world whose passwords are marked."""
    name = str(request.param)
    folder = tmp_path / "world"
    simulator.create(folder, name)
    with simulator.opened(folder) as opened:
        opened.state["ssh"]["password"] = ROOT
        text = str(opened.state)
    chap = CHAP[name]
    state = folder / "state.json"
    if chap not in text:
        state.write_text(state.read_text().replace("chapsecret123", chap))
    if name == "corosync":
        _boards(folder)
    return folder, STACKS[name], chap


def _engine(world: Path, stack: Stack, chap: str) -> tuple[Engine, list[str]]:
    """An engine, and the argv of all commands that it has run on any host."""
    argvs = list[str]()
    context = Context(Told(simulator.here(world), chap, argvs), Telling(simulator.dialer(world), chap, argvs))
    return Engine(stack, context, State(world / "state", world / "run"), _given(world, stack, chap)), argvs


def test_secrets_are_where_they_belong_alone(
    world: tuple[Path, Stack, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A failure, the whole join, leaving, taking all of it back: at each of these."""
    folder, stack, chap = world
    mine, argvs = _engine(folder, stack, chap)

    def look() -> None:
        said = capsys.readouterr().out
        for secret in (chap, ROOT, FENCE)[: 3 if stack.name == "corosync" else 2]:
            assert not list(found(folder / "state", secret))
            assert secret not in "".join(argvs)
            assert secret not in said
            assert {"secrets.toml"} <= {*found(folder / "run", secret)} <= {"secrets.toml", "marks.json"}

    join(mine, until="iscsi")
    fault(folder, "chap", "wrong")
    assert cli.apply(mine, ("iscsi",), "undo") == cli.Exit.PROBLEM
    look()
    fault(folder, "chap", None)
    for step in [step.id for step in stack.steps if step.id not in ("site", "reboot")][3:]:
        assert cli.apply(mine, (step,), "undo") == cli.Exit.DONE, step
    looking.status(mine, as_json=True)
    looking.plan(mine, ())
    look()
    if stack.name == "corosync":
        assert list(found(folder / "node1", FENCE)) == ["root/etc/dlm/dlm.conf"]
    assert cli.leave(mine, CLUSTER.get(stack.name, "vmcluster")) == cli.Exit.DONE
    assert cli.undo(mine, ()) == cli.Exit.DONE
    look()


def test_after_a_reboot_a_masked_file_is_taken_back_whole(world: tuple[Path, Stack, str]) -> None:
    folder, stack, chap = world
    mine, _ = _engine(folder, stack, chap)
    join(mine, until="iscsi")
    before = picture(folder)
    assert mine.apply(mine.plan("iscsi")) == "done"
    shutil.rmtree(folder / "run")
    given = _given(folder, stack, chap)
    del given["iscsi"]
    again = engine(folder, given, stack=stack)
    back = again.plan_undo("iscsi")
    assert not back.problems
    assert again.apply(back) == "done"
    left = [line for line in differences(before, picture(folder)) if "/etc/iscsi/iscsid.conf" in line]
    assert not left
    assert not list(found(folder / "state", chap))


def test_a_secret_that_nobody_knows_any_more_stays_and_is_said(tmp_path: Path) -> None:
    """What was in the file before was another one, written by hand; after the reboot only today's is known."""
    folder = tmp_path / "world"
    simulator.create(folder)
    mine = engine(folder, answers(folder))
    join(mine, until="iscsi")
    here, path = simulator.here(folder), "/etc/iscsi/iscsid.conf"
    file = here.read(path)
    assert file is not None
    old = b"node.session.auth.password = anOLDsecret99\n"
    here.write(path, File(file.content + old, file.mode, file.owner))
    assert mine.apply(mine.plan("iscsi")) == "done"
    assert not list(found(folder / "state", "anOLDsecret99"))
    after = copy(folder, tmp_path / "after")
    back = engine(folder, {}).plan_undo("iscsi")
    assert not back.problems  # before the reboot it is known
    shutil.rmtree(after / "run")
    given = {"site": answers(after)["site"]}
    again = engine(after, given)
    back = again.plan_undo("iscsi")
    assert [(each.code, each.level) for each in back.problems] == [("state.forgotten", "warn")]
    assert again.apply(back) == "done"
    restored = simulator.here(after).read(path)
    assert restored is not None
    assert restored.content == file.content + old.replace(b"anOLDsecret99", b"chapsecret123")


def test_every_secret_that_is_asked_for_has_a_name_that_says_so() -> None:
    """By it an answers file is known to have secrets (`answers.given`)."""
    kinds: list[type[Any]] = [TargetAnswers, *(step.asks for stack in STACKS.values() for step in stack.steps)]
    for kind in kinds:
        for question in questions(kind):
            assert (question.kind == "secret") == (SECRET in question.name), question.name
