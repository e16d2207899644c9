"""Changes of earlier attempts, as the journal keeps them, made whole again: their contents are blobs, and of those the
secrets last until the next reboot only (`engine.vault`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tui_installer.engine.state import State
from tui_installer.engine.vault import Forgotten
from tui_installer.model.change import Change
from tui_installer.model.change_json import from_json
from tui_installer.model.step import Context, Problem


class NotRecalled(Exception):
    """What is needed to know a change is gone, or is nothing that this version understands; the text names it."""


def recalled(data: dict[str, Any], context: Context, state: State) -> Change:
    """The change. A secret that is not known any more is what the file on its host has in that place now: what is
    taken back leaves that line as it is. Raises `NotRecalled`, `HostError`."""
    try:
        try:
            return from_json(data, state)
        except Forgotten:
            _learn(data, context, state)
            return from_json(data, state)
    except Forgotten as error:
        raise NotRecalled(f"{titled(data)}: a secret in it is not known any more") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotRecalled(f"{titled(data)}: what it wrote is kept no more, or not as this version keeps it") from error


def titled(data: dict[str, Any]) -> str:
    """The title of a change in the journal."""
    run = data.get("run")
    return str(run["title"] if isinstance(run, dict) else data["write"])


def touched(data: dict[str, Any]) -> set[str]:
    """The hosts that a change in the journal touches."""
    if isinstance(run := data.get("run"), dict):
        return {run["host"]}
    return {each["host"] for each in (*data.get("edits", ()), *data.get("then", ()))}


def lost(data: dict[str, Any], state: State) -> Iterator[Problem]:
    """That secrets were guessed for a change, once it was recalled."""
    for edit in data.get("edits", ()):
        name = (edit.get("before") or {}).get("sha256", "")
        if state.guesses(name):
            text = (
                f"{edit['path']} on {edit['host']} had a secret that was kept until the reboot only: it stays as it is."
            )
            yield Problem(
                "state.forgotten", text, hint="Write the old one there by hand if it is needed.", level="warn"
            )


def _learn(data: dict[str, Any], context: Context, state: State) -> None:
    """Take the secrets of a change from the files as they are now."""
    edits = [(edit, context.host(edit["host"]).read(edit["path"])) for edit in (*data["edits"], *data["back"])]
    kept = [
        (sealed, now.content, edit["mask"])
        for edit, now in edits
        for file in (edit["after"], edit["before"])
        if now and file and (sealed := state.sealed(file["sha256"]))
    ]
    for sealed, content, _ in kept:
        state.learn(sealed.learn(content))
    for sealed, content, mask in kept:
        state.learn(sealed.likely(content, mask), guessed=True)
