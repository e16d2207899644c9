"""coreutils of etch: cat, ls, ln, readlink, stat, chmod and so on; newer options are refused as they were then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tui_installer.hosts.host import File
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import paths
from tui_installer.simulator.say import Answer, Say, Tool
from tui_installer.simulator.tools import files
from tui_installer.simulator.world import World


def refusal(tool: str, word: str) -> Answer:
    """What a tool says to an option that it does not know."""
    what = f"unrecognized option `{word}'" if word.startswith("--") else f"invalid option -- {word[1:2]}"
    return 1, "", f"{tool}: {what}\nTry `{tool} --help' for more information.\n"


def quoted(tool: Tool) -> Tool:
    """A tool of the other worlds, with the quotes of the time in what it complains about."""

    def run(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
        code, out, err = tool(world, host, argv, stdin, say)
        return code, out, err.replace(" '", " `")

    return run


def _split(argv: tuple[str, ...], known: str) -> tuple[str, list[str], str]:
    """(letters of the options, operands, an option that is unknown)."""
    letters, words = "", list(argv[1:])
    rest: list[str] = []
    while words:
        word = words.pop(0)
        if word == "--":
            return letters, rest + words, ""
        if word.startswith("-") and len(word) > 1:
            if set(word[1:]) - set(known):
                return letters, rest, word
            letters += word[1:]
        else:
            rest.append(word)
    return letters, rest, ""


def cat(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """cat [FILE]..."""
    _, names, wrong = _split(argv, "")
    if wrong:
        return refusal("cat", wrong)
    out = err = ""
    for name in names or ["-"]:
        text = stdin.decode("utf-8", "surrogateescape") if name == "-" else paths.text(host, name)
        if text == "<EINVAL>":
            err += f"cat: {name}: Invalid argument\n"
        elif text is None:
            reason = "Is a directory" if paths.is_folder(host, name) else "No such file or directory"
            err += f"cat: {name}: {reason}\n"
        else:
            out += text
    return int(bool(err)), out, err


def ls(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ls [-1] [-a] [-d] [-l] [PATH]..."""
    letters, names, wrong = _split(argv, "1adlAL")
    if wrong:
        return refusal("ls", wrong)
    out = err = ""
    for name in names or ["/"]:
        if not paths.kind(host, name) and not paths.is_link(host, name):
            err += f"ls: {name}: No such file or directory\n"
        elif paths.is_folder(host, name) and "d" not in letters:
            inside = [each for each in host.glob(f"{paths.follow(host, name).rstrip('/')}/*")]
            out += "".join(_listed(host, each, each.rsplit("/", 1)[1], letters) for each in inside)
        else:
            out += _listed(host, name, name, letters)
    return (2 if err else 0), out, err


def _listed(host: Machine, path: str, name: str, letters: str) -> str:
    if "l" not in letters:
        return f"{name}\n"
    file = host.read(path) or File(mode=0o755)
    kind = "l" if file.link is not None else "d" if host.real(path).is_dir() else "-"
    user, _, group = file.owner.partition(":")
    arrow = f" -> {file.link}" if file.link is not None else ""
    return f"{kind}{_rwx(file.mode)} 1 {user} {group} {len(file.content)} 2009-03-14 12:00 {name}{arrow}\n"


def _rwx(mode: int) -> str:
    return "".join(letter if mode >> (8 - n) & 1 else "-" for n, letter in enumerate("rwxrwxrwx"))


