"""When a picture is shown: Textual completes one in several goes, and what was asked of a host changes it again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast

from screens.terminal.cells import Frame

if TYPE_CHECKING:
    from textual.app import App
    from textual.widget import Widget

FEW = 4
"""Rows that are painted at once; more of them are a new picture, of which more may come."""
SETTLE, PATIENT = 0.04, 0.3
"""Seconds without more of a new picture after which it is shown, and seconds after which it is shown anyhow."""
AT_ONCE = 0.01
"""Seconds in which the same key may change more of a picture that is not new."""


class Asking(Protocol):
    """An app that asks something whose answer it shows."""

    @property
    def awaits(self) -> bool:
        """Whether something was asked whose answer will change the picture."""


class FrameGate:
    """Shows an app's pictures once they have settled; one that does not settle is shown all the same, a little late."""

    def __init__(
        self,
        app: App[object],
        loop: asyncio.AbstractEventLoop,
        frame: Callable[[], Frame],
        show: Callable[[Frame], None],
    ) -> None:
        """`frame`: what is painted by now; `show` is called in the loop, with what is to be shown."""
        self._app = app
        self._loop = loop
        self._frame = frame
        self._show = show
        self._due: asyncio.TimerHandle | None = None
        self._latest = 0.0
        self._shown: Frame = ()
        self._shown_focus: object = None
        """What had the focus in the picture that was shown last."""

    @property
    def focus(self) -> Widget | None:
        """The widget that has the focus."""
        return self._app.focused if self._app.screen_stack else None

    @property
    def settled(self) -> bool:
        """Whether what is painted was let through."""
        return self._due is None

    def painted(self) -> None:
        """A picture is complete, though another may follow at once."""
        now = self._loop.time()
        if self._due is None:
            self._latest = now + PATIENT
        else:
            self._due.cancel()
        when = now + (SETTLE if self._is_new(self._frame()) else AT_ONCE)
        self._due = self._loop.call_at(min(when, self._latest), self.release)

    def release(self) -> None:
        """Show what is painted, unless more of it is under way."""
        now, frame = self._loop.time(), self._frame()
        if now < self._latest and (self._busy() or (self._is_new(frame) and cast("Asking", self._app).awaits)):
            self._due = self._loop.call_at(min(now + AT_ONCE, self._latest), self.release)
            return
        self._due = None
        self._shown, self._shown_focus = frame, self.focus
        self._show(frame)

    def _is_new(self, frame: Frame) -> bool:
        """Whether a picture is another than the one before, not the same with something changed."""
        changed = sum(old != new for old, new in zip(self._shown, frame, strict=False))
        return len(self._shown) != len(frame) or changed > FEW or self.focus is not self._shown_focus

    def _busy(self) -> bool:
        """Whether something is under way that may change more of the picture."""
        pumps = [self._app, *self._app.screen_stack[-1:]]
        return any(pump.message_queue_size for pump in pumps)
