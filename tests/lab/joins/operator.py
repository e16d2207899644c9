"""An operator at the serial console: reads the screen, presses keys, and knows nothing else of the program."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.lab.console import Console
from tests.lab.errors import LabError

LOOKED = re.compile(r"Next: |In the way: |(?:Everything is|All) in place")
STATES = "in place|to do|waits|PROBLEM|unknown|answers refused"
SETTLED = re.compile(rf"^Step \d+ of \d+: .* - ({STATES})(?: |$)", re.MULTILINE)
ENDED = re.compile(r" - (in place|NOT IN PLACE|taken back)(?: |$)", re.MULTILINE)
LEFT = re.compile(r"\[Plan\] keeps |Enter press")
"""A form's fields were left: an Enter that comes with Escape in one read is another key. No field's hint says so."""
ASKED = re.compile(r"\[ (?:Apply|Take back|Mend) (?:now|\d+ steps) \]")
"""While it is asked whether to do it."""
PAINT = 5
"""Seconds after which the screen is painted anew: the kernel may have written over what is waited for."""
STEP = re.compile(r"^Step (\d+) of (\d+): (.*?) - (.*?)(?: SIMULATED)? *$", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """What is typed into a form: a text for a field, or words by which rows of a list are ticked."""

    text: str = ""
    ticks: Sequence[str] = ()


Form = Mapping[str, Entry]
"""By the field's label."""


