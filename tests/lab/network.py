"""Ethernet switches in user space: one process a network; nothing of it touches this machine's own network."""

import socket
import subprocess
from pathlib import Path

from tests.lab.compiled import compiled
from tests.lab.errors import LabError


class Switch:
    """A running switch and its ports, which are unix sockets named HOST.ethN in its folder."""

    def __init__(self, folder: Path, network: str) -> None:
        self.folder = folder / network
        self._process: subprocess.Popen[bytes] | None = None

    def port(self, host: str, nic: str) -> Path:
        """The socket that a host's NIC connects to."""
        return self.folder / f"{host}.{nic}"

    def start(self, ports: list[Path]) -> None:
        """Start the switch's process with these ports."""
        self.folder.mkdir(parents=True, exist_ok=True)
        argv = [str(compiled("switch.c")), str(self.folder / "control"), *map(str, ports)]
        self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True)

    def stop(self) -> None:
        """End the process; every port is gone."""
        if self._process:
            self._process.terminate()
            self._process.wait(5)

    def command(self, *words: str) -> None:
        """Give the switch a command (see switch.c); raises LabError when it refuses."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as control:
            control.settimeout(5)
            control.connect(str(self.folder / "control"))
            control.send(" ".join(words).encode())
            answer = control.recv(256).decode()
        if answer != "ok":
            raise LabError(f"switch {self.folder.name}: {' '.join(words)}: {answer}")
