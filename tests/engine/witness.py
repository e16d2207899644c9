"""A host that looks into the journal at each act: none may happen that is not announced there."""

from __future__ import annotations

import json
from pathlib import Path

from tests.engine.memory import Motd, TinySite, motd_host
from tests.memory import MemoryHost, NoDialer
from tui_installer.engine.engine import Engine
from tui_installer.engine.files import FileSystem
from tui_installer.engine.state import State
from tui_installer.hosts.host import File, OnLine, Result
from tui_installer.model.stack import Stack
from tui_installer.model.step import Context

ACTS = frozenset({"load", "unload", "reload", "rmdir"})


class Witness(MemoryHost):
    """Notes each act for which no attempt without an end has a change that was begun and is not done."""

    def __init__(self, journal: Path) -> None:
        super().__init__("here", **motd_host().tools)
        self.journal = journal
        self.unannounced: list[str] = []

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        if argv[0] in ACTS:
            self._see(" ".join(argv))
        return super().run(*argv, stdin=stdin, within=within, on_line=on_line)

    def write(self, path: str, file: File | None) -> None:
        self._see(path)
        super().write(path, file)

    def _see(self, act: str) -> None:
        lines = self.journal.read_bytes().splitlines() if self.journal.exists() else []
        entries = [json.loads(line) for line in lines if line.startswith(b'{"version"') and line.endswith(b"}")]
        last = entries[-1]["attempt"] if entries else ""
        begun = {each["index"] for each in entries if (each["attempt"], each["kind"]) == (last, "begun")}
        done = {each["index"] for each in entries if (each["attempt"], each["kind"]) == (last, "done")}
        if not begun - done:
            self.unannounced.append(act)


def engine(folder: Path, host: MemoryHost, disk: FileSystem | None = None) -> Engine:
    """An engine of the tiny stack, with its answers."""
    stack = Stack("tiny", "A tiny stack", (TinySite(), Motd()))
    state = State(folder / "state", folder / "run", disk=disk)
    return Engine(stack, Context(host, NoDialer()), state, {"motd": {"text": "hello", "password": "s3cret-word"}})
