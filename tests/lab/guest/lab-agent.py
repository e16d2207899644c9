#!/usr/bin/python3
"""The guest's end of the control line: runs commands that arrive on ttyS1 and mounts the share.

A request is one line of base64 over JSON: {"id": 7, "sh": "ip -br a", "within": 30.0}; {"id": 7} alone is
answered at once. The answer is one such line: {"re": 7, "code": 0, "out": base64 of stdout and stderr}; code is
null when the deadline passed.
Lines that do not decode (noise, an echo from before the line was raw) are dropped by both ends.
Each request has a thread of its own, so that a command which hangs in the kernel leaves the line usable.
Output goes through a file: a daemon started by a command would hold a pipe open for ever.
"""

import base64
import ctypes
import json
import os
import signal
import subprocess
import tempfile
import termios
import threading
import tty
from pathlib import Path
from typing import Any

SHARE = "/run/lab"
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "TERM": "dumb",
}


def mount_share() -> None:
    """Mount the lab's folder (named on the kernel's command line) where the lab and the fence agent expect it."""
    words = dict(word.split("=", 1) for word in Path("/proc/cmdline").read_text().split() if "=" in word)
    os.makedirs(SHARE, exist_ok=True)
    if "lab.share" in words and not os.path.ismount(SHARE):
        ctypes.CDLL(None).mount(b"none", SHARE.encode(), b"hostfs", 0, words["lab.share"].encode())


def execute(command: str, within: float) -> tuple[int | None, bytes]:
    """Run a shell command in a session of its own; returns (exit code or None at the deadline, output)."""
    with tempfile.TemporaryFile(dir="/run") as out:
        env = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
        }
        child = subprocess.Popen(
            ["/bin/bash", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd="/root",
            env=env,
            start_new_session=True,
        )
        try:
            code = child.wait(within)
        except subprocess.TimeoutExpired:
            code = None
            os.killpg(child.pid, signal.SIGTERM)
        out.seek(0)
        return code, out.read()


def serve(line: int) -> None:
    """Answer requests until the line ends."""
    lock = threading.Lock()

    def answer(request: dict[str, Any]) -> None:
        reply = {"re": request["id"]}
        if "sh" in request:
            code, out = execute(request["sh"], request["within"])
            reply.update(code=code, out=base64.b64encode(out).decode())
        data = base64.b64encode(json.dumps(reply).encode()) + b"\n"
        with lock:
            while data:
                data = data[os.write(line, data) :]

    pending = b""
    while chunk := os.read(line, 65536):
        *lines, pending = (pending + chunk).split(b"\n")
        for text in lines:
            try:
                request = json.loads(base64.b64decode(text, validate=True))
                request["id"]
            except (ValueError, KeyError, TypeError):
                continue
            threading.Thread(target=answer, args=(request,), daemon=True).start()


def main() -> None:
    mount_share()
    line = os.open("/dev/ttyS1", os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    termios.tcflush(line, termios.TCIFLUSH)
    serve(line)


if __name__ == "__main__":
    main()
