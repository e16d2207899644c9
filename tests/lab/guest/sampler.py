"""Looks at this cluster member ten times a second and appends what it saw to a file: `sampler.py FILE`.

A line is "quorate", "inquorate" or "gone" (corosync does not answer), from libquorum itself (quorum_getquorate(3):
a command a look would be too much for a slow host), or "fencing" where `dlm_tool ls` shows a lockspace that waits
for it (every three seconds: starting a command is dear on a slow host).
"""

import ctypes
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

EVERY = 0.1
CS_OK = 1


def quorate(library: ctypes.CDLL, handle: ctypes.c_uint64) -> str:
    """One look; connects anew where the connection is gone."""
    found = ctypes.c_int()
    for _ in range(2):
        if library.quorum_getquorate(handle, ctypes.byref(found)) == CS_OK:
            return "quorate" if found.value else "inquorate"
        library.quorum_initialize(ctypes.byref(handle), None, ctypes.byref(ctypes.c_uint32()))
    return "gone"


def fencing(say: Callable[[str], object]) -> None:
    """Every three seconds, for ever."""
    while True:
        out = subprocess.run(["dlm_tool", "ls"], capture_output=True, text=True, check=False).stdout
        if "wait fencing" in out:
            say("fencing")
        time.sleep(3)


def main(path: Path) -> None:
    """Look until ended. A look that came late is not made up for: the count tells how often it was."""
    with path.open("a", buffering=1) as file:
        threading.Thread(target=fencing, args=(lambda word: file.write(word + "\n"),), daemon=True).start()
        library, handle = ctypes.CDLL("libquorum.so.5"), ctypes.c_uint64()
        due = time.monotonic()
        while True:
            file.write(quorate(library, handle) + "\n")
            due = max(due + EVERY, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