class Operator:
    """Somebody at a console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.seen: list[str] = []
        """Every picture that was waited for."""

    def start(self) -> None:
        """Log in and start the program; returns when the status is complete."""
        self._console.login()
        self._console.send("tui-installer\r")
        self.expect(LOOKED, 300)

    def leave(self) -> None:
        """Quit the program."""
        self._console.send("\x03")
        self.expect(re.compile(r"[#$] ?$", re.MULTILINE), 30)

    def expect(self, wanted: str | re.Pattern[str], timeout: float = 60) -> re.Match[str]:
        """Wait for a text, painting away what the kernel writes over the screen; raises LabError with the screen."""
        end = time.monotonic() + timeout * self._console.patience
        while True:
            try:
                found = self._console.expect(wanted, min(PAINT, max(1, end - time.monotonic())))
            except LabError:
                if time.monotonic() > end:
                    raise
                self._console.send("\x0c")
            else:
                self.seen.append(self._console.text())
                return found

    def press(self, keys: str, wanted: str | re.Pattern[str], timeout: float = 60) -> re.Match[str]:
        """Press keys and wait for what they bring."""
        self._console.send(keys)
        return self.expect(wanted, timeout)

    def enter(self, wanted: str | re.Pattern[str], timeout: float) -> re.Match[str]:
        """Press Enter on what has come to rest, once more if it was not heard, and wait for what that brings."""
        for _ in range(3):
            self.settle()
            before, deadline = self.text(), time.monotonic() + 10 * self._console.patience
            self._console.send("\r")
            while time.monotonic() < deadline:
                if self.text() != before:
                    return self.expect(wanted, timeout)
                time.sleep(0.1)
        raise LabError(f"Enter is not heard:\n{self.text()}")

    def decide(self, wanted: str | re.Pattern[str], timeout: float) -> re.Match[str]:
        """Read the question, press Enter, and wait for what that brings; once more if it came too fast to be heard."""
        question = self.text()
        for _ in range(3):
            self.settle()
            self._console.send("\r")
            if self._answered():
                return self.expect(wanted, timeout)
        raise LabError(f"no answer is heard to:\n{question}\nbut:\n{self.text()}")

    def _answered(self) -> bool:
        """Whether the question goes, in a time that a busy host may take."""
        deadline = time.monotonic() + 10 * self._console.patience
        while ASKED.search(self.text()):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        self.settle()
        return True

    def to_button(self, label: str, key: str = "\x1b[D") -> None:
        """Read the question, and move until that button has the focus. Raises LabError."""
        for _ in range(4):
            self.settle()
            if f">[ {label} ]" in self.text():
                return
            self._console.send(key)
        raise LabError(f"{label} does not get the focus:\n{self.text()}")

    def text(self) -> str:
        """The screen now."""
        return self._console.text()

    def state(self) -> str:
        """The state of the step whose screen is shown; empty on other screens."""
        found = STEP.search(self._console.text())
        return found[4] if found else ""

    def walk(self, forms: Mapping[str, Form]) -> None:
        """From the status screen through every step into place; `forms` by the step's title."""
        self.press("\x1b[H\r", SETTLED, 300)
        while True:
            found = STEP.search(self._console.text())
            if found is None:
                raise LabError(f"no step is shown:\n{self._console.text()}")
            self.into_place(forms.get(found[3], {}))
            if found[1] == found[2]:
                return
            self.enter(seen(int(found[1]) + 1), 300)
            self.arrive(int(found[1]) + 1)

    def arrive(self, number: int) -> None:
        """The step of that number was looked at, and is painted whole: its title changes sign by sign."""
        self.settle()
        self.expect(seen(number), 300)

    def into_place(self, form: Form) -> None:
        """Fill in what the step asks for, apply what it plans; returns when it is in place. Raises LabError."""
        left = dict(form)
        for _ in range(6):
            self.settle()
            text = self._console.text()
            if "[*Form*]" in text and self.state() != "in place":
                self.fill_in(left)
            elif self.state() in ("to do", "waits"):  # for one that a slow look had not seen in time
                self.press("\r" if "Enter: apply" in text else "a", "[ Apply now ]")
                self.to_button("Apply now")  # not the first one where members are changed
                self.decide(ENDED, 900)
                if ENDED.findall(self._console.text()) != ["in place"]:
                    raise LabError(f"not in place:\n{self._console.text()}")
                return
            elif self.state() == "in place":
                return
            elif self.state() == "unknown":  # a slow host: "r looks again"
                self.press("r", re.compile(r"- looking"), 20)
                self.expect(SETTLED, 300)
            else:
                break
        raise LabError(f"this leads nowhere:\n{self._console.text()}")

    def fill_in(self, left: dict[str, Entry]) -> None:
        """Type what is asked for, keep it and have it planned; what was entered is left out the next time."""
        for label, entry in list(left.items()):
            if self._to(label) and self._enter(entry):
                del left[label]
        self.press("\x1b", LEFT, 20)
        self.press("\r", re.compile(r"- looking"), 20)
        self.expect(SETTLED, 300)

    def _to(self, label: str) -> bool:
        """Go to a field; False if the form does not have it now."""
        here = re.compile(rf"^> {re.escape(label)}(?: |$)", re.MULTILINE)
        for _ in range(24):
            if here.search(self._console.text()):
                return True
            self._console.send("\t")
            self.settle()
        return False

    def _enter(self, entry: Entry) -> bool:
        """Type, or tick the rows; False if a row is not there (yet)."""
        if entry.text:
            self._console.send("\x15" + entry.text)
            self.settle()
        return all([self._tick(words) for words in entry.ticks])

    def _tick(self, words: str) -> bool:
        """Tick a row, from where the list begins (its first row without a tick) downwards."""
        if re.search(rf"\[x\] .*{re.escape(words)}", self._console.text()):
            return True
        while ">[" in self._console.text():
            if re.search(rf">\[ \] .*{re.escape(words)}", self._console.text()):
                self._console.send(" ")
                self.settle()
                return True
            self._console.send("\x1b[B")
            self.settle()
        return False

    def settle(self) -> None:
        """Wait until the screen has not changed for a moment: a field gives no sign that it is ready."""
        text, since = self._console.text(), time.monotonic()
        while time.monotonic() - since < 0.6 * self._console.patience:
            time.sleep(0.1)
            if (now := self._console.text()) != text:
                text, since = now, time.monotonic()


def seen(number: int) -> re.Pattern[str]:
    """The screen of the step of that number, once it was looked at and is painted."""
    return re.compile(rf"^Step {number} of .* - ({STATES})(?: |$)", re.MULTILINE)


def open_step(operator: Operator, title: str) -> None:
    """From the status screen to a step's own, until it was looked at. Raises LabError."""
    operator.press("\x1b[H", re.compile(r"^> +1 ", re.MULTILINE))
    for _ in range(12):
        if re.search(rf"^> +\d+ {re.escape(title)}", operator.text(), re.MULTILINE):
            break
        operator.press("\x1b[B", re.compile(r"^> +\d", re.MULTILINE))
        operator.settle()
    operator.press("\r", re.compile(rf"{re.escape(title)} - (?!looking)"), 300)
