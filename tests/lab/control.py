"""Our end of the control line: a root shell in the guest that needs neither its network nor its console."""

import base64
import json
import socket
import time
import uuid
from pathlib import Path
from typing import Any

from tests.lab.errors import LabError

PING_EVERY = 1.0
"""Seconds after which an unanswered greeting is sent again: the agent drops what came before it was there."""
GRACE = 5.0
"""Seconds that an answer may take beyond its command's own deadline."""


class Control:
    """A client of the control line; the format of a message is in guest/lab-agent.py."""

    def __init__(self, host: str, path: Path) -> None:
        self._host, self._path = host, path

    def wait(self, within: float) -> None:
        """Wait until the agent answers; raises LabError when it doesn't."""
        end = time.monotonic() + within
        with self._connected() as line:
            while time.monotonic() < end:
                if self._ask(line, {}, min(PING_EVERY, max(end - time.monotonic(), 0.1))) is not None:
                    return
        raise LabError(f"{self._host}: the control line did not answer within {within:g} s")

    def sh(self, command: str, within: float) -> tuple[int, str]:
        """Run a command in bash; returns its exit code and its output (both streams).

        Raises LabError when it has not ended in time or the agent is not there.
        """
        with self._connected() as line:
            answer = self._ask(line, {"sh": command, "within": within}, within + GRACE)
        if answer is None:
            raise LabError(f"{self._host}: no answer on the control line within {within + GRACE:g} s to: {command}")
        out = base64.b64decode(answer["out"]).decode(errors="replace")
        if answer["code"] is None:
            raise LabError(f"{self._host}: not finished within {within:g} s: {command}\n{out}")
        return answer["code"], out

    def _connected(self) -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        try:
            line.connect(str(self._path))
            line.sendall(b"new\n")
        except OSError as error:
            line.close()
            raise LabError(f"{self._host}: no control line: {error}") from error
        return line

    def _ask(self, line: socket.socket, request: dict[str, Any], within: float) -> dict[str, Any] | None:
        """Send a request and return its answer, or None when none came in time."""
        name = uuid.uuid4().hex
        message = base64.b64encode(json.dumps({"id": name, **request}).encode())
        line.sendall(b"\n" + message + b"\n")
        end = time.monotonic() + within
        pending = b""
        while (left := end - time.monotonic()) > 0:
            line.settimeout(left)
            try:
                chunk = line.recv(65536)
            except TimeoutError:
                return None
            if not chunk:
                raise LabError(f"{self._host}: the keeper closed the control line")
            *lines, pending = (pending + chunk).split(b"\n")
            for text in lines:
                answer = _decoded(text)
                if answer.get("re") == name:
                    return answer
        return None


def _decoded(text: bytes) -> dict[str, Any]:
    """A message, or an empty one for noise."""
    try:
        message = json.loads(base64.b64decode(text.strip(), validate=True))
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
