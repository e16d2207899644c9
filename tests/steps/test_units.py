"""Units that are written on a host are kept from what their commands do not need, as systemd-analyze measures it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from assets import template

EXPOSED = 71
"""At most, of 100; without any option such a unit has 96."""


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
@pytest.mark.parametrize("unit", ["san-volumes.service", "boot-check.service"])
def test_exposure(unit: str, tmp_path: Path) -> None:
    text = template(f"corosync/{unit}").replace("@VOLUMES@\n", "").replace("@DEVICES@", "").replace("@GROUPS@", "vg")
    (tmp_path / unit).write_text(text)
    argv = ("systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSED}", str(tmp_path / unit))
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("option", ["PrivateTmp", "ProtectSystem", "ProtectHome", "PrivateMounts", "PrivateDevices"])
def test_unmounting_reaches_the_host(option: str) -> None:
    """Each of these gives a unit mounts of its own (systemd.exec(5)); what it unmounts there stays mounted outside."""
    assert option not in template("corosync/san-volumes.service")
