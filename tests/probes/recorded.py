"""A host that answers from records: what each command printed, and which files are there."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tui_installer.hosts.host import File, Link, OnLine, Result, one_by_one

OUTPUTS = Path(__file__).parent.parent / "outputs"


def output(name: str) -> str:
    """The standard output in a capture: what follows its head, up to its standard error."""
    text = (OUTPUTS / name).read_text("utf-8")
    for mark in ("# ---- stdout\n", "# --- stdout\n"):
        if mark in text:
            text = text.split(mark, 1)[1]
    return text.split("# ---- stderr\n")[0].split("# --- stderr\n")[0]


def errors(name: str) -> str:
    """The standard error in a capture."""
    return (OUTPUTS / name).read_text("utf-8").split("--- stderr\n", 1)[1]


@dataclass
class Recorded:
    """A host of records; a command that is not among them is not installed."""

    commands: Mapping[str, tuple[int, str] | tuple[int, str, str]] = field(default_factory=dict)
    """By the beginning of a command line: exit code, stdout, stderr. The longest one that fits counts."""
    files: Mapping[str, File] = field(default_factory=dict)
    name: str = "here"

    def run(self, *argv: str, stdin: bytes = b"", within: float = 60, on_line: OnLine | None = None) -> Result:
        line = " ".join(argv)
        fitting = [known for known in self.commands if line.startswith(known)]
        if not fitting:
            there = argv[0] == "pidof"  # it is part of every Debian
            return Result(argv, "exited" if there else "absent", 1 if there else None, "", "")
        code, out, *err = self.commands[max(fitting, key=len)]
        return Result(argv, "exited", code, out, "".join(err))

    def read(self, path: str) -> File | None:
        return self.files.get(path)

    def list(self, pattern: str) -> tuple[str, ...]:
        return tuple(sorted(path for path in self.files if fnmatch.fnmatchcase(path, pattern)))

    def read_all(self, *patterns: str) -> dict[str, File]:
        return one_by_one(self, patterns)

    def write(self, path: str, file: File | None) -> None:
        raise AssertionError(f"a probe wrote {path}")

    def links(self) -> tuple[Link, ...]:
        return ()
