"""A really full disk, at each of 200 pads: no act without its line, words, and a complete way back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_on_a_full_disk_nothing_happens_unwritten(tmp_path: Path) -> None:
    mine = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    program = [sys.executable, "-m", "tests.engine.full_disk", str(tmp_path), "200"]
    ran = subprocess.run(["unshare", *mine, "--mount", *program], capture_output=True, text=True, timeout=300)
    sys.stdout.write(ran.stdout)
    assert ran.returncode == 0, ran.stderr
    assert "each taken back" in ran.stdout
