"""The laboratory's programs in C, compiled when their source changed."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.lab import folders
from tests.lab.exclusive import exclusive


def compiled(source: str, *options: str) -> Path:
    """The program of that source file, compiled with those options besides the usual ones."""
    path = folders.HERE / source
    program = folders.cache() / f"{path.stem}-{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"
    with exclusive(program.with_suffix(".lock")):
        if not program.exists():
            part = program.with_suffix(".part")
            compiler = shutil.which("cc") or "gcc"
            argv = [compiler, "-O2", "-Wall", "-Wextra", *options, "-o", str(part), str(path)]
            subprocess.run(argv, check=True)
            part.rename(program)
    return program
