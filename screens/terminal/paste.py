"""What was pasted, told from what was typed: text of which more comes at once than anybody types.

A VT100 does not mark a paste, so it is known by its pace alone. A line end at its very end is a key all the same: so a
script types an answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from screens.terminal.keys import Press

LONG = 16
"""Characters that come at once and are not typed by hand: a key that repeats comes 30 times a second."""
PATIENCE = 0.1
"""Seconds after which nothing more of a paste is waited for."""


@dataclass(frozen=True, slots=True)
class Pasted:
    """A text that came at once."""

    text: str


class Pastes:
    """Finds the pastes among keys."""

    def __init__(self) -> None:
        self._held: list[Press] = []
        """The keys of a paste that may go on."""

    @property
    def waits(self) -> bool:
        """Whether a paste has begun of which more may come."""
        return bool(self._held)

    def take(self, keys: list[Press]) -> list[Press | Pasted]:
        """These keys came at once: what is known of them by now."""
        found: list[Press | Pasted] = []
        run: list[Press] = []
        for key in keys:
            if _is_text(key):
                run.append(key)
                continue
            found += [*self._run(run), *self.end(), key]
            run = []
        return [*found, *self._run(run)]

    def _run(self, run: list[Press]) -> list[Press | Pasted]:
        """Keys of text that came at once: part of a paste, or keys of their own."""
        if run and (self.waits or sum(key.name != "enter" for key in run) >= LONG):
            self._held += run
            return []
        return list(run)

    def end(self) -> list[Press | Pasted]:
        """Nothing more comes of what has begun."""
        held, self._held = self._held, []
        after: list[Press | Pasted] = []
        while held and held[-1].name == "enter":
            after = [held.pop()]  # of several line ends one is a key
        text = "".join("\n" if key.name == "enter" else key.character or "" for key in held)
        return [Pasted(text), *after] if text else after


def _is_text(key: Press) -> bool:
    return key.name == "enter" or (key.character is not None and key.character.isprintable())
