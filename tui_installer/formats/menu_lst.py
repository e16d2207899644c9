"""menu.lst of GRUB legacy: the options from which Debian's update-grub makes the entries, and the entries.

Between the markers, `# key=value` (one `#`, one blank) is an option and `## ` a comment; update-grub rewrites what
stands between the options' end and the last marker. Source: update-grub of grub 0.97 (Debian): the lines of the markers
have nothing else on them, what is written twice is put together, and the longest `kopt_VERSION` that fits a kernel goes
before `kopt`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tui_installer.formats.text import FormatError, body, confirm, decode, encode, insert, one_line, split_lines

BEGIN = "### BEGIN AUTOMAGIC KERNELS LIST"
END = "### END DEBIAN AUTOMAGIC KERNELS LIST"
OPTIONS_END = "## ## End Default Options ##"

_OPTION = re.compile(r"# (\w[\w.-]*)=(.*)\Z", re.S | re.A)


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A title of the menu and what it boots: the arguments of its commands, and its 1-based line."""

    title: str
    root: str
    kernel: str
    modules: tuple[str, ...]  # of `module` and `initrd`
    line: int = field(compare=False)


def _options(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    """(0-based line, key, value) of each option; FormatError without the markers."""
    bodies = [body(line) for line in lines]
    if BEGIN not in bodies or OPTIONS_END not in bodies[bodies.index(BEGIN) :]:
        raise FormatError(0, f"found no {BEGIN!r} with {OPTIONS_END!r}; a file made by update-grub is accepted")
    start = bodies.index(BEGIN)
    for index in range(start, bodies.index(OPTIONS_END, start)):
        if match := _OPTION.match(body(lines[index])):
            yield index, match[1], match[2].strip()


def options(content: bytes) -> tuple[tuple[str, str], ...]:
    """The options as (key, value) in file order. FormatError if the file is not one of update-grub."""
    return tuple((key, value) for _, key, value in _options(split_lines(decode(content))))


def get(content: bytes, key: str) -> str | None:
    """The value of an option: "kopt", "xenkopt", "xenhopt"; None if it is not there. FormatError as `options`."""
    found = [value for known, value in options(content) if known == key]
    return " ".join(found) if found else None


def set(content: bytes, key: str, value: str) -> bytes:  # noqa: A001
    """`content` with that value of an option: in place, else as the last one. It stays for update-grub to be run."""
    lines = split_lines(decode(content))
    found = [(index, old) for index, known, old in _options(lines) if known == key]
    if len(found) > 1:
        raise FormatError(found[1][0] + 1, f"found {key} a second time; one line of each option is accepted")
    one_line(value, f"the value of {key}")
    if found and found[0][1] == value:
        return content
    if found:
        index, line = found[0][0], lines[found[0][0]]
        lines[index] = f"# {key}={value}{line[len(body(line)) :]}"
        text = "".join(lines)
    else:
        end = next(index for index, line in enumerate(lines) if body(line) == OPTIONS_END)
        text = insert("".join(lines), end, [f"# {key}={value}"])
    result = encode(text)
    confirm(get(result, key), value, key)
    return result


def with_words(value: str, *words: str) -> str:
    """Options of a kernel with these words: they take the place of all that have the same key (`console=`)."""
    keys = {word.partition("=")[0] for word in words}
    old = value.split()
    place = next((index for index, word in enumerate(old) if word.partition("=")[0] in keys), len(old))
    others = [[word for word in part if word.partition("=")[0] not in keys] for part in (old[:place], old[place:])]
    return " ".join([*others[0], *words, *others[1]])


def entries(content: bytes) -> tuple[MenuItem, ...]:
    """What the menu offers, in file order. FormatError at a command without its argument."""
    found: list[MenuItem] = []
    for number, line in enumerate(split_lines(decode(content)), 1):
        command, _, rest = re.sub(r"^\s*(\w+)[\s=]*", r"\1 ", body(line)).partition(" ")
        rest = rest.strip()
        if command in ("title", "kernel", "module") and not rest:
            raise FormatError(number, f"{command} has no argument; `{command} ARGUMENT` is accepted")
        if command == "title":
            found.append(MenuItem(rest, "", "", (), number))
        elif found and command in ("root", "kernel", "module", "initrd"):
            found[-1] = _with(found[-1], command, rest)
    return tuple(found)


def _with(entry: MenuItem, command: str, rest: str) -> MenuItem:
    root = rest if command == "root" else entry.root
    kernel = rest if command == "kernel" else entry.kernel
    more = (rest,) if command in ("module", "initrd") else ()
    return MenuItem(entry.title, root, kernel, (*entry.modules, *more), entry.line)


def default(content: bytes) -> int | None:
    """The entry, from 0, that boots by itself; None: the one saved last. GRUB takes 0 where nothing is written."""
    found = re.findall(r"(?m)^[ \t]*default[ \t=]+(\w+)", decode(content))
    if found and not re.fullmatch(r"[0-9]{1,4}", found[-1]):
        return None
    return int(found[-1]) if found else 0
