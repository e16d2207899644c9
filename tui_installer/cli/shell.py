"""A shell in the line of the program, and back: the operator looks and mends by hand."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from contextlib import suppress

from tui_installer.cli.saying import say
from tui_installer.hosts.host import Host, HostError
from tui_installer.model.text import printable

WITHIN = 600.0
"""Seconds that a command of the simulated shell may take."""


def shell(words: str) -> None:
    """Run a shell on this host until it ends; the words stand in its prompt, without its own start-up files."""
    prompt = f"({words}; exit: back) \\u@\\h:\\w\\$ "
    environment = {**os.environ, "PS1": prompt}
    environment.pop("ENV", None)
    bash = "/bin/bash"
    argv = [bash, "--norc", "--noprofile", "-i"] if os.path.exists(bash) else ["/bin/sh", "-i"]
    if len(argv) == 2:
        environment["PS1"] = f"({words}; exit: back) # "
    _begin(words)
    subprocess.run(argv, env=environment, check=False)
    with suppress(OSError):
        os.tcsetpgrp(0, os.getpgrp())


def simulated(host: Host, words: str) -> None:
    """Type commands to a simulated host, each a program with its words: it has no shell."""
    _begin(words)
    while True:
        try:
            sys.stdout.write(f"({words}; exit: back) {host.name}# ")
            sys.stdout.flush()
            argv = shlex.split(input())
        except (EOFError, ValueError):
            return
        if argv == ["exit"]:
            return
        if argv:
            _tell(host, argv)


def _tell(host: Host, argv: list[str]) -> None:
    try:
        result = host.run(*argv, within=WITHIN)
    except HostError as error:
        say(printable(str(error)))
        return
    for line in f"{result.out}{result.err}".splitlines():
        say(line)
    if not result.ok():
        say(f"({result.verdict})")


def _begin(words: str) -> None:
    sys.stdout.write("\x1b[2J\x1b[H" if sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb" else "")
    say(f"A shell ({words}). exit or Ctrl-D comes back to tui-installer.")
