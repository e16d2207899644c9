"""An attempt, told as it goes on: a line for each change, below it what its command says."""

from __future__ import annotations

import time

from screens import telling
from screens.following import Following
from screens.plain.lines import Lines
from screens.progress import Progress
from screens.seen import Seen, see
from tui_installer.journal import Entry

LOOK = 0.3
"""Seconds between two looks at the journal."""
WORDS = {"done": "done", "failed": "FAILED", "back": "put back"}


def follow(lines: Lines, following: Following, progress: Progress) -> Seen:
    """Tell an attempt to its end, then what came of it; returns the step as it is now. Raises `Gone`: it goes on."""
    lines.say("s and Enter: stop between two changes. Losing this line changes nothing.")
    while not progress.outcome:
        news = following.news()
        for entry in news.entries:
            progress.tell((entry,))
            if entry.attempt == progress.attempt:
                lines.say(*_said(entry, progress))
        if news.ended:
            break
        if not progress.outcome and (typed := lines.typed(LOOK)) is not None:
            _request(lines, following, progress, typed)
    lines.say("Looking at what came of it...")
    seen = see(following.engine, progress.step)
    lines.say(*_concluded(seen, following, progress))
    return seen


def _said(entry: Entry, progress: Progress) -> list[str]:
    match entry.kind:
        case "begun":
            index = entry.data["index"]
            return [f"{index + 1}/{len(progress.titles)} {progress.titles[index]}"]
        case "said":
            return [f"    | {entry.data['text']}"]
        case "confirm":
            left = progress.left(time.time())
            return [f"Is this host still reached? k and Enter within about {left} s keeps it; else it is taken back."]
        case "done" | "failed" | "back":
            return [f"    {WORDS[entry.kind]}"]
    return []


def _request(lines: Lines, following: Following, progress: Progress, typed: str) -> None:
    what = {"s": "stop", "k": "confirm"}.get(typed.lower())
    if what == "confirm" and not progress.confirm_by:
        what = None
    if what is None or not progress.attempt:
        lines.say("s and Enter stops between two changes." if progress.attempt else "It has not begun yet.")
        return
    following.engine.state.request(progress.attempt, what)
    lines.say("Confirmed: it is kept." if what == "confirm" else "It stops after the change that is being made now.")


def _concluded(seen: Seen, following: Following, progress: Progress) -> list[str]:
    if progress.outcome == "done" and progress.action == "undo":
        return ["Taken back."]
    if progress.outcome == "done" and seen.state == "in-place":
        return ["In place."]
    progress.close()
    return ["NOT IN PLACE", *telling.card(progress, seen, [] if progress.outcome else following.words())]
