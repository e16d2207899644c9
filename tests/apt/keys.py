"""Whoever signs the pool: gpg, with a folder of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

DAY = 86400.0
NEEDED = ("gpg", "gpg-agent", "gpgconf")
"""Programs, and packages but for the last, which gpg brings along."""
_QUIET = ("--batch", "--no-tty", "--yes", "--pinentry-mode", "loopback", "--passphrase", "")


class Keys:
    """Keys that last until `close`."""

    def __init__(self) -> None:
        self._home = tempfile.mkdtemp(prefix="keys")  # the path of its agent's socket has 107 bytes at most

    def _run(self, *argv: str, at: float | None = None) -> bytes:
        """What gpg prints; to it, it is then as late as that, in seconds since the epoch."""
        then = () if at is None else ("--faked-system-time", f"{int(at)}!")
        said = subprocess.run(("gpg", "--homedir", self._home, *_QUIET, *then, *argv), capture_output=True, check=False)
        assert said.returncode == 0, said.stderr.decode()
        return said.stdout

    def make(self, who: str, at: float, lasts: str = "0") -> str:
        """A key of somebody, and its fingerprint. `lasts`: "10d"; 0: for ever."""
        self._run("--quick-generate-key", who, "ed25519", "sign", lasts, at=at)
        listed = self._run("--with-colons", "--list-keys", who).decode()
        return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))

    def prolong(self, fingerprint: str) -> None:
        """Have it never expire."""
        self._run("--quick-set-expire", fingerprint, "0")

    def revoke(self, fingerprint: str) -> None:
        """With the certificate that gpg has written for that, which is armed by a colon."""
        kept = Path(self._home, "openpgp-revocs.d", f"{fingerprint}.rev")
        kept.write_text(re.sub("(?m)^:(?=-----BEGIN)", "", kept.read_text()))
        self._run("--import", str(kept))

    def public(self, *who: str) -> bytes:
        """A keyring as apt takes it: `trusted.gpg.d/NAME.gpg`."""
        return self._run("--export", *who)

    def sign(self, folder: Path, who: str, at: float | None = None) -> None:
        """Sign a pool's Release: inside, and beside it."""
        release = str(folder / "Release")
        for how, name in (("--clearsign", "InRelease"), ("--detach-sign", "Release.gpg")):
            self._run("--local-user", who, "--armor", "--output", str(folder / name), how, release, at=at)

    def close(self) -> None:
        """The agent ends, and the keys are gone."""
        subprocess.run(("gpgconf", "--homedir", self._home, "--kill", "gpg-agent"), check=False)
        shutil.rmtree(self._home, ignore_errors=True)
