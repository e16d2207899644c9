"""A world that is served by a process of its own: what its hosts run ends even if we do not. Nothing of it is here."""

from __future__ import annotations

import base64
import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tui_installer.hosts.host import File, Host, HostError, Link, Login, LoginError, OnLine, Result


def packed(file: File | None) -> dict[str, Any] | None:
    """A file as JSON."""
    return None if file is None else asdict(file) | {"content": base64.b64encode(file.content).decode()}


def unpacked(data: dict[str, Any] | None) -> File | None:
    """The file that `packed` packed."""
    return None if data is None else File(**(data | {"content": base64.b64decode(data["content"])}))


@dataclass(frozen=True, slots=True)
class RemoteHost:
    """See `Host`: each call is one line to the server, answered by lines of output and one of result."""

    socket: Path
    machine: str
    name: str

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        """See `Host.run`."""
        found = self._ask({"run": argv, "stdin": base64.b64encode(stdin).decode()}, within, on_line)
        if found is None:
            return Result(argv, "timeout", None, "", "")
        return Result(argv, found["end"], found["code"], found["out"], found["err"])

    def read(self, path: str) -> File | None:
        """See `Host.read`."""
        return unpacked(self._ask({"read": path}))

    def list(self, pattern: str) -> tuple[str, ...]:
        """See `Host.list`."""
        return tuple(self._ask({"list": pattern}))

    def read_all(self, *patterns: str) -> dict[str, File]:
        """See `Host.read_all`."""
        found = self._ask({"read_all": patterns})
        return {path: file for path, data in found.items() if (file := unpacked(data)) is not None}

    def write(self, path: str, file: File | None) -> None:
        """See `Host.write`."""
        self._ask({"write": path, "file": packed(file)})

    def links(self) -> tuple[Link, ...]:
        """See `Host.links`."""
        found = self._ask({"links": True})
        return tuple(Link(**(link | {"addresses": tuple(link["addresses"])})) for link in found)

    def _ask(self, request: dict[str, Any], within: float = 60, on_line: OnLine | None = None) -> Any:
        return asked(self.socket, {"host": self.machine} | request, within, on_line)


@dataclass(frozen=True, slots=True)
class RemoteDialer:
    """See `Dialer`: the server looks who would let this login in."""

    socket: Path

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        """See `Dialer.keys`."""
        return tuple(asked(self.socket, {"keys": (address, port)}))

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        """See `Dialer.connect`."""
        found = asked(self.socket, {"connect": asdict(login), "trusted": trusted})
        if "refused" in found:
            raise LoginError(found["refused"], tuple(found["evidence"]))
        return RemoteHost(self.socket, found["name"], found["name"])


def asked(path: Path, request: dict[str, Any], within: float = 60, on_line: OnLine | None = None) -> Any:
    """The server's answer; None if it did not come in time. Raises `HostError`."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(within)
            connection.connect(str(path))
            connection.sendall(json.dumps(request).encode() + b"\n")
            for line in connection.makefile("rb"):
                answer = json.loads(line)
                if "error" in answer:
                    raise HostError(answer["error"])
                if "line" not in answer:
                    return answer["answer"]
                if on_line is not None:
                    on_line(answer["line"])
    except TimeoutError:
        return None
    except OSError as error:
        raise HostError(f"the simulated world does not answer: {error}") from error
    raise HostError("the simulated world went away")
