"""The engine over a tiny stack: what it promises for every step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Protocol

import pytest

from tests.engine.memory import MOTD, Motd, MotdAnswers, MotdFacts, TinySite, motd_host
from tests.memory import MemoryHost, NoDialer
from tui_installer.cli import commands as cli
from tui_installer.cli import looking
from tui_installer.engine import child
from tui_installer.engine.engine import Drifted, Engine, OutOfOrder
from tui_installer.engine.files import Files, FileSystem
from tui_installer.engine.journal import Journal
from tui_installer.engine.state import Busy, State
from tui_installer.hosts.host import File, HostError
from tui_installer.model import answers as ask
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.model.fallback import LAUNCHER, ArmedFallback, Fallback
from tui_installer.model.site import Site
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context, Problem


class Make(Protocol):
    def __call__(self, host: MemoryHost, fallback: Fallback | None = None, text: str = "hello") -> Engine: ...


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(host: MemoryHost, fallback: Fallback | None = None, text: str = "hello") -> Engine:
        stack = Stack("tiny", "A tiny stack", (TinySite(), Motd()))
        state = State(tmp_path / "state", tmp_path / "run")
        return Engine(
            stack, Context(host, NoDialer(), fallback=fallback), state, {"motd": {"text": text}} if text else {}
        )

    return made


def test_an_applied_step_plans_nothing_more(make: Make) -> None:
    host = motd_host()
    engine = make(host)
    assert engine.apply(engine.plan("motd")) == "done"
    assert engine.plan("motd").in_place
    assert [row.state for row in engine.status()] == ["in-place", "in-place"]


def test_a_look_goes_on_with_what_was_answered_until_something_is_changed(make: Make) -> None:
    host = motd_host()
    engine = make(host)
    looked = engine.look("motd", going_on=True)
    asked = len(host.ran)
    assert asked and engine.look("motd", going_on=True).plan == looked.plan and len(host.ran) == asked
    assert engine.look("motd").plan == looked.plan and len(host.ran) == 2 * asked
    assert engine.apply(looked.plan, just_made=True) == "done"
    made = len(host.ran)
    assert engine.look("motd", going_on=True).plan.in_place and len(host.ran) > made


def test_planning_changes_nothing(make: Make) -> None:
    host = motd_host()
    make(host).plan("motd")
    assert host.files == {}
    assert {argv[0] for argv in host.ran} == {"loaded"}


def test_a_confirmation_holds_for_one_attempt(make: Make) -> None:
    engine = make(motd_host(reload=lambda host, argv: (3, "", "")))
    engine.keep("motd", ask.parse(MotdAnswers, {"text": "hello", "password": "s3cret", "confirm": "yes"}, "motd"))
    assert engine.apply(engine.plan("motd")) == "failed"
    given = engine.given("motd")
    assert (given.text, given.password.value, given.confirm) == ("hello", "s3cret", "")


def test_undo_brings_back_what_was(make: Make) -> None:
    host = motd_host()
    host.files[MOTD] = File(b"old\n", 0o640, "root:adm")
    before = dict(host.files)
    engine = make(host)
    engine.apply(engine.plan("motd"))
    assert host.files != before
    assert engine.apply(engine.plan_undo("motd")) == "done"
    assert host.files == before
    assert not engine.plan_undo("motd").changes


def test_undo_removes_the_folder_that_was_made(make: Make) -> None:
    host = motd_host()
    engine = make(host)
    engine.apply(engine.plan("motd"))
    engine.apply(engine.plan_undo("motd"))
    assert ("rmdir", "--ignore-fail-on-non-empty", "/etc/motd.d") in host.ran
    assert MOTD not in host.files


def test_a_world_that_moved_is_refused(make: Make) -> None:
    host = motd_host()
    engine = make(host)
    plan = engine.plan("motd")
    host.files[MOTD] = File(b"somebody else\n")
    with pytest.raises(Drifted):
        engine.apply(plan)
    assert host.files[MOTD].content == b"somebody else\n"


def test_a_failed_reload_puts_the_old_content_back_and_stays_planned(make: Make) -> None:
    host = motd_host(reload=lambda host, argv: (3, "", "cannot reload"))
    host.files[MOTD] = File(b"old\n")
    engine = make(host)
    plan = engine.plan("motd")
    assert engine.apply(plan) == "failed"
    assert host.files[MOTD].content == b"old\n"
    assert engine.plan("motd").changes == plan.changes


def test_status_tells_what_a_failed_attempt_said(make: Make) -> None:
    engine = make(motd_host(load=lambda host, argv: (7, "", "no \x1b[31mroom")))
    assert engine.apply(engine.plan("motd")) == "failed"
    problem = engine.status()[1].problems[0]
    assert problem.code == "motd.failed"
    assert "exit code 7" in problem.text
    assert problem.evidence == ("no \\x1b[31mroom",)


def test_take_back_after_a_failure_leaves_the_host_as_before(make: Make) -> None:
    host = motd_host(load=lambda host, argv: (7, "", ""))
    engine = make(host)
    engine.apply(engine.plan("motd"))
    engine.apply(engine.plan_undo("motd"))
    assert host.files == {}


def test_an_apply_that_was_cut_off_is_gone_on_with(make: Make) -> None:
    class Killed(BaseException):
        """The power is gone."""

    def die(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        raise Killed

    host = motd_host(reload=die)
    engine = make(host)
    with pytest.raises(Killed):
        engine.apply(engine.plan("motd"))
    assert engine.interrupted() is not None
    host.tools["reload"] = lambda host, argv: (0, "", "")
    again = make(host)
    plan = again.plan("motd")
    assert [change.title for change in plan.changes] == ["Reload", "Load it"]
    assert again.apply(plan) == "done"
    assert again.plan("motd").in_place
    again.apply(again.plan_undo("motd"))
    assert host.files == {}


def test_stop_is_between_changes(make: Make) -> None:
    host = motd_host()
    engine = make(host)

    def reload(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        engine.state.request(engine.journal.attempts()[-1].id, "stop")
        return 0, "", ""

    host.tools["reload"] = reload
    assert engine.apply(engine.plan("motd")) == "stopped"
    assert MOTD in host.files
    assert ("load",) not in host.ran


def test_only_one_process_changes_a_host(make: Make) -> None:
    engine = make(motd_host())
    with engine.state.lock(), pytest.raises(Busy):
        engine.apply(engine.plan("motd"))


def test_an_apply_that_is_refused_takes_nothing_back(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    host = motd_host()
    engine = make(host)
    engine.apply(engine.plan("motd"))
    engine.keep("motd", MotdAnswers("another"))
    before = dict(host.files)

    def loaded(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        others.close()
        if host.ran.count(argv) == looks + 1:
            others.enter_context(engine.state.lock())
        return 0, "", ""

    looks = host.ran.count(("loaded",))
    host.tools["loaded"] = loaded
    with ExitStack() as others:
        assert cli.apply(engine, ("motd",), "undo") == cli.Exit.PROBLEM
    assert "motd: not applied: process " in capsys.readouterr().out
    assert host.files == before


def test_a_host_that_is_lost_in_the_middle_is_cut_off(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    class Lost(MemoryHost):
        """Its folders cannot be looked at."""

        def list(self, pattern: str) -> tuple[str, ...]:
            raise HostError("no route")

    engine = make(Lost("here", **motd_host().tools))
    assert cli.apply(engine, ("motd",), "leave") == cli.Exit.PROBLEM
    assert "motd: cut off: no route" in capsys.readouterr().out


def test_a_host_that_cannot_be_asked_is_unknown(make: Make) -> None:
    engine = make(motd_host(), text="unreachable")
    assert engine.status()[1].state == "unknown"
    assert looking.status(engine, as_json=False) == cli.Exit.UNKNOWN


def test_a_missing_answer_is_asked_for(make: Make) -> None:
    engine = make(motd_host(), text="")
    assert engine.status()[1].state == "todo"
    assert cli.apply(engine, (), "undo") == cli.Exit.TODO


def test_the_journal_survives_a_torn_line(make: Make, tmp_path: Path) -> None:
    engine = make(motd_host())
    engine.apply(engine.plan("motd"))
    path = tmp_path / "state" / "journal.jsonl"
    path.write_bytes(path.read_bytes() + b'{"kind": "sta')
    journal = Journal(path)
    journal.start("motd", "apply", [], [], [])
    assert [attempt.outcome for attempt in journal.attempts()] == ["done", ""]


class Counting(FileSystem):
    """Counts the bytes that are read."""

    def __init__(self) -> None:
        self.bytes = 0

    def read(self, descriptor: int) -> bytes:
        piece = super().read(descriptor)
        self.bytes += len(piece)
        return piece


def test_of_the_journal_only_what_is_new_is_read(tmp_path: Path) -> None:
    disk = Counting()
    writer, reader = Journal(tmp_path / "journal"), Journal(tmp_path / "journal", Files(disk))
    writer.start("motd", "apply", [], [], [])
    assert [each.step for each in reader.attempts()] == ["motd"]
    once = disk.bytes
    assert reader.newest("motd") is not None and reader.standing("motd") == []
    assert disk.bytes == once == (tmp_path / "journal").stat().st_size
    writer.add("end", reader.attempts()[0].id, outcome="done")
    assert [each.outcome for each in reader.attempts()] == ["done"]
    assert disk.bytes == (tmp_path / "journal").stat().st_size
    (tmp_path / "journal").write_bytes(b"")
    assert reader.attempts() == []


def test_secrets_are_in_no_file_that_survives(make: Make, tmp_path: Path) -> None:
    engine = make(motd_host())
    engine.keep(
        "motd", engine.given("motd").__class__(text="hi", password=engine.given("motd").password.__class__("s3cret"))
    )
    assert "s3cret" not in "".join(p.read_text() for p in (tmp_path / "state").rglob("*") if p.is_file())
    assert (tmp_path / "run" / "secrets.toml").stat().st_mode & 0o777 == 0o600
    assert engine.given("motd").password.value == "s3cret"


def test_a_secret_stays_until_an_empty_one_is_given(make: Make, tmp_path: Path) -> None:
    def told(given: dict[str, str]) -> str:
        stack, state = Stack("tiny", "A tiny stack", (TinySite(), Motd())), State(tmp_path / "state", tmp_path / "run")
        engine = Engine(stack, Context(motd_host(), NoDialer()), state, {"motd": given} if given else {})
        return str(engine.given("motd").password.value)

    assert told({"text": "hi", "password": "s3cret"}) == "s3cret"
    assert told({"text": "ho"}) == "s3cret"
    assert told({"text": "ho", "password": ""}) == ""
    assert told({}) == ""


def test_the_command_line_applies_and_takes_back(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    engine = make(motd_host())
    assert looking.plan(engine, ()) == cli.Exit.TODO
    assert cli.apply(engine, (), "undo") == cli.Exit.DONE
    assert looking.plan(engine, ()) == cli.Exit.DONE
    assert looking.status(engine, as_json=True) == cli.Exit.DONE
    assert cli.undo(engine, ()) == cli.Exit.DONE
    out = capsys.readouterr().out
    assert '"state": "in-place"' in out
    assert "+hello" in out


def test_a_risky_change_that_nobody_confirms_is_taken_back(make: Make) -> None:
    host = motd_host()
    engine = make(host, text="risky")
    assert engine.apply(engine.plan("motd")) == "reverted"
    assert host.files == {}
    assert not engine.plan_undo("motd").changes


def loads_modules() -> MemoryHost:
    """A host on which loading the message brings a module, beside one that was there and one of somebody else."""

    def load(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        host.files["/proc/modules"] = File(b"note_tcp 1 0 - Live 0x0\nother 1 0 - Live 0x0\nnote 1 0 - Live 0x0\n")
        return 0, "", ""

    host = motd_host(load=load, modprobe=lambda host, argv: (0, "", ""))
    host.files["/proc/modules"] = File(b"note 1 0 - Live 0x0\n")
    return host


def unloaded(host: MemoryHost) -> list[tuple[str, ...]]:
    return [argv for argv in host.ran if argv[0] == "modprobe"]


def test_the_modules_that_came_with_a_risky_change_go_with_it(make: Make) -> None:
    host = loads_modules()
    engine = make(host, text="risky")
    assert engine.apply(engine.plan("motd")) == "reverted"
    assert unloaded(host) == [("modprobe", "-r", "note_tcp")]


def test_a_risky_change_that_is_confirmed_stays(make: Make) -> None:
    engine = make(motd_host(), text="risky")
    assert engine.apply(engine.plan("motd"), asks=lambda _: cli.confirm(engine)) == "done"
    assert engine.plan("motd").in_place


def test_the_command_line_says_that_a_risky_change_waits(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    engine = make(motd_host(), text="risky")
    assert cli.apply(engine, (), "undo", ("--host", "ssh://root@10.0.1.12")) == cli.Exit.PROBLEM
    out = capsys.readouterr().out
    assert "Within 0 s, from another shell: tui-installer --host ssh://root@10.0.1.12 confirm\n" in out
    assert out.endswith("motd: nobody confirmed it in time: it was taken back by itself\nchanged: nothing\n")


def test_what_waits_for_no_confirmation_is_not_confirmed(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    host = motd_host()
    engine = make(host, text="risky")

    def reload(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        assert cli.confirm(engine) == cli.Exit.TODO
        return 0, "", ""

    assert cli.confirm(engine) == cli.Exit.TODO
    assert capsys.readouterr().out == "nothing waits for a confirmation\n"
    host.tools["reload"] = reload
    assert engine.apply(engine.plan("motd")) == "reverted"
    assert "nothing waits for a confirmation\nmotd: is being applied now\n" in capsys.readouterr().out


def test_the_status_tells_of_an_attempt_without_an_end(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    engine = make(motd_host(), text="risky")

    def look(_: float) -> None:
        looking.status(engine, as_json=False)
        looking.status(engine, as_json=True)

    engine.apply(engine.plan("motd"), asks=look)
    text, _, json = capsys.readouterr().out.partition("{")
    assert text.endswith("motd: is being applied now, and waits for a confirmation\n")
    assert '"attempt": {\n    "step": "motd",\n    "action": "apply",\n    "runs": true,\n    "waits": true' in json


def test_a_risky_change_that_fails_is_taken_back_at_once(make: Make) -> None:
    host = motd_host(load=lambda host, argv: (7, "", ""))
    engine = make(host, text="risky")
    assert engine.apply(engine.plan("motd")) == "reverted"
    assert host.files == {}
    assert engine.failure("motd")


class Died(BaseException):
    """The process of an apply ends in the middle of it."""


def dies(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
    raise Died


def interrupted(engine: Engine) -> str:
    """The id of the attempt that has no end."""
    attempt = engine.interrupted()
    assert attempt
    return attempt.id


@pytest.mark.parametrize("where", ["reload", "load"])
def test_a_risky_change_is_taken_back_by_its_guard_if_its_process_is_gone(make: Make, where: str) -> None:
    host = motd_host(**{where: dies, "systemd-run": lambda host, argv: (0, "", "")})
    host.files[LAUNCHER] = File()
    engine = make(host, text="risky")
    with pytest.raises(Died):
        engine.apply(engine.plan("motd"))
    attempt = interrupted(engine)
    (guard,) = (argv for argv in host.ran if argv[0] == "systemd-run")
    assert guard[-3:] == (LAUNCHER, "revert", attempt)
    assert MOTD in host.files
    host.tools.update(motd_host().tools)
    assert cli.revert(engine, attempt) == cli.Exit.DONE
    assert set(host.files) == {LAUNCHER}
    assert [each.outcome for each in engine.journal.attempts()] == ["reverted"]
    assert not engine.plan_undo("motd").changes


def test_the_guard_takes_back_what_its_attempt_did_and_nothing_before(make: Make) -> None:
    host = motd_host()
    engine = make(host, text="first")
    engine.apply(engine.plan("motd"))
    before = dict(host.files)
    engine = make(host, text="risky")
    host.tools["reload"] = dies
    with pytest.raises(Died):
        engine.apply(engine.plan("motd"))
    host.tools.update(motd_host().tools)
    assert host.files != before
    assert engine.see_through(interrupted(engine)) == "reverted"
    assert host.files == before
    assert engine.plan_undo("motd").changes


def test_the_guard_waits_for_the_end_and_leaves_it_alone(make: Make) -> None:
    host = motd_host()
    engine = make(host, text="risky")
    outcomes: list[str] = []
    guards: list[Thread] = []

    def reload(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        attempt = interrupted(engine)
        guards.append(Thread(target=lambda: outcomes.append(make(host).see_through(attempt))))
        guards[0].start()
        return 0, "", ""

    host.tools["reload"] = reload
    assert engine.apply(engine.plan("motd"), asks=lambda _: cli.confirm(engine)) == "done"
    guards[0].join()
    assert outcomes == ["done"]
    assert MOTD in host.files


def test_a_guard_without_an_attempt_says_so(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.revert(make(motd_host()), "0badc0de") == cli.Exit.USAGE
    assert "there is no attempt '0badc0de'" in capsys.readouterr().out


def test_without_what_would_take_it_back_a_risky_change_is_not_begun(make: Make) -> None:
    def nowhere(attempt: str, changes: tuple[Change, ...], within: float) -> ArmedFallback:
        raise HostError("no room")

    host = motd_host()
    engine = make(host, nowhere, text="risky")
    assert engine.apply(engine.plan("motd")) == "failed"
    assert host.files == {}
    assert not engine.plan_undo("motd").changes
    assert "not begun: no room" in engine.failure("motd")[0].text


def test_undo_unloads_the_modules_that_came(make: Make) -> None:
    host = loads_modules()
    engine = make(host)
    engine.apply(engine.plan("motd"))
    engine.apply(engine.plan_undo("motd"))
    assert unloaded(host) == [("modprobe", "-r", "note_tcp")]


@pytest.mark.parametrize(
    "last", [("modprobe", "-r", "note_tcp"), ("rmdir", "--ignore-fail-on-non-empty", "/etc/motd.d")]
)
def test_an_undo_that_was_cut_off_when_all_was_taken_back_does_what_was_left(make: Make, last: tuple[str, ...]) -> None:
    class Killed(BaseException):
        """The power is gone."""

    def die(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        raise Killed

    host = loads_modules()
    engine = make(host)
    engine.apply(engine.plan("motd"))
    whole, host.tools[last[0]] = host.tools.get(last[0], lambda host, argv: (0, "", "")), die
    with pytest.raises(Killed):
        engine.apply(engine.plan_undo("motd"))
    host.tools[last[0]], host.ran = whole, []
    again = make(host)
    assert not again.journal.standing("motd")
    assert again.apply(again.plan_undo("motd")) == "done"
    assert last in host.ran
    assert not again.plan_undo("motd").changes


def test_a_failed_repair_takes_back_itself_and_not_what_is_older(make: Make) -> None:
    host = motd_host()
    engine = make(host)
    assert engine.apply(engine.plan("motd")) == "done"
    joined = dict(host.files)
    codes = iter((3,))
    host.tools["reload"] = lambda host, argv: (next(codes, 0), "", "cannot reload")
    repair = make(host, text="another")
    assert cli.apply(repair, ["motd"], "undo") == cli.Exit.PROBLEM
    assert host.files == joined


def test_a_reverted_attempt_is_planned_anew_as_it_was_approved(make: Make) -> None:
    host = motd_host(load=lambda host, argv: (7, "", ""))
    engine = make(host)
    assert engine.apply(engine.plan("motd")) == "failed"
    back = engine.plan_revert("motd")
    assert back.attempt == engine.journal.attempts()[-1].id
    assert child.read_plan(engine.state, child.write_plan(engine.state, back)) == back
    assert engine.apply(back) == "done"
    assert host.files == {}


def test_a_step_is_not_taken_back_from_under_a_later_one(make: Make) -> None:
    class Later(Motd):
        id = "later"
        title = "Later"

    host = motd_host()
    engine = make(host)
    engine.stack = Stack("tiny", "A tiny stack", (TinySite(), Motd(), Later()))
    engine.keep("later", ask.parse(MotdAnswers, {"text": "hello, again"}, "later"))
    for step in ("motd", "later"):
        assert engine.apply(engine.plan(step)) == "done"
    assert [problem.code for problem in engine.plan_undo("motd").problems] == ["motd.needed"]
    assert not engine.plan_undo("motd").changes
    assert cli.undo(engine, ["motd"]) == cli.Exit.PROBLEM
    assert cli.undo(engine, ["motd", "later"]) == cli.Exit.DONE
    assert host.files == {}


def test_a_step_is_not_applied_before_the_one_that_it_is_built_on(make: Make) -> None:
    class Later(Motd):
        id = "later"
        title = "Later"

    host = motd_host()
    engine = make(host)
    engine.stack = Stack("tiny", "A tiny stack", (TinySite(), Motd(), Later()))
    engine.keep("later", ask.parse(MotdAnswers, {"text": "hello, again"}, "later"))
    with pytest.raises(OutOfOrder, match="Later is built on Message of the day"):
        engine.apply(engine.plan("later"))
    assert cli.apply(engine, ["later"], "undo") == cli.Exit.PROBLEM
    assert host.files == {}
    assert not engine.journal.attempts()


class Lonely(Motd):
    """Its portal is silent, once it is there."""

    def problems(self, facts: MotdFacts, site: Site, answers: MotdAnswers) -> Iterator[Problem]:
        if facts.loaded:
            yield Problem("motd.silent", "Nobody outside answers.", hint="Look outside.", outside=True)


class Later(Motd):
    """Built on it, and needs nobody outside."""

    id = "later"
    title = "Later"

    def probe(self, ctx: Context, site: Site, answers: MotdAnswers) -> MotdFacts:
        return MotdFacts(ctx.here.read("/etc/later"), loaded=True)

    def plan(self, facts: MotdFacts, site: Site, answers: MotdAnswers) -> Iterator[Change]:
        if facts.file is None:
            yield WriteFiles("Write it", (Edit("here", "/etc/later", None, File(b"later\n")),))

    def problems(self, facts: MotdFacts, site: Site, answers: MotdAnswers) -> Iterator[Problem]:
        yield from ()


def test_what_lies_outside_holds_up_nothing_later(make: Make) -> None:
    """It is no less a problem; and a step that is out of place is waited for, whatever else is said of it."""
    host = motd_host()
    engine = make(host)
    engine.stack = Stack("tiny", "A tiny stack", (TinySite(), Lonely(), Later()))
    assert [row.state for row in engine.status()] == ["in-place", "todo", "waits"]
    assert cli.apply(engine, [], "leave") == cli.Exit.PROBLEM  # what it came to in the first step
    assert [row.state for row in engine.status()] == ["in-place", "problem", "in-place"]
    assert cli.apply(engine, [], "leave") == cli.Exit.PROBLEM
    host.files[MOTD] = File(b"somebody else's\n", 0o600)
    del host.files["/etc/later"]
    rows = engine.status()
    assert [row.state for row in rows] == ["in-place", "problem", "waits"]
    assert rows[1].todo, "what is to be done is shown beside what lies outside"
    with pytest.raises(OutOfOrder):
        engine.apply(engine.plan("later"))


class Parts(Motd):
    """Three parts that stand by themselves, on a scaffold; the last part needs the first."""

    id = "parts"
    title = "Parts"

    def probe(self, ctx: Context, site: Site, answers: MotdAnswers) -> MotdFacts:
        return MotdFacts(ctx.here.read("/run/first"), loaded=True)

    def plan(self, facts: MotdFacts, site: Site, answers: MotdAnswers) -> Iterator[Change]:
        if facts.file is not None:
            return
        yield WriteFiles("Scaffold", (Edit("here", "/run/mask", None, File()),), scaffold=True)
        for name, strand in (("base", ""), ("first", "one"), ("second", "two"), ("third", "one")):
            back = (Run(f"Remove {name}", "here", (f"remove-{name}",)), Run(f"Forget {name}", "here", ("forget", name)))
            yield Run(f"Make {name}", "here", ("make", name), undo=back, strand=strand)
        yield Run("Look", "here", ("true",))

    def problems(self, facts: MotdFacts, site: Site, answers: MotdAnswers) -> Iterator[Problem]:
        yield from ()


def parted(tmp_path: Path, *broken: str) -> tuple[Engine, MemoryHost]:
    """An engine that has applied it, and its host, on which some parts cannot be removed."""

    def make(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        host.files[f"/run/{argv[1]}"] = File()
        return 0, "", ""

    def remove(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        name = argv[0].removeprefix("remove-")
        if name in broken:
            return 1, "", f"{name} is busy"
        host.files.pop(f"/run/{name}", None)
        return 0, "", ""

    names = ("base", "first", "second", "third")
    tools = {f"remove-{name}": remove for name in names}
    host = motd_host(make=make, forget=lambda host, argv: (0, "", ""), **tools)
    state = State(tmp_path / "state", tmp_path / "run")
    engine = Engine(Stack("tiny", "A tiny stack", (TinySite(), Parts())), Context(host, NoDialer()), state, {})
    assert engine.apply(engine.plan("parts")) == "done"
    return engine, host


@pytest.mark.parametrize(
    ("broken", "left"),
    [
        ("second", {"base", "second"}),
        ("third", {"base", "first", "third"}),
        ("first", {"base", "first"}),
        ("base", {"base"}),
    ],
)
def test_taking_back_goes_on_where_the_rest_does_not_depend_on_what_failed(
    tmp_path: Path, broken: str, left: set[str]
) -> None:
    engine, host = parted(tmp_path, broken)
    assert engine.apply(engine.plan_undo("parts")) == "failed"
    assert {path.removeprefix("/run/") for path in host.files if path.startswith("/run/")} == left
    failed, told = engine.failure("parts")
    assert failed.evidence == (f"{broken} is busy",)
    assert told.code == "parts.left"
    assert {title.split()[-1] for title in told.evidence if title.startswith("Remove")} == left
    host.tools[f"remove-{broken}"] = host.tools["forget"]
    assert engine.apply(engine.plan_undo("parts")) == "done"
    assert not engine.journal.standing("parts")
    assert not engine.failure("parts")


def test_what_was_half_taken_back_stands_still(tmp_path: Path) -> None:
    engine, host = parted(tmp_path)
    host.tools["forget"] = lambda host, argv: (int(argv[1] == "second"), "", "")
    assert engine.apply(engine.plan_undo("parts")) == "failed"
    assert "Remove second" in [change.title for change in engine.plan_undo("parts").changes]


def test_status_names_what_was_not_taken_back_though_all_is_in_place(tmp_path: Path) -> None:
    engine, _ = parted(tmp_path, "base")
    engine.apply(engine.plan_undo("parts"))
    row = engine.status()[1]
    assert [problem.code for problem in row.problems if problem.level == "warn"] == ["parts.left"]


def test_a_stopped_undo_clears_its_scaffold(tmp_path: Path) -> None:
    engine, host = parted(tmp_path)

    def stop(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        engine.state.request(engine.journal.attempts()[-1].id, "stop")
        return 0, "", ""

    host.tools["forget"] = stop
    assert engine.apply(engine.plan_undo("parts")) == "stopped"
    assert "/run/mask" not in host.files
    assert "/run/base" in host.files


def test_files_for_a_trial_that_a_killed_process_left_are_swept(make: Make) -> None:
    host = motd_host()
    host.files["/run/tui-installer-candidate-etc-x"] = File(b"secret")
    engine = make(host)
    engine.apply(engine.plan("motd"))
    assert not [path for path in host.files if "candidate" in path]


def test_a_risky_change_is_taken_back_past_what_cannot_be(make: Make) -> None:
    def unload(host: MemoryHost, argv: tuple[str, ...]) -> tuple[int, str, str]:
        return 1, "", "in use"

    host = motd_host(unload=unload)
    engine = make(host, text="risky")
    assert engine.apply(engine.plan("motd")) == "failed"
    assert engine.failure("motd")[-1].code == "motd.left"
    assert engine.failure("motd")[-1].evidence == ("Unload it", "Take back: Write the message")
