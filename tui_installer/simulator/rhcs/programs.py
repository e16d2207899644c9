"""Running a program of a simulated host, a tool or a script: tools run tools, so none is known by its name here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import paths, usage
from tui_installer.simulator.rhcs.paths import BASE
from tui_installer.simulator.rhcs.shell.run import Shell
from tui_installer.simulator.say import Answer, Say, Tool
from tui_installer.simulator.world import World

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TOOLS: dict[str, Tool] = {}
"""Which program is which tool, by its name; `commands` has the table."""


def execute(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say, search: str = PATH) -> Answer:
    """Run a program, or a script; 127 if there is none, as the shell says it."""
    path = paths.program(host, argv[0], search)
    if path is None:
        there = "/" in argv[0] and paths.kind(host, argv[0])
        if there:
            return 126, "", f"sh: {argv[0]}: Permission denied\n"
        what = "No such file or directory" if "/" in argv[0] else "command not found"
        return 127, "", f"sh: {argv[0]}: {what}\n"
    text = "" if path in BASE else paths.text(host, path) or ""
    if text.startswith("#!"):
        return script(world, host, text, argv[0], list(argv[1:]), stdin, say, text.split("\n")[0].endswith(" -e"))
    name = paths.follow(host, path).rsplit("/", 1)[-1] if path not in BASE else path.rsplit("/", 1)[-1]
    tool = TOOLS.get(name)
    if tool is None:
        return 126, "", f"sh: {argv[0]}: cannot execute binary file\n"
    return usage.refusal(host, argv) or tool(world, host, argv, stdin, say)


@contextmanager
def given(world: World, own: dict[str, str]) -> Iterator[None]:
    """While a command runs that is given these."""
    before, world.environment = world.environment, world.environment | own
    try:
        yield
    finally:
        world.environment = before


def script(
    world: World, host: Machine, text: str, name: str, rest: list[str], stdin: bytes, say: Say, errexit: bool = False
) -> Answer:
    """Run a script's text."""

    def runner(argv: tuple[str, ...], data: bytes, environment: dict[str, str]) -> Answer:
        out: list[str] = []
        with given(world, environment):
            code, more, err = execute(
                world, host, argv, data, lambda line: out.append(f"{line}\n"), environment.get("PATH", PATH)
            )
        return code, "".join(out) + more, err

    shell = Shell(host, runner, name, rest)
    shell.variables |= world.environment  # as every shell begins, and hands on to what it runs
    shell.exported |= {*world.environment}
    shell.stdin, shell.errexit = stdin, errexit
    code = shell.script(text)
    return code, "".join(shell.out), "".join(shell.err)
