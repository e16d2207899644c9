"""On a file system that is really full: `python -m tests.engine.full_disk FOLDER PADS`, in a mount namespace of its
own.

The journal begins with a line of somebody else, longer each time, so that the disk is full at another byte of it.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.engine.witness import Witness, engine
from tui_installer.cli import commands as cli

STEP = 21
"""Bytes from one pad to the next: 200 of them go over more than a page."""


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Leave no page free meanwhile."""
    filler = folder / "filler"
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while os.write(descriptor, bytes(4096)):
            pass
    os.close(descriptor)
    try:
        yield
    finally:
        filler.unlink()


def tried(folder: Path, pad: int) -> tuple[int, str, Witness]:
    """An apply on the full disk: exit code, words, and the host."""
    (folder / "state").mkdir(mode=0o700)
    journal = folder / "state" / "journal.jsonl"
    with open(os.open(journal, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as stream:
        stream.write(b"#" * pad + b"\n")
    host = Witness(journal)
    mine = engine(folder, host)
    plan = mine.plan("motd")
    with mine.state.lock():
        plan.digest(mine.state)  # lock and contents are there: it is the journal that finds no room
    words = io.StringIO()
    with full(folder), contextlib.redirect_stdout(words):
        outcome = cli.perform(mine, plan)
    return cli.Exit.DONE if outcome == "done" else cli.Exit.PROBLEM, words.getvalue(), host


def main(mount: Path, pads: int) -> None:
    """Try each pad; whatever is not right ends this."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(mount)], check=True)
    found = {0: 0, 2: 0}
    for pad in range(0, pads * STEP, STEP):
        folder = mount / str(pad)
        folder.mkdir()
        code, words, host = tried(folder, pad)
        assert code == 0 or "PROBLEM state.full: " in words, words
        assert "Traceback" not in words, words
        assert not host.unannounced, host.unannounced
        again = engine(folder, host)
        with contextlib.redirect_stdout(io.StringIO()) as said:
            assert cli.undo(again, ()) == cli.Exit.DONE, said.getvalue()
        assert host.files == {}, host.files
        subprocess.run(["rm", "-r", str(folder)], check=True)
        found[code] += 1
        sys.stdout.write(f"{pad:5} bytes: exit code {code}; {words.splitlines()[0] if words else 'done'}\n")
    sys.stdout.write(f"{found[0]} done, {found[2]} stopped in words; each taken back\n")
    assert min(found.values()) > pads // 10


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
