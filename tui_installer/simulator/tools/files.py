"""cat, rm, rmdir, mkdir, cp and mv, as far as plans use them."""

from __future__ import annotations

from dataclasses import replace

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import World


def cat(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """cat FILE..."""
    out = err = ""
    for path in argv[1:]:
        text = host.text(path)
        if text is None:
            err += f"cat: {path}: No such file or directory\n"
        elif text == "<EINVAL>":  # carrier of an interface that is down
            err += f"cat: {path}: Invalid argument\n"
        else:
            out += text
    return (1 if err else 0), out, err


def rm(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """rm [-r] [-f] PATH...."""
    flags, paths = [w for w in argv[1:] if w.startswith("-")], [w for w in argv[1:] if not w.startswith("-")]
    if set("".join(flags)) - set("-rf"):
        return 1, "", f"rm: invalid option -- '{flags[0]}'\n"
    for path in paths:
        inside = [*host.glob(path + "/**/*"), *host.glob(path + "/*")]
        if not inside and not host.glob(path) and "f" not in "".join(flags):
            return 1, "", f"rm: cannot remove '{path}': No such file or directory\n"
        for each in inside:
            if host.real(each).is_file() or host.real(each).is_symlink():
                host.remove(each)
        _clear(host, path, inside)
    return 0, "", ""


def _clear(host: Machine, path: str, inside: list[str]) -> None:
    for each in sorted({*inside, path}, reverse=True):
        if host.real(each).is_dir():
            host.real(each).rmdir()
        else:
            host.remove(each)


def rmdir(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """rmdir [--ignore-fail-on-non-empty] FOLDER..."""
    flags, paths = _split(argv)
    if set(flags) - {"--ignore-fail-on-non-empty"}:
        return 1, "", f"rmdir: unrecognized option '{flags[0]}'\n"
    for path in paths:
        real = host.real(path)
        if not real.is_dir():
            return 1, "", f"rmdir: failed to remove '{path}': No such file or directory\n"
        if any(real.iterdir()):
            if not flags:
                return 1, "", f"rmdir: failed to remove '{path}': Directory not empty\n"
            continue
        real.rmdir()
        host.data["meta"].pop(path, None)
    return 0, "", ""


def mkdir(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """mkdir [-p] [-m MODE] FOLDER..."""
    words, paths, mode, parents = list(argv[1:]), [], 0o755, False
    while words:
        word = words.pop(0)
        if word == "-m" and words:
            mode = int(words.pop(0), 8)
        elif word == "-p":
            parents = True
        elif word.startswith("-"):
            return 1, "", f"mkdir: invalid option -- '{word.lstrip('-')[:1]}'\n"
        else:
            paths.append(word)
    for path in paths:
        real = host.real(path)
        if not parents and (real.exists() or not real.parent.is_dir()):
            reason = "File exists" if real.exists() else "No such file or directory"
            return 1, "", f"mkdir: cannot create directory '{path}': {reason}\n"
        real.mkdir(parents=True, exist_ok=True)
        host.data["meta"][path] = [mode, "root:root"]
    return 0, "", ""


def cp(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """cp [-p|-a] FROM TO"""
    flags, paths = _split(argv)
    if set(flags) - {"-p", "-a", "-f"} or len(paths) != 2:
        return 1, "", "cp: missing destination file operand\nTry 'cp --help' for more information.\n"
    file = host.read(paths[0])
    if file is None:
        return 1, "", f"cp: cannot stat '{paths[0]}': No such file or directory\n"
    host.write(paths[1], file if flags else replace(file, mode=0o644, owner="root:root"))
    return 0, "", ""


def mv(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """mv [-f] FROM TO"""
    flags, paths = _split(argv)
    if set(flags) - {"-f"} or len(paths) != 2:
        return 1, "", "mv: missing destination file operand\nTry 'mv --help' for more information.\n"
    file = host.read(paths[0])
    if file is None:
        return 1, "", f"mv: cannot stat '{paths[0]}': No such file or directory\n"
    host.write(paths[1], file)
    host.remove(paths[0])
    return 0, "", ""


def _split(argv: tuple[str, ...]) -> tuple[list[str], list[str]]:
    flags = [word for word in argv[1:] if word.startswith("-")]
    return flags, [word for word in argv[1:] if not word.startswith("-")]
