"""A world as a process of its own, listening on FOLDER/socket: one JSON request a line."""

from __future__ import annotations

import base64
import contextlib
import json
import socketserver
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tui_installer.hosts.host import HostError, Login, LoginError
from tui_installer.simulator.host import SimulatedDialer, SimulatedHost, begun_at, press
from tui_installer.simulator.remote import packed, unpacked


class _Server(socketserver.ThreadingUnixStreamServer):
    """Serves one folder; a command goes on though its client has gone."""

    daemon_threads = False
    folder: Path


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """Answer one request."""
        assert isinstance(self.server, _Server)
        request = json.loads(self.rfile.readline())
        folder = self.server.folder
        try:
            if "host" in request:
                self._tell({"answer": self._answer(SimulatedHost(folder, request["host"], ""), request)})
            else:
                self._tell({"answer": _of_the_world(folder, request)})
        except HostError as error:
            self._tell({"error": str(error)})

    def _answer(self, host: SimulatedHost, request: dict[str, Any]) -> Any:
        if "run" in request:
            stdin = base64.b64decode(request["stdin"])
            return asdict(host.run(*request["run"], stdin=stdin, on_line=lambda line: self._tell({"line": line})))
        if "read" in request:
            return packed(host.read(request["read"]))
        if "read_all" in request:
            return {path: packed(file) for path, file in host.read_all(*request["read_all"]).items()}
        if "list" in request:
            return host.list(request["list"])
        if "write" in request:
            return host.write(request["write"], unpacked(request["file"]))
        return [asdict(link) for link in host.links()]

    def _tell(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(json.dumps(message).encode() + b"\n")
            self.wfile.flush()


def _of_the_world(folder: Path, request: dict[str, Any]) -> Any:
    """The answer to what no single host is asked."""
    if "here" in request:
        return begun_at(folder)
    if "switch_on" in request:
        return press(folder)
    dialer = SimulatedDialer(folder)
    if "keys" in request:
        return dialer.keys(*request["keys"])
    try:
        return {"name": dialer.connect(Login(**request["connect"]), tuple(request["trusted"])).name}
    except LoginError as error:
        return {"refused": error.kind, "evidence": error.evidence}


def serve(folder: Path, ready: Callable[[], None] = lambda: None) -> None:
    """Serve the world until this process is asked to end; `ready` is called once it listens."""
    path = folder / "socket"
    path.unlink(missing_ok=True)
    with _Server(str(path), _Handler) as server:
        server.folder = folder
        ready()
        try:
            server.serve_forever(poll_interval=0.1)
        finally:
            path.unlink(missing_ok=True)
