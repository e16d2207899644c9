"""A real sshd on the loopback interface, with keys of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tui_installer.hosts.host import Login
from tui_installer.hosts.ssh_messages import fingerprint


@dataclass(frozen=True)
class Server:
    """An sshd that is up."""

    folder: Path
    port: int
    login: Login
    trusted: tuple[str, ...]
    process: subprocess.Popen[bytes]


@contextmanager
def serving(more: Mapping[str, object] | None = None, kind: str = "ed25519") -> Iterator[Server]:
    """An sshd with these settings as well, and a host key of this kind."""
    program = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    assert program, "no sshd here: apt-get install -y --no-install-recommends openssh-server"
    with tempfile.TemporaryDirectory(prefix="sshd-", dir="/tmp") as name:
        folder = Path(name)
        for key, kind_ in (("host", kind), ("user", "ed25519")):
            subprocess.run(["ssh-keygen", "-q", "-t", kind_, "-N", "", "-f", folder / key], check=True)
        process, port = _start(program, folder, more or {})
        try:
            login = Login("127.0.0.1", port, getpass.getuser(), key=str(folder / "user"))
            key = (folder / "host.pub").read_text().split()[1]
            yield Server(folder, port, login, (fingerprint(key),), process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def _start(program: str, folder: Path, more: Mapping[str, object]) -> tuple[subprocess.Popen[bytes], int]:
    """sshd on a free port, ready for connections."""
    for _ in range(5):
        if found := _begin(program, folder, more):
            return found
    raise AssertionError("no sshd listens here")


def _begin(program: str, folder: Path, more: Mapping[str, object]) -> tuple[subprocess.Popen[bytes], int] | None:
    """None: somebody else has taken the port meanwhile."""
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    shutil.copy(folder / "user.pub", folder / "authorized")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    options = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized",
        "PidFile": "none",
        "UsePAM": "no",
        "StrictModes": "no",
        "PermitRootLogin": "yes",
        **more,
    }
    (folder / "config").write_text("".join(f"{name} {value}\n" for name, value in options.items()))
    process = subprocess.Popen([program, "-D", "-e", "-f", folder / "config"], stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.readline()
    if b"listening" not in said:
        assert b"Address already in use" in said, said
        process.wait(10)
        return None
    threading.Thread(target=process.stderr.read, daemon=True).start()  # a full pipe would stop it
    return process, port