def ln(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ln -s [-f] [-n] TARGET LINK"""
    letters, names, wrong = _split(argv, "sfn")
    if wrong:
        return refusal("ln", wrong)
    if len(names) != 2 or "s" not in letters:
        return 1, "", "ln: missing file operand\nTry `ln --help' for more information.\n"
    target, link = names
    if paths.is_folder(host, link) and not ("n" in letters and paths.is_link(host, link)):
        link = f"{link.rstrip('/')}/{target.rsplit('/', 1)[-1]}"
    if (paths.is_link(host, link) or paths.kind(host, link)) and "f" not in letters:
        return 1, "", f"ln: creating symbolic link `{link}' to `{target}': File exists\n"
    if not paths.is_folder(host, link.rsplit("/", 1)[0] or "/"):
        return 1, "", f"ln: creating symbolic link `{link}' to `{target}': No such file or directory\n"
    host.link(link, target)
    return 0, "", ""


def readlink(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """readlink [-f|-n] PATH"""
    letters, names, wrong = _split(argv, "fne")
    if wrong:
        return refusal("readlink", wrong)
    if len(names) != 1:
        return 1, "", "readlink: missing operand\nTry `readlink --help' for more information.\n"
    end = "" if "n" in letters else "\n"
    if "f" in letters or "e" in letters:
        return 0, paths.follow(host, names[0]) + end, ""
    file = host.read(names[0])
    return (0, (file.link or "") + end, "") if file and file.link is not None else (1, "", "")


def chmod(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """chmod MODE FILE..., in octal or as +x, u+x, go-rwx"""
    names = list(argv[1:])
    if len(names) < 2 or names[0].startswith("--"):
        return 1, "", "chmod: missing operand\nTry `chmod --help' for more information.\n"
    wanted = names.pop(0)

    def change(file: File) -> File:
        return replace(file, mode=_mode(wanted, file.mode))

    return _changed(host, "chmod: cannot access", names, change)


def _mode(wanted: str, old: int) -> int:
    if wanted.isdigit():
        return int(wanted, 8)
    who, sign, what = wanted.partition("+") if "+" in wanted else wanted.partition("-")
    bits = sum({"r": 4, "w": 2, "x": 1}.get(letter, 0) for letter in what)
    mask = sum(bits << {"u": 6, "g": 3, "o": 0}[each] for each in (who.replace("a", "ugo") or "ugo"))
    return old | mask if sign == "+" else old & ~mask


def chown(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """chown USER:GROUP FILE..."""
    if len(argv) < 3 or argv[1].startswith("-"):
        return 1, "", "chown: missing operand\nTry `chown --help' for more information.\n"
    user, _, group = argv[1].partition(":")
    return _changed(host, "chown: cannot access", argv[2:], lambda file: replace(file, owner=f"{user}:{group or user}"))


def _changed(host: Machine, refused: str, names: tuple[str, ...] | list[str], change: Callable[[File], File]) -> Answer:
    err = ""
    for name in names:
        path = paths.follow(host, name)
        file = host.read(path)
        if file is not None:
            host.write(path, change(file))
        elif not paths.is_folder(host, path):
            err += f"{refused} `{name}': No such file or directory\n"
    return int(bool(err)), "", err


def stat(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """stat -c FORMAT PATH..., with %a %U %G %s %F %n"""
    if argv[1:2] != ("-c",) or len(argv) < 4:
        return refusal("stat", argv[1] if argv[1:] else "-")
    out = err = ""
    for name in argv[3:]:
        file = host.read(name) or (File(mode=0o755) if paths.is_folder(host, name) else None)
        if file is None:
            err += f"stat: cannot stat `{name}': No such file or directory\n"
            continue
        user, _, group = file.owner.partition(":")
        kind = "symbolic link" if file.link else "directory" if host.real(name).is_dir() else "regular file"
        parts = {"%a": f"{file.mode:o}", "%U": user, "%G": group, "%s": str(len(file.content)), "%F": kind, "%n": name}
        text = argv[2]
        for key, value in parts.items():
            text = text.replace(key, value)
        out += text + "\n"
    return int(bool(err)), out, err


def touch(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """touch FILE..."""
    _, names, wrong = _split(argv, "")
    if wrong:
        return refusal("touch", wrong)
    for name in names:
        if paths.text(host, name) is None:
            paths.put(host, name, "")
    return 0, "", ""


def wc(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """wc -l|-c [FILE]"""
    letters, names, wrong = _split(argv, "lc")
    if wrong:
        return refusal("wc", wrong)
    text = paths.text(host, names[0]) if names else stdin.decode("utf-8", "surrogateescape")
    if text is None:
        return 1, "", f"wc: {names[0]}: No such file or directory\n"
    count = text.count("\n") if "l" in letters else len(text.encode("utf-8", "surrogateescape"))
    return 0, f"{count}{f' {names[0]}' if names else ''}\n", ""


def name_of(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """basename PATH, dirname PATH"""
    if len(argv) < 2:
        return 1, "", f"{argv[0]}: missing operand\n"
    folder, _, name = argv[1].rstrip("/").rpartition("/")
    return 0, (name if argv[0].endswith("basename") else folder or "/") + "\n", ""


def mktemp(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """mktemp [-d] TEMPLATE: X's at its end become letters of its own."""
    template = argv[-1] if len(argv) > 1 and not argv[-1].startswith("-") else "/tmp/tmp.XXXXXXXXXX"
    stem = template.rstrip("X")
    count = len(template) - len(stem)
    if count < 3 or not paths.is_folder(host, stem.rpartition("/")[0] or "/"):
        return 1, "", f"mktemp: cannot create temp dir {template}: No such file or directory\n"
    at = next(n for n in range(1000) if not host.real(f"{stem}{n:0{count}}").exists())
    path = f"{stem}{at:0{count}}"
    if "-d" in argv:
        host.real(path).mkdir(mode=0o700)
    else:
        host.put(path, "", 0o600)
    return 0, f"{path}\n", ""


TOOLS: dict[str, Tool] = {
    "cat": cat, "ls": ls, "ln": ln, "readlink": readlink, "chmod": chmod, "chown": chown, "stat": stat,
    "mktemp": mktemp, "touch": touch, "wc": wc, "basename": name_of, "dirname": name_of, "rm": quoted(files.rm),
    "rmdir": quoted(files.rmdir), "mkdir": quoted(files.mkdir), "cp": quoted(files.cp), "mv": quoted(files.mv),
}  # fmt: skip
