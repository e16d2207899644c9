"""sh: a script runs the same tools as the host itself."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say, Tool
from tui_installer.simulator.world import World

Tools = Mapping[str, tuple[Tool, str]]
"""(tool, the package that brings it) by name."""


def shell(tools: Tools) -> Tool:
    """The sh of a host that has these tools."""

    def sh(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
        """sh -c SCRIPT NAME ARGUMENTS...; sh -n FILE: whether a file is one for a shell, judged by its quotes."""
        if argv[1:2] == ("-c",) and len(argv) > 3:
            return _script(tools, world, host, argv[2:], say)
        if argv[1:2] != ("-n",) or len(argv) != 3:
            return 127, "", "sh: 1: the simulator knows no such script\n"
        return _checked(host, argv[2])

    return sh


def _checked(host: Machine, path: str) -> Answer:
    text = host.text(path)
    if text is None:
        return 2, "", f"sh: 0: cannot open {path}: No such file\n"
    try:
        for line in text.splitlines():
            if re.match(r"[A-Z_]+=", line):
                shlex.split(line, comments=True)
    except ValueError:
        return 2, "", f"{path}: 1: Syntax error: Unterminated quoted string\n"
    return 0, "", ""


def _script(tools: Tools, world: World, host: Machine, words: tuple[str, ...], say: Say) -> Answer:
    from tui_installer.simulator.rhcs.shell.run import Shell  # large

    text, name, *rest = words

    def run(argv: tuple[str, ...], stdin: bytes, environment: dict[str, str]) -> Answer:
        tool, package = tools.get(argv[0].rsplit("/", 1)[-1], (None, ""))
        if tool is None or (package and package not in host.data["packages"]):
            return 127, "", f"{name}: 1: {argv[0]}: not found\n"
        return tool(world, host, argv, stdin, say)

    shell = Shell(host, run, name, rest)
    return shell.script(text), "".join(shell.out), "".join(shell.err)
