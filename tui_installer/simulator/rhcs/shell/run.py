"""Running a shell's tree: builtins here, everything else through the simulated host's commands."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import paths
from tui_installer.simulator.rhcs.shell import builtins, expand
from tui_installer.simulator.rhcs.shell.builtins import Leave
from tui_installer.simulator.rhcs.shell.parse import parse
from tui_installer.simulator.rhcs.shell.redirect import redirected
from tui_installer.simulator.rhcs.shell.tree import Block, Case, Chain, Function, Grouped, If, Loop, Node, Pipe, Simple
from tui_installer.simulator.rhcs.shell.words import ShellSyntax
from tui_installer.simulator.say import Answer

Runner = Callable[[tuple[str, ...], bytes, dict[str, str]], Answer]
"""Runs a command that is no builtin: argv, stdin, environment."""


class Shell:
    """One shell process on a host. `out` and `err` collect what it printed."""

    def __init__(self, host: Machine, runner: Runner, name: str = "sh", arguments: list[str] | None = None) -> None:
        self.host: Machine = host
        self.runner: Runner = runner
        self.name = name
        self.arguments = arguments or []
        self.variables: dict[str, str] = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self.exported = {"PATH"}
        self.functions: dict[str, Node] = {}
        self.out: list[str] = []
        self.err: list[str] = []
        self.stdin = b""
        self.status = 0
        self.errexit: bool = False
        self.folder: str = "/"

    def script(self, text: str) -> int:
        """Run a script to its end; returns its exit code."""
        try:
            self.node(parse(text))
        except Leave as leave:
            if leave.how == "exit":
                self.status = leave.number
        except ShellSyntax as error:
            self.err.append(f"{self.name}: {error}\n")
            self.status = 2
        return self.status

    def scope(self) -> expand.Scope:
        """What expansion asks for."""
        return expand.Scope(
            self.variables, self.arguments, self.name, self.status, self._substitute,
            self.variables.__setitem__, self._glob,
        )  # fmt: skip

    def _glob(self, pattern: str) -> tuple[str, ...]:
        found = paths.glob(self.host, self.path(pattern))
        return found if pattern.startswith("/") else tuple(each[len(self.path("")) :] for each in found)

    def path(self, text: str) -> str:
        """A path from the current folder."""
        return text if text.startswith("/") else f"{self.folder.rstrip('/')}/{text}"

    def _substitute(self, script: str) -> str:
        child = self.child()
        self.status = child.script(script)
        self.err += child.err
        return "".join(child.out)

    def child(self) -> Shell:
        """A process of it: it has what this one has, and keeps its own changes."""
        child = Shell(self.host, self.runner, self.name, list(self.arguments))
        child.variables, child.functions = dict(self.variables), dict(self.functions)
        child.errexit, child.status, child.stdin = self.errexit, self.status, self.stdin
        child.exported, child.folder = set(self.exported), self.folder
        return child

    def node(self, node: Node, tested: bool = False) -> int:
        """Run a piece of the tree; `tested`: its failure is looked at, so `set -e` does not count it."""
        match node:
            case Block():
                for each in node.commands:
                    self.node(each, tested)
            case Simple():
                self.status = self._simple(node)
                _check(self, tested)
            case Pipe():
                _pipe(self, node)
                _check(self, tested or node.negated)
            case Chain():
                _chain(self, node, tested)
            case If():
                _if(self, node, tested)
            case Loop():
                _loop(self, node, tested)
            case Case():
                _case(self, node, tested)
            case Function():
                self.functions[node.name] = node.body
                self.status = 0
            case Grouped():
                _grouped(self, node, tested)
        return self.status

    def _simple(self, node: Simple) -> int:
        argv = expand.fields(node.words, self.scope())
        given = {name: expand.joined(word, self.scope()) for name, word in node.assigned}
        if not argv:
            status = self.status if any(part.kind == "command" for _, w in node.assigned for part in w) else 0
            self.variables |= given
            return redirected(self, node.redirects, lambda: status)
        return redirected(self, node.redirects, lambda: self._command(argv, given))

    def _command(self, argv: list[str], given: dict[str, str]) -> int:
        if argv[0] in self.functions:
            return self._function(argv)
        builtin = builtins.BUILTINS.get(argv[0])
        if builtin:
            self.variables |= given
            return builtin(self, argv)
        environment = {name: self.variables[name] for name in self.exported if name in self.variables} | given
        code, out, err = self.runner((argv[0], *argv[1:]), self.stdin, environment)
        self.out.append(out)
        self.err.append(err)
        return code

    def _function(self, argv: list[str]) -> int:
        saved, self.arguments = self.arguments, argv[1:]
        try:
            return self.node(self.functions[argv[0]])
        except Leave as leave:
            if leave.how != "return":
                raise
            return leave.number
        finally:
            self.arguments = saved


# --- the tree


def _check(shell: Shell, tested: bool) -> None:
    if shell.status and shell.errexit and not tested:
        raise Leave("exit", shell.status)


def _chain(shell: Shell, node: Chain, tested: bool) -> None:
    shell.node(node.first, True)
    for number, (operator, each) in enumerate(node.rest):
        if (operator == "&&") == (shell.status == 0):
            shell.node(each, tested or number < len(node.rest) - 1)


def _pipe(shell: Shell, node: Pipe) -> None:
    stdin = shell.stdin
    for number, each in enumerate(node.commands):
        child = shell.child()
        child.stdin = stdin
        try:
            child.node(each, True)
        except Leave as leave:
            child.status = leave.number
        shell.err += child.err
        stdin, shell.status = "".join(child.out).encode("utf-8", "surrogateescape"), child.status
        if number == len(node.commands) - 1:
            shell.out += child.out
    if node.negated:
        shell.status = int(not shell.status)


def _if(shell: Shell, node: If, tested: bool) -> None:
    for condition, body in node.branches:
        if shell.node(condition, True) == 0:
            shell.node(body, tested)
            return
    shell.status = 0
    if node.otherwise:
        shell.node(node.otherwise, tested)


def _loop(shell: Shell, node: Loop, tested: bool) -> None:
    if node.kind == "for":
        words = shell.arguments if node.words is None else expand.fields(node.words, shell.scope())
        for word in list(words):
            shell.variables[node.name] = word
            if not _round(shell, node.body, tested):
                return
        return
    assert node.condition is not None
    while (shell.node(node.condition, True) == 0) == (node.kind == "while"):
        if not _round(shell, node.body, tested):
            return
    shell.status = 0


def _round(shell: Shell, body: Node, tested: bool) -> bool:
    try:
        shell.node(body, tested)
    except Leave as leave:
        if leave.how not in ("break", "continue"):
            raise
        shell.status = 0
        return leave.how == "continue"
    return True


def _case(shell: Shell, node: Case, tested: bool) -> None:
    text = expand.joined(node.word, shell.scope())
    shell.status = 0
    for patterns, body in node.branches:
        if any(fnmatch.fnmatchcase(text, expand.pattern(each, shell.scope())) for each in patterns):
            shell.node(body, tested)
            return


def _grouped(shell: Shell, node: Grouped, tested: bool) -> None:
    def body() -> int:
        if not node.subshell:
            return shell.node(node.body, tested)
        child = shell.child()
        child.out, child.err = shell.out, shell.err
        try:
            return child.node(node.body, tested)
        except Leave as leave:
            return leave.number

    shell.status = redirected(shell, node.redirects, body)
    if node.subshell:
        _check(shell, tested)
