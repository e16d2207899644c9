"""An operator at a line: answers each prompt by what stands before it, as a script of expect(1) would."""

from __future__ import annotations

import re
from collections.abc import Mapping

PROMPT = re.compile(r"^.*(?:q quit|[?] help|Type yes[^\n]*|Enter when done|Enter to keep it|\]): $", re.MULTILINE)


class Operator:
    """Accepts what the program suggests, but for what it was told to type and to tick."""

    def __init__(self, typed: Mapping[str, str | tuple[str, ...]], ticked: Mapping[str, int]) -> None:
        """`typed` by the label of a question, in turn where it is asked by several steps; `ticked`: how many rows of a
        list, the first ones."""
        self._typed = {label: [words] if isinstance(words, str) else list(words) for label, words in typed.items()}
        self._ticked = ticked
        self.seen = ""

    def reply(self, text: str) -> str | None:
        """What is typed at the last prompt of this text; None: everything is in place."""
        text = text.replace("\r", "")
        self.seen += text
        prompt = PROMPT.findall(text)[-1]
        if prompt.startswith("Number: a step"):
            return None if re.search("Everything is in place|All in place, but:", text) else ""
        if prompt.startswith("Type yes"):
            return "yes"
        asked = re.findall(r"^\(\d+/\d+\) (.*?)$", text, re.MULTILINE)
        return self._answer(asked[-1], text) if prompt.startswith("    ") and asked else ""

    def _answer(self, label: str, text: str) -> str:
        left = self._ticked.get(label, 0) - len(re.findall(r"^ +\d+ \[x\]", text, re.MULTILINE))
        rows = re.findall(r"^ +(\d+) \[ \]", text, re.MULTILINE)
        words = self._typed.get(label) or [""]
        return " ".join(rows[: max(0, left)]) or words.pop(0)
