"""An attempt as its journal tells it, entry by entry: what the log screen shows. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from screens.words import fit
from tui_installer.engine.entries import Entry
from tui_installer.engine.performer import failure_from
from tui_installer.engine.recall import titled
from tui_installer.model.step import Action, Failure

State = Literal["running", "done", "FAILED", "put back", "CUT OFF"]
ENDINGS = {
    "done": "Done.",
    "failed": "It failed and stopped there.",
    "stopped": "It was stopped between two changes, as asked.",
    "reverted": "Nobody confirmed, or it failed: it was taken back by itself.",
    "": "It ended without a word: its process is gone.",
}
"""What the end of an attempt is called."""
MOST = 1000
"""Lines of output that are kept for showing."""


@dataclass(slots=True)
class Progress:
    """What is known of an attempt."""

    step: str
    action: Action
    attempt: str = ""
    """Its id; empty: it has not begun yet."""
    only: str = ""
    """The id of the attempt that is meant; empty: the next one at that step."""
    titles: list[str] = field(default_factory=list)
    states: dict[int, State] = field(default_factory=dict)
    """By the number of the change, from 0; what is not in it has not begun."""
    failure: Failure | None = None
    outcome: str = ""
    """As in `Attempt.outcome`."""
    confirm_by: float = 0
    """Until when somebody must confirm, in seconds since the epoch; 0: nobody need."""
    risky: bool = False
    """Whether it has a change that somebody must confirm."""
    _lines: deque[tuple[int, str | None]] = field(default_factory=lambda: deque(maxlen=MOST))
    """(change, None) where the change's own line belongs, (change, output) for a line of output."""
    limits: list[float] = field(default_factory=list)
    """Seconds that each change may take at most; 0: it has no limit of its own."""
    _since: float = 0
    """When the change that runs began, in seconds since the epoch."""
    _at: int = -1

    def tell(self, entries: Iterable[Entry]) -> None:
        """Take in what the journal says of this attempt; the first start that fits is taken for its own."""
        for entry in entries:
            if entry.kind == "start" and not self.attempt and self._meant(entry):
                self.attempt = entry.attempt
                self.titles = [titled(change) for change in entry.data["changes"]]
                self.limits = [_limit(change) for change in entry.data["changes"]]
                self.risky = any(change.get("confirm") for change in entry.data["changes"])
            elif entry.attempt == self.attempt:
                self._take(entry)

    def _meant(self, start: Entry) -> bool:
        return start.attempt == self.only if self.only else start.data["step"] == self.step

    def _take(self, entry: Entry) -> None:
        if not -1 <= entry.data.get("index", -1) < len(self.titles):
            return  # no change of this attempt
        match entry.kind:
            case "begun":
                self._at, self._since = entry.data["index"], entry.time
                self.states[self._at] = "running"
                self._lines.append((self._at, None))
            case "said":
                self._lines.append((self._at, entry.data["text"]))
            case "done":
                self.states[entry.data["index"]] = "done"
            case "failed":
                self.states[entry.data["index"]] = "FAILED"
                self.failure = failure_from(entry.data)
            case "back":
                self.states[entry.data["index"]] = "put back"
            case "confirm":
                self.confirm_by = entry.time + entry.data["within"]
            case "end":
                self.outcome = entry.data["outcome"]
                self.confirm_by = 0

    @property
    def ending(self) -> str:
        """How it ended, in a sentence."""
        if not self.attempt:
            return "It did not begin."
        return ENDINGS.get(self.outcome, self.outcome)

    def close(self) -> None:
        """It has ended: what still runs, as far as the journal knows, was cut off."""
        self.states.update({index: "CUT OFF" for index, state in self.states.items() if state == "running"})

    def log(self, now: float = 0) -> list[str]:
        """A line for every change that was begun, below it what its command says; empty: nothing was begun yet.

        `now`, in seconds since the epoch: the one that runs is told with its age and its limit.
        """
        return [self._line(index, output, now) for index, output in self._lines]

    def _line(self, index: int, output: str | None, now: float) -> str:
        if output is not None:
            return f"         | {output}".rstrip()
        number = f"{index + 1}/{len(self.titles)}"
        runs = self.states[index] == "running" and index == self._at
        return f"{number:>6}  {fit(self.states[index], 8)}  {self.titles[index]}{self._age(index, now) if runs else ''}"

    def _age(self, index: int, now: float) -> str:
        """Since when it runs, in steps of ten seconds, for each costs bytes; empty: not for long."""
        age = int((now - self._since) // 10 * 10)
        if age < 10 or not now:
            return ""
        limit = self.limits[index]
        return f" ({_clock(age)}{f' of {_clock(limit)} at most' if limit else ''})"

    def current(self, now: float) -> str:
        """The change that runs, as in "2 of 4: Install packages (1:10 of 10:00 at most)", for its own line may be far
        above what its command says; empty: none does."""
        if self.states.get(self._at) != "running":
            return ""
        return f"{self._at + 1} of {len(self.titles)}: {self.titles[self._at]}{self._age(self._at, now)}"

    def left(self, now: float) -> int:
        """Seconds in which somebody must confirm, in steps of ten; 0: nobody need."""
        return max(10, round((self.confirm_by - now) / 10) * 10) if self.confirm_by else 0


def _limit(change: dict[str, Any]) -> float:
    run = change.get("run")
    runs = [run] if isinstance(run, dict) else change.get("then", ())
    return sum(float(each.get("within", 0)) for each in runs)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
