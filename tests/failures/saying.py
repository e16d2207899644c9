"""A host on which some tools say what they are told to say."""

from __future__ import annotations

from collections.abc import Mapping

from tui_installer.host import File, Host, Link, OnLine, Result


class Saying:
    """The host behind it, but for those tools."""

    def __init__(self, host: Host, tools: Mapping[str, str]) -> None:
        self.name = host.name
        self._host = host
        self._tools = tools

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        if argv[0] in self._tools and self._host.run(*argv, within=within).end != "absent":
            return Result(argv, "exited", 0, self._tools[argv[0]], "")
        return self._host.run(*argv, stdin=stdin, within=within, on_line=on_line)

    def read(self, path: str) -> File | None:
        return self._host.read(path)

    def list(self, pattern: str) -> tuple[str, ...]:
        return self._host.list(pattern)

    def write(self, path: str, file: File | None) -> None:
        self._host.write(path, file)

    def links(self) -> tuple[Link, ...]:
        return self._host.links()
