"""What goes wrong at a join: each is said clearly on the screen and in the status, and leaves every host as it was."""

import re
import time
from collections.abc import Callable

from tests.lab.errors import LabError
from tests.lab.joins import product, seen
from tests.lab.joins.operator import ENDED, LOOKED, Form, Operator, open_step
from tests.lab.joins.wrong import Case, cases
from tests.lab.lab import Lab

Say = Callable[[str], None]


def tell(lab: Lab, say: Say) -> None:
    """One case after the other, on the same hosts. Raises LabError."""
    fresh, every = lab["fresh"], cases(lab)
    product.install(fresh)
    product.give(fresh, product.answers(lab, storage_network={"vlan": lab.scenario.members[0].storage[0].vlan}))
    operator = Operator(fresh.console)
    fresh.console.login()
    for number, case in enumerate(every, 1):
        if case.ready:
            code, out = product.run(fresh, f"apply --answers {product.ANSWERS} {' '.join(case.ready)}")
            seen.demand(f"{case.ready} are in place", code == 0, out)
            say(f"in place: {', '.join(case.ready)}")
        start, before = time.monotonic(), seen.snapshots(lab)
        try:
            with case.wrong(lab):
                happen(lab, operator, case)
        except LabError as error:
            error.add_note(f"the case: {case.about}")
            raise
        left = seen.differences(before, seen.snapshots(lab), case.left)
        seen.demand(f"{case.about}: all hosts are as before", not left, "\n".join(left))
        how = "taken back" if case.applied else "refused"
        say(f"{number} of {len(every)}, {case.about}: {', '.join(case.codes)} on screen and in status; {how}")
        say(f"    all hosts are as before, after {time.monotonic() - start:.0f} s")
    seen.demand("every picture is ASCII", "\n".join(operator.seen).isascii())


def happen(lab: Lab, operator: Operator, case: Case) -> None:
    """Let it go wrong at the console, see what is said, and take it back where anything was changed."""
    operator.press("clear; echo sta''rting; tui-installer\r", re.compile(r"\A(starting|tui-installer)"))
    operator.expect(LOOKED, 300)
    open_step(operator, case.title)
    answer(operator, case.form)
    (fail if case.applied else refused)(operator)
    said = " ".join(operator.text().split())
    for words in (case.codes[0], *case.words):
        seen.demand(f"{case.about}: {words!r} is on the screen", words in said, operator.text())
    in_status(lab, case)
    if case.applied:
        take_back(operator)
    operator.leave()


def answer(operator: Operator, form: Form) -> None:
    """Enter answers into the form of the step that is shown, and have it planned. Raises LabError."""
    left = dict(form)
    for _ in range(3):
        if not left:
            return
        operator.settle()
        if "[*Form*]" not in operator.text():
            operator.press("e", "[*Form*]")
            operator.settle()
        operator.fill_in(left)
    raise LabError(f"these fields are not asked: {', '.join(left)}\n{operator.text()}")


def refused(operator: Operator) -> None:
    """Ask for it to be applied: that is refused, and said why."""
    operator.settle()
    if "[*Form*]" in operator.text():
        operator.press("\x1b", re.compile(r">\[.Plan.\]"), 20)
    operator.press("a", "It cannot be applied yet", 20)
    operator.settle()


def fail(operator: Operator) -> None:
    """Apply it, and see it fail."""
    operator.settle()
    operator.press("a", "[ Apply now ]")
    operator.decide(ENDED, 600)
    operator.expect(re.compile(r" - NOT IN PLACE"), 5)
    operator.expect("[ t Try again ]", 20)


def take_back(operator: Operator) -> None:
    """Take back what was done before it failed."""
    operator.settle()
    operator.press("u", re.compile(r">\[ This (step|attempt) \]"))
    operator.settle()
    operator.press("\r", "[ Take back now ]")
    operator.to_button("Take back now")
    operator.decide(ENDED, 600)
    operator.expect(re.compile(r" - taken back"), 5)


def in_status(lab: Lab, case: Case) -> None:
    """What programs are told. Raises LabError."""
    code, told = product.status(lab["fresh"])
    rows = {row["id"]: row for row in told["steps"]}
    seen.demand(f"{case.about}: status exits 2", code == 2, told)
    for step, (state, wanted) in case.told.items():
        levels = {problem["code"]: problem["level"] for problem in rows[step]["problems"]}
        there = rows[step]["state"] == state and levels.get(wanted) == ("warn" if state == "waits" else "stop")
        seen.demand(f"{case.about}: in status {step} is {state!r}, with {wanted}", there, rows[step])
