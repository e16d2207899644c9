"""Secrets that were typed are in no argv and no environment of a real process, and nowhere but where they belong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.remote.traced import TARGET
from tests.test_secrets import CHAP, ROOT, found

TRACE = ("strace", "-f", "-v", "-s", "65536", "-e", "trace=execve", "--seccomp-bpf", "-o")
BELONGS = {
    "driving/run/": "here: until the next reboot",
    "world/state.json": "the simulated SAN and members know their own",
    "world/fresh/root/etc/iscsi/": "the tools' own files",
    "world/fresh/root/var/lib/iscsi/": "the tools' own files",
}


def forbidden(folder: Path) -> str:
    """Why this machine lets nobody trace (a container without ptrace(2)); empty: it does."""
    tried = subprocess.run([*TRACE, folder / "tried", "true"], capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"processes may not be traced here: {tried.stderr.strip()}"


def test_no_argv_and_no_environment_has_a_secret(tmp_path: Path) -> None:
    if why := forbidden(tmp_path):
        pytest.skip(why)
    program = [sys.executable, "-m", "tests.remote.traced", str(tmp_path / "world")]
    ran = subprocess.run([*TRACE, tmp_path / "trace", *program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    trace = (tmp_path / "trace").read_text("utf-8", "replace")
    assert all(each in trace for each in ("SSH_ASKPASS=", "/usr/sbin/sshd", "iscsiadm", "apt-get"))
    sys.stdout.write(f"{trace.count('execve(')} processes were traced\n")
    (tmp_path / "trace").rename(tmp_path / "driving" / "trace")  # is looked through as all else
    (tmp_path / "driving" / "said").write_text(ran.stdout + ran.stderr)
    for secret in (CHAP["corosync"], ROOT, TARGET):
        where = list(found(tmp_path, secret))
        assert any(path.startswith("driving/run/") for path in where)
        assert not [path for path in where if not path.startswith(tuple(BELONGS))]
