"""Redirections: streams that go to files, to nowhere, or to each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tui_installer.simulator.rhcs import paths
from tui_installer.simulator.rhcs.shell import expand
from tui_installer.simulator.rhcs.shell.tree import Redirect

if TYPE_CHECKING:
    from tui_installer.simulator.rhcs.shell.run import Shell


def redirected(shell: Shell, redirects: list[Redirect], body: Callable[[], int]) -> int:
    """Run `body` with the shell's streams pointed elsewhere; returns its exit code, 1 if they cannot be."""
    if not redirects:
        return body()
    out, err, stdin = shell.out, shell.err, shell.stdin
    files: list[tuple[list[str], str]] = []
    try:
        for each in redirects:
            text = expand.joined(each.target, shell.scope())
            if not _redirect(shell, each, text, files):
                return 1
        return body()
    finally:
        shell.out, shell.err, shell.stdin = out, err, stdin
        for said, path in files:
            paths.put(shell.host, path, "".join(said))


def _redirect(shell: Shell, each: Redirect, text: str, files: list[tuple[list[str], str]]) -> bool:
    """Point a stream elsewhere; False: it cannot be, and the reason was said."""
    if each.op == "<<":
        shell.stdin = text.encode()
    elif each.op == "<":
        found = paths.text(shell.host, shell.path(text))
        if found is None and text != "/dev/null":
            shell.err.append(f"{shell.name}: {text}: No such file or directory\n")
            return False
        shell.stdin = (found or "").encode("utf-8", "surrogateescape")
    elif each.op == ">&":
        _duplicate(shell, each.fd, text)
    else:
        said: list[str] = []
        if text != "/dev/null":
            if not paths.is_folder(shell.host, shell.path(text).rsplit("/", 1)[0] or "/"):
                shell.err.append(f"{shell.name}: {text}: No such file or directory\n")
                return False
            if each.op == ">>":
                said.append(paths.text(shell.host, shell.path(text)) or "")
            files.append((said, shell.path(text)))
        _set(shell, each.fd, said)
    return True


def _duplicate(shell: Shell, fd: int, text: str) -> None:
    _set(shell, fd, {"1": shell.out, "2": shell.err}.get(text, []))


def _set(shell: Shell, fd: int, said: list[str]) -> None:
    if fd == 1:
        shell.out = said
    elif fd == 2:
        shell.err = said
