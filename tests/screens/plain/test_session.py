"""What an operator types who has lines only: from the status to everything in place, and back again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from screens.following import Process
from screens.plain.at_step import STEP
from screens.plain.lines import Gone
from screens.plain.session import HOME, PlainSession
from tests.screens.stage import Done, FileStep, Peer, engine
from tui_installer.engine.engine import Engine
from tui_installer.engine.state import State
from tui_installer.model.answers import ask
from tui_installer.model.change import Change
from tui_installer.model.change_json import to_json
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Plan, Problem, Step


@dataclass
class Script:
    """Somebody who types what was written down, and reads everything."""

    typing: list[str]
    seen: list[str] = field(default_factory=list)
    meanwhile: list[str] = field(default_factory=list)
    """What is typed while an apply runs."""

    def say(self, *lines: str) -> None:
        """See `Lines.say`."""
        self.seen += lines

    def ask(self, prompt: str, *, hidden: bool = False, fresh: bool = False) -> str:
        """See `Lines.ask`."""
        if not self.typing:
            raise Gone
        typed = self.typing.pop(0)
        self.seen.append(f"{prompt} {'' if hidden else typed}")
        return typed

    def typed(self, within: float) -> str | None:
        """See `Lines.typed`."""
        return self.meanwhile.pop(0) if self.meanwhile else None

    @property
    def text(self) -> str:
        """All that was said."""
        return "\n".join(self.seen)


def told(of: Engine, *typing: str, meanwhile: Iterable[str] = ()) -> str:
    """The scroll-back after this was typed."""

    def launch(state: State, options: Sequence[str], plan: Plan) -> Process:
        of.apply(plan)
        return Done()

    script = Script(list(typing), meanwhile=list(meanwhile))
    assert PlainSession(of, script, launch, (), simulated=True).run() == 0
    return script.text


@dataclass(frozen=True, slots=True)
class KnownAnswers:
    """Answers of which some are known."""

    card: str = ask("Card", typed=True)
    portals: tuple[str, ...] = ask("Portals", default=(), typed=True)


class Known(Step[Site, KnownAnswers]):
    """Knows a card and two portals."""

    id, title, asks = "site", "Known", KnownAnswers

    def probe(self, ctx: Context, site: Site, answers: KnownAnswers) -> Site:
        """See `Step.probe`."""
        return Site()

    def plan(self, facts: Site, site: Site, answers: KnownAnswers) -> Iterator[Change]:
        """See `Step.plan`."""
        yield from ()

    def shown(self, facts: Site, site: Site) -> dict[str, str]:
        """See `Step.shown`."""
        return {}

    def choices(self, facts: Site, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """See `Step.choices`."""
        portals = tuple((each, f"{each}  answers") for each in ("192.0.2.1", "192.0.2.2"))
        return {"card": (("eth0", "eth0  free"),), "portals": portals}


STEPS = (Peer(), FileStep("one", "One", "/etc/one"), FileStep("two", "Two", "/etc/two"))
SITE = ("", "e", "node1", "", "", "1 2", "", "")
"""Into the first step; a member, no port, no password, both host keys (in a second round), no agent."""


def test_enter_and_yes_lead_through_all_steps(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    of.keep("site", Peer.asks("node1", host_keys=("SHA256:aaaa",)))
    text = told(of, "", "", "yes", "", "", "yes", "n", "q")
    assert " 1 Cluster to join: in place - fresh, Debian 13" in text
    assert "Step 2 of 3: One - to do  SIMULATED" in text
    assert "Apply: One?" in text and "1/2 " in text and "In place." in text
    assert text.rindex("Everything is in place.") > text.index("Step 3 of 3: Two - in place")
    assert [row.state for row in of.status()] == ["in-place"] * 3


def test_what_is_said_fits_a_terminal_and_a_prompt_leaves_room_to_type(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    text = told(of, "?", "1", "?", "e", "?", ".", "l", "b", "q")
    assert max(len(line) for line in text.splitlines()) <= 80
    assert max(len(prompt) for prompt in (HOME, STEP)) <= 77


def test_only_yes_is_yes(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    for word in ("", "y", "no", "a"):
        told(of, "2", "a", word, "b", "q")
    assert [row.state for row in of.status()][1] == "todo"


def test_questions_are_asked_one_after_the_other(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    text = told(of, "1", "e", "node1", "x", "22", "secret", ".", "b", "q")
    assert "(1/5) A member of the cluster" in text
    assert "! 'x' is not a whole number" in text
    assert "secret" not in text
    given = of.given("site")
    assert (given.peer, given.port, given.password.value) == ("node1", 22, "secret")


def test_rows_are_ticked_by_number(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    of.keep("site", Peer.asks("node1"))
    text = told(of, "1", "e", "", "", "", "9", "1 2", "1", "", "", "b", "q")
    assert " 1 [ ] 10.0.1.11 SHA256:aaaa" in text and " 1 [x] 10.0.1.11 SHA256:aaaa" in text
    assert "! '9' is none of the numbers 1 to 2" in text
    assert of.given("site").host_keys == ("SHA256:bb",)


def test_what_is_not_listed_is_typed(tmp_path: Path) -> None:
    of = engine(tmp_path, [Known(), FileStep("one", "One", "/etc/one")])
    text = told(of, "1", "e", "1", "2 192.0.2.9", "192.0.2.9 1", "", "b", "q")
    assert " 1 [ ] eth0  free" in text and "Number, or another typed []: 1" in text
    assert "[x] 192.0.2.9" in text and "Numbers, or others typed, Enter when done: 2 192.0.2.9" in text
    assert of.given("site") == KnownAnswers("eth0", ("192.0.2.2", "192.0.2.1"))
    told(of, "1", "e", "eth9 netdev=eth1", "", "b", "q")
    assert of.given("site").card == "eth9 netdev=eth1"
    assert " 2 [x] eth9 netdev=eth1 (not seen now)" in told(of, "1", "e", "", "", "b", "q")


def test_one_question_back_and_emptied(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    told(of, "1", "e", "wrong", "<", "-", ".", "b", "q")
    assert of.given("site").peer == ""


def test_help_is_no_answer(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    text = told(of, "1", "e", "?", "node1", "", "?", ".", "b", "q")
    assert of.given("site") == Peer.asks("node1")
    assert text.count("Name or address of a host that is a member already.") == 2
    assert text.count("Empty: by key.") == 2
    assert text.count("? is help") == 3
    assert "? help" in STEP


def test_a_password_is_forgotten(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    text = told(of, "1", "e", "", "", "secret", "<", "-", "<", "", ".", "b", "q")
    assert of.given("site").password.value == ""
    told(of, "1", "e", "", "", "secret", ".", "b", "q")
    assert of.given("site").password.value == "secret"
    text += told(of, "1", "e", "", "", "-", "<", "", ".", "b", "q")
    assert of.given("site").password.value == ""
    prompts = [line.strip() for line in text.splitlines() if "not shown" in line]
    none, kept = "[none; not shown]:", "[kept as it is, - forgets it; not shown]:"
    assert prompts == [none, kept, none, kept, none]


def test_an_answer_that_is_refused_is_said_and_not_kept(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    text = told(of, "1", "e", "node1", "70000", ".", "b", "q")
    assert "Not kept: port: 70000 is not a port; it would be 1 to 65535" in text
    assert of.given("site").peer == ""


def test_what_is_in_the_way_is_said_without_the_plan(tmp_path: Path) -> None:
    asks = Problem("one.text", "'x' is not its name.", hint="Type its name.", level="ask")
    notes = Problem("one.note", "It takes a while.", level="warn")
    of = engine(tmp_path, (Peer(), FileStep("one", "One", "/etc/one", found=(asks, notes))))
    text = told(of, "2", "a", "", ".", "e", "x", "b", "q")
    assert "1. Write /etc/one" not in text
    assert text.index("It cannot be applied yet.") < text.index("'x' is not its name.", text.index("? help: a"))
    assert "Enter: e, to answer what is asked" in text
    assert "1. Write /etc/one" in told(of, "2", "p", "b", "q")


def test_taking_back_asks_for_each_step(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    for step in ("one", "two"):
        of.apply(of.plan(step))
    text = told(of, "u", "2", "yes", "yes", "q")
    assert "1: back to before Two" in text and "2: back to before One" in text
    assert text.count("Taken back.") == 2
    assert [row.state for row in of.status()] == ["in-place", "todo", "waits"]


def test_taking_back_says_what_it_takes(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    of.apply(of.plan("one"))
    text = told(of, "u", "abc", "99", "?", "1", "yes", "u", "q")
    for typed in ("abc", "99", "?"):
        assert f"{typed!r} is none of these: a number from 1 to 1, or Enter." in text
    assert "Taken back." in text and "There is nothing to take back" in text


MANY = "9" * 5000
"""More digits than Python makes a number of."""


@pytest.mark.parametrize(
    "typing", [(MANY,), ("u", MANY, ""), ("1", "e", "node1", MANY, ".", "e", MANY, "."), ("1", "e", "", MANY, ".", "b")]
)
def test_a_number_of_any_length_is_refused(tmp_path: Path, typing: tuple[str, ...]) -> None:
    of = engine(tmp_path, STEPS)
    of.apply(of.plan("one"))
    text = told(of, *typing, "b", "q")
    assert f"{MANY!r} is" in text


def test_a_number_that_was_emptied_is_shown_so(tmp_path: Path) -> None:
    text = told(engine(tmp_path, STEPS), "1", "e", "", "22", "<", "-", "<", ".", "b", "q")
    assert [line for line in text.splitlines() if line.startswith("    [22]")] == ["    [22]: -"]
    assert "[0]" not in text


def test_a_failure_says_what_why_and_what_is_safe(tmp_path: Path) -> None:
    of = engine(tmp_path, (Peer(), FileStep("one", "One", "/etc/one", command=("false",))))
    text = told(of, "2", "a", "yes", "b", "q")
    for word in ("NOT IN PLACE", "FAILED", "VERDICT", "WHY", "CHANGED", "SAFE"):
        assert word in text


@dataclass
class Waits:
    """A process that waits with its first change under way until it is asked for something, and then ends."""

    of: Engine
    plan: Plan
    what: str
    attempt: str = ""

    def __post_init__(self) -> None:
        add, changes = self.of.journal.add, [to_json(change, self.of.state) for change in self.plan.changes]
        self.attempt = self.of.journal.start("one", "apply", changes, [], [])
        add("begun", self.attempt, index=0, made=[])
        add("said", self.attempt, text="waiting for \x1b[2Jcarrier")
        if self.what == "confirm":
            add("confirm", self.attempt, within=90)

    def poll(self) -> int | None:
        """See `Process.poll`."""
        if self.of.interrupted() and self.of.state.requested(self.attempt, self.what):
            self.of.journal.add("end", self.attempt, outcome="stopped")
        return None if self.of.interrupted() else 0


STOPS = "It stops after the change that is being made now."
KEPT = "Confirmed: it is kept."


@pytest.mark.parametrize(("what", "typing"), [("stop", ["x", "k", "s"]), ("confirm", ["x", "s", "k"])])
def test_a_running_apply_is_told_to_stop_or_to_keep_it(tmp_path: Path, what: str, typing: list[str]) -> None:
    of = engine(tmp_path, STEPS)
    script = Script(["2", "a", "yes", "b", "q"], meanwhile=typing)
    PlainSession(of, script, lambda state, options, plan: Waits(of, plan, what), (), simulated=False).run()
    assert "    | waiting for" in script.text
    stop, confirm = "s and Enter stops between two changes.", "k and Enter within about 90 s keeps it"
    assert (script.text.count(stop), script.text.count(confirm)) == ((2, 0) if what == "stop" else (0, 3))
    assert (STOPS in script.text, KEPT in script.text) == (what == "stop", what == "confirm")
    assert "It was stopped between two changes, as asked." in script.text


def test_what_is_typed_wrong_changes_nothing(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    text = told(of, "99", "zzz", "2", "zzz", "?", "b", "?", "q")
    assert "'99' is none of these." in text and text.count("'zzz' is none of these.") == 2
    assert "losing this line changes nothing" in text


@pytest.mark.parametrize("typed", [(), ("2",), ("1", "e"), ("2", "a")])
def test_a_line_that_is_gone_ends_it(tmp_path: Path, typed: tuple[str, ...]) -> None:
    of = engine(tmp_path, STEPS)
    assert "tui-installer" in told(of, *typed)


def test_the_step_before_and_the_last_attempt_can_be_gone_back_to(tmp_path: Path) -> None:
    of = engine(tmp_path, STEPS)
    text = told(of, "w", "2", "<", "b", "q")
    assert "Nothing was done here yet." in text
    assert text.index("Step 2 of 3: One") < text.rindex("Step 1 of 3: Cluster to join")
    broken = engine(tmp_path, (Peer(), FileStep("one", "One", "/etc/one", command=("false",))))
    assert broken.apply(broken.plan("one")) == "failed"
    assert "reload: giving up" in told(broken, "w", "q")
