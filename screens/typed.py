"""What is typed and pasted goes to the screen that it was meant for, and nowhere else."""

from __future__ import annotations

import time
from asyncio import Event as Happening
from asyncio import wait_for
from contextlib import suppress
from typing import Any

from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen

from screens.fields import TextEntry
from screens.page import Page


def pasted(app: App[Any], text: str) -> None:
    """A paste goes into the field that has the focus, or nowhere: its letters are no keys."""
    field = app.focused
    refused = field.take(text) if isinstance(field, TextEntry) else "What was pasted was left out: it is for a field."
    if isinstance(app.screen, Page):
        app.screen.disturb(time.monotonic())
        if refused:
            app.screen.message(refused)


async def caught_up(app: App[Any]) -> None:
    """What earlier keys began has happened: a screen that was opened is there, with the focus where it belongs."""
    waited: Screen[object] | None = None
    while waited is not app.screen:
        waited = app.screen
        for node in (app.focused, waited):
            if node is not None:
                await emptied(node)


async def emptied(node: MessagePump) -> None:
    """What waits in its queue now was dealt with; one that is on its way out is not waited for for long."""
    done = Happening()
    if node.call_later(done.set):
        with suppress(TimeoutError):
            await wait_for(done.wait(), 1)
