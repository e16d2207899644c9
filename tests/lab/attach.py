"""This terminal, connected to a host's serial console."""

import os
import select
import socket
import sys
import termios
import tty
from pathlib import Path

DETACH = b"\x1d"
"""Ctrl-], as telnet and virsh have it."""


def attach(console: Path) -> None:
    """Pass bytes both ways until Ctrl-] is typed or the laboratory ends; the terminal should be 80x24."""
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(console))
        line.sendall(b"new\n")
        line.recv(2)  # the length of an empty backlog
        tty.setraw(keyboard)
        os.write(sys.stdout.fileno(), b"connected; Enter shows a prompt, Ctrl-] leaves\r\n")
        try:
            _pass_bytes(line, keyboard)
        finally:
            termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


def _pass_bytes(line: socket.socket, keyboard: int) -> None:
    ends: list[socket.socket | int] = [line, keyboard]
    while True:
        ready, _, _ = select.select(ends, [], [])
        if keyboard in ready:
            keys = os.read(keyboard, 4096)
            if DETACH in keys or not keys:
                return
            line.sendall(keys)
        if line in ready:
            shown = line.recv(65536)
            if not shown:
                return
            os.write(sys.stdout.fileno(), shown)
