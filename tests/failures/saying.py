"""A host on which some tools say what they are told to say."""

from __future__ import annotations

from collections.abc import Mapping

from tests.through import Through
from tui_installer.hosts.host import Host, OnLine, Result


class Saying(Through):
    """The host behind it, but for those tools."""

    def __init__(self, host: Host, tools: Mapping[str, str]) -> None:
        super().__init__(host)
        self._tools = tools

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        if argv[0] in self._tools and self.host.run(*argv, within=within).end != "absent":
            return Result(argv, "exited", 0, self._tools[argv[0]], "")
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)
