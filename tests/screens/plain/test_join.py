"""A whole join in lines, as a script of expect(1) would do it: the program is a process at a terminal."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.screens.plain.operator import PROMPT, Operator

TYPED: Mapping[str, Mapping[str, str | tuple[str, ...]]] = {
    "corosync": {
        "Member": "10.0.1.11",
        "Password": "cluster",
        "CHAP user": "chapuser",
        "CHAP password": "chapsecret123",
        "Fence settings": "ip=10.0.1.113",
        "Cluster's name": ("xencluster",) * 6,
        "This host's name": "fresh",
    },
    "etch": {
        "Member": "198.38.17.56",
        "Password": "cluster",
        "CHAP password": "tjstorage2008",
        "Cluster's name": ("vmcluster",) * 4,
        "This host's name": "bottom",
    },
}
"""By the demo's world and the label of a question; what is not named is kept."""
TICKED = {"Host keys accepted": 99, "Targets": 1}
"""How many rows of a list are ticked at once, the first ones."""
MET: Mapping[str, tuple[str, ...]] = {
    "corosync": (),
    "etch": (
        "ccs was installed, but could not be configured",
        "cman was installed, but cannot be configured",
        "Copy /etc/cluster from top",
        "Install redhat-cluster-modules-2.6.18-6-xen-686",
        "Load cman",
        "Finish what dpkg began",
    ),
}
"""What the walk comes by, in this order."""


@pytest.mark.parametrize("world", TYPED)
def test_the_whole_demo_in_lines(world: str) -> None:
    outer, inner = pty.openpty()
    program = [sys.executable, "-m", "tui_installer", f"--demo={world}", "--plain"]
    environment = {**os.environ, "TERM": "dumb", "LC_ALL": "C"}
    process = subprocess.Popen(program, stdin=inner, stdout=inner, stderr=inner, env=environment)
    os.close(inner)
    operator, text = Operator(TYPED[world], TICKED), ""
    for _ in range(200):
        while not PROMPT.search(text):
            text += os.read(outer, 65536).decode()
        reply = operator.reply(text)
        if reply is None:
            break
        os.write(outer, f"{reply}\n".encode())
        text = ""
    os.write(outer, b"b\nq\n")
    assert process.wait(30) == 0
    os.close(outer)
    assert re.search(r"Everything is in place|All in place, but: fencing by hand", operator.seen), operator.seen[-3000:]
    at = [operator.seen.find(words) for words in MET[world]]
    assert at == sorted(at) and -1 not in at, dict(zip(MET[world], at, strict=True))
    assert operator.seen.isascii()
    assert str(TYPED[world]["CHAP password"]) not in operator.seen


def test_a_terminal_without_a_cursor_gets_lines(tmp_path: Path) -> None:
    environment = {**os.environ, "TERM": "dumb", "TMPDIR": str(tmp_path)}
    program = [sys.executable, "-m", "tui_installer", "--demo"]
    done = subprocess.run(program, input=b"q\n", capture_output=True, env=environment, check=True)
    assert b"q quit:" in done.stdout and b"\x1b" not in done.stdout
