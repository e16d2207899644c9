"""A host in memory, and nobody to be reached from it."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable

from tui_installer.hosts.host import File, Host, Link, Login, LoginError, OnLine, Result, one_by_one

Tool = Callable[["MemoryHost", tuple[str, ...]], tuple[int, str, str]]


class MemoryHost:
    """Files in a dictionary, tools as functions."""

    def __init__(self, name: str = "here", **tools: Tool) -> None:
        self.name = name
        self.files: dict[str, File] = {}
        self.ran: list[tuple[str, ...]] = []
        self.tools = tools

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        self.ran.append(argv)
        if argv[0] == "true":
            return Result(argv, "exited", 0, "", "")
        if argv[0] not in self.tools:
            return Result(argv, "absent", None, "", "")
        code, out, err = self.tools[argv[0]](self, argv)
        for line in out.splitlines():
            if on_line:
                on_line(line)
        return Result(argv, "exited", code, out, err)

    def read(self, path: str) -> File | None:
        return self.files.get(path)

    def list(self, pattern: str) -> tuple[str, ...]:
        folders = {path.rsplit("/", count)[0] for path in self.files for count in range(1, path.count("/"))}
        return tuple(sorted(fnmatch.filter([*self.files, *folders], pattern)))

    def read_all(self, *patterns: str) -> dict[str, File]:
        return one_by_one(self, patterns)

    def write(self, path: str, file: File | None) -> None:
        if file is None:
            self.files.pop(path, None)
        else:
            self.files[path] = file

    def links(self) -> tuple[Link, ...]:
        return ()


class NoDialer:
    """Nobody answers."""

    def keys(self, address: str, port: int) -> tuple[str, ...]:
        return ()

    def connect(self, login: Login, trusted: tuple[str, ...]) -> Host:
        raise LoginError("unreachable", (f"{login.address}: no route",))
