"""What the shell does itself: echo, test, cd, set, exit and their like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from tui_installer.simulator.rhcs import paths
from tui_installer.simulator.rhcs.shell.parse import parse

if TYPE_CHECKING:
    from tui_installer.simulator.rhcs.shell.run import Shell

Builtin = Callable[["Shell", list[str]], int]


class Leave(Exception):
    """exit, return, break or continue."""

    def __init__(self, how: str, number: int) -> None:
        super().__init__(how)
        self.how = how
        self.number = number


def _leave(shell: Shell, argv: list[str]) -> int:
    number = int(argv[1]) if argv[1:] and argv[1].isdigit() else shell.status
    raise Leave(argv[0], number)


def _echo(shell: Shell, argv: list[str]) -> int:
    words, newline = argv[1:], "\n"
    while words and words[0] in ("-n", "-e", "-ne", "-en"):
        newline = "" if "n" in words.pop(0) else newline
    shell.out.append(" ".join(words) + newline)
    return 0


def _printf(shell: Shell, argv: list[str]) -> int:
    if len(argv) < 2:
        shell.err.append("printf: usage: printf format [arguments]\n")
        return 2
    form = argv[1].replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
    count = len(re.findall(r"%[-0-9.]*[sd]", form))
    words = argv[2:]
    while True:
        batch, words = words[:count], words[count:]
        fill = partial(_filled, iter(batch + [""] * (count - len(batch))))
        shell.out.append(re.sub(r"%[-0-9.]*[sd]|%%", fill, form))
        if not words or not count:
            return 0


def _filled(words: Iterator[str], match: re.Match[str]) -> str:
    return "%" if match[0] == "%%" else _formed(match[0], next(words))


def _formed(form: str, word: str) -> str:
    return form.replace("d", "s") % word if form.endswith("s") else form % int(word or 0)


def _test(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    if argv[0] == "[" and (not words or words.pop() != "]"):
        shell.err.append(f"{shell.name}: [: missing `]'\n")
        return 2
    try:
        return int(not _either(shell, words)) if words else 1
    except (IndexError, ValueError):
        shell.err.append(f"{shell.name}: {argv[0]}: {' '.join(argv[1:])}: unexpected operator\n")
        return 2


def _either(shell: Shell, words: list[str]) -> bool:
    found = _both(shell, words)
    while words and words[0] == "-o":
        words.pop(0)
        found = _both(shell, words) or found
    if words:
        raise ValueError(words[0])
    return found


def _both(shell: Shell, words: list[str]) -> bool:
    found = _primary(shell, words)
    while words and words[0] == "-a":
        words.pop(0)
        found = _primary(shell, words) and found
    return found


def _primary(shell: Shell, words: list[str]) -> bool:
    if len(words) > 2 and words[1] in BINARY:
        left, operator, right = words.pop(0), words.pop(0), words.pop(0)
        return BINARY[operator](left, right)
    word = words.pop(0)
    if word == "!" and words:
        return not _primary(shell, words)
    if word in UNARY and words and words[0] not in ("-a", "-o"):
        return UNARY[word](shell, words.pop(0))
    return bool(word)


BINARY: dict[str, Callable[[str, str], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "-eq": lambda a, b: int(a) == int(b),
    "-ne": lambda a, b: int(a) != int(b),
    "-lt": lambda a, b: int(a) < int(b),
    "-le": lambda a, b: int(a) <= int(b),
    "-gt": lambda a, b: int(a) > int(b),
    "-ge": lambda a, b: int(a) >= int(b),
}
UNARY: dict[str, Callable[[Shell, str], bool]] = {
    "-n": lambda shell, text: bool(text),
    "-z": lambda shell, text: not text,
    "-e": lambda shell, path: paths.kind(shell.host, shell.path(path)) != "",
    "-f": lambda shell, path: paths.kind(shell.host, shell.path(path)) == "file",
    "-r": lambda shell, path: paths.kind(shell.host, shell.path(path)) != "",
    "-w": lambda shell, path: paths.kind(shell.host, shell.path(path)) != "",
    "-d": lambda shell, path: paths.is_folder(shell.host, shell.path(path)),
    "-b": lambda shell, path: paths.kind(shell.host, shell.path(path)) == "block",
    "-x": lambda shell, path: paths.executable(shell.host, shell.path(path)),
    "-s": lambda shell, path: bool(paths.text(shell.host, shell.path(path))),
    "-h": lambda shell, path: paths.is_link(shell.host, shell.path(path)),
    "-L": lambda shell, path: paths.is_link(shell.host, shell.path(path)),
    "-t": lambda shell, number: False,
}


def _set(shell: Shell, argv: list[str]) -> int:
    words = argv[1:]
    while words and re.fullmatch(r"[-+][efux]+", words[0]):
        word = words.pop(0)
        if "e" in word:
            shell.errexit = word[0] == "-"
    if words[:1] == ["--"]:
        shell.arguments = words[1:]
    elif words:
        shell.arguments = words
    return 0


def _export(shell: Shell, argv: list[str]) -> int:
    for word in argv[1:]:
        name, equals, value = word.partition("=")
        shell.exported.add(name)
        if equals:
            shell.variables[name] = value
    return 0


def _local(shell: Shell, argv: list[str]) -> int:
    for word in argv[1:]:
        name, _, value = word.partition("=")
        shell.variables[name] = value
    return 0


def _unset(shell: Shell, argv: list[str]) -> int:
    for name in argv[1:]:
        shell.variables.pop(name, None)
    return 0


def _shift(shell: Shell, argv: list[str]) -> int:
    count = int(argv[1]) if argv[1:] else 1
    if count > len(shell.arguments):
        return 1
    shell.arguments = shell.arguments[count:]
    return 0


def _read(shell: Shell, argv: list[str]) -> int:
    names = [word for word in argv[1:] if not word.startswith("-")] or ["REPLY"]
    if not shell.stdin:
        return 1
    line, newline, shell.stdin = shell.stdin.partition(b"\n")
    words = line.decode("utf-8", "surrogateescape").strip(" \t").split(None, len(names) - 1)
    for name, word in zip(names, words + [""] * len(names), strict=False):
        shell.variables[name] = word
    return 0 if newline else 1


def _source(shell: Shell, argv: list[str]) -> int:
    text = paths.text(shell.host, shell.path(argv[1])) if argv[1:] else None
    if text is None:
        shell.err.append(f"{shell.name}: .: {argv[1] if argv[1:] else ''}: not found\n")
        return 2
    return shell.node(parse(text))


def _eval(shell: Shell, argv: list[str]) -> int:
    return shell.node(parse(" ".join(argv[1:])))


def _exec(shell: Shell, argv: list[str]) -> int:
    if not argv[1:]:
        return 0
    code, out, err = shell.runner(tuple(argv[1:]), shell.stdin, dict(shell.variables))
    shell.out.append(out)
    shell.err.append(err)
    raise Leave("exit", code)


def _cd(shell: Shell, argv: list[str]) -> int:
    folder = shell.path(argv[1]) if argv[1:] else "/root"
    if not paths.is_folder(shell.host, folder):
        shell.err.append(f"{shell.name}: cd: {argv[1]}: No such file or directory\n")
        return 1
    shell.folder = folder
    return 0


def _command(shell: Shell, argv: list[str]) -> int:
    if argv[1:2] not in (["-v"], ["-V"]) and argv[0] == "command":
        return shell._command(argv[1:], {})
    name = argv[-1]
    if name in BUILTINS or name in shell.functions:
        shell.out.append(f"{name}\n")
        return 0
    found = paths.program(shell.host, name, shell.variables.get("PATH", ""))
    if found is None:
        return 127 if argv[0] == "command" else 1
    shell.out.append(f"{found}\n")
    return 0


def _yes(shell: Shell, argv: list[str]) -> int:
    return 0


def _no(shell: Shell, argv: list[str]) -> int:
    return 1


BUILTINS: dict[str, Builtin] = {
    ":": _yes, "true": _yes, "false": _no, "umask": _yes, "trap": _yes, "wait": _yes, "ulimit": _yes,
    "echo": _echo, "printf": _printf, "test": _test, "[": _test, "set": _set, "export": _export, "local": _local,
    "readonly": _export, "unset": _unset, "shift": _shift, "read": _read, ".": _source, "eval": _eval, "exec": _exec,
    "cd": _cd, "command": _command, "type": _command, "exit": _leave, "return": _leave, "break": _leave,
    "continue": _leave,
}  # fmt: skip
