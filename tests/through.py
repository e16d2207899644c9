"""A host that hands everything on to another one: what disturbs, records or slows a host changes one method of it."""

from __future__ import annotations

from tui_installer.hosts.host import File, Host, Link, OnLine, Result, one_by_one


class Through:
    """See `Host` for its methods."""

    def __init__(self, host: Host) -> None:
        self.name = host.name
        self.host = host

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        return self.host.run(*argv, stdin=stdin, within=within, on_line=on_line)

    def read(self, path: str) -> File | None:
        return self.host.read(path)

    def list(self, pattern: str) -> tuple[str, ...]:
        return self.host.list(pattern)

    def read_all(self, *patterns: str) -> dict[str, File]:
        return one_by_one(self, patterns)

    def write(self, path: str, file: File | None) -> None:
        self.host.write(path, file)

    def links(self) -> tuple[Link, ...]:
        return self.host.links()
