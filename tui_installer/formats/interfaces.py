"""/etc/network/interfaces: its stanzas, and edits that add one or take an interface out.

Source: interfaces(5) and what ifupdown 0.8.41 accepts. What it refuses is refused, and so are words on an `iface`
line that it ignores with a warning, and keywords where it expects the names of interfaces.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tui_installer.formats.text import FormatError, confirm, decode, encode, insert, one_line, split_lines

_FOLDER = "/etc/network/"
_LISTS = ("auto", "no-auto-down", "no-scripts", "rename")
_SOURCES = {"source": "source", "source-directory": "source-directory", "source-dir": "source-directory"}
_METHODS = {
    "inet": ["loopback", "static", "manual", "dhcp", "bootp", "tunnel", "ppp", "wvdial", "ipv4ll"],
    "inet6": ["loopback", "static", "manual", "dhcp", "auto", "v4tunnel", "6to4"],
}
_FAMILIES = (*_METHODS, "ipx", "can", "link", "meta")


@dataclass(frozen=True, slots=True)
class Stanza:
    """One stanza. `line` to `last` are its 1-based lines, its last option included.

    `kind` is the keyword (`source-dir` is given as `source-directory`); `names` the words after it: interfaces, for
    sources the patterns as written. `family`, `method` and `inherits` are those of `iface`, "" if not given.
    """

    kind: str
    names: tuple[str, ...]
    family: str
    method: str
    inherits: str
    options: tuple[tuple[str, str], ...]
    line: int
    last: int


def _logical(text: str) -> Iterator[tuple[int, int, str]]:
    """(first line, last line, text) of what is neither blank nor a comment, lines that end in `\\` being joined."""
    first, joined = 0, ""
    for number, line in enumerate(split_lines(text), 1):
        row = line.removesuffix("\n")
        if not first and (not row.strip() or row.lstrip().startswith("#")):
            continue
        first, joined = first or number, joined + row.removesuffix("\\")
        if not row.endswith("\\"):
            yield first, number, joined.strip()
            first, joined = 0, ""
    if first:
        yield first, number, joined.strip()


def stanzas(content: bytes) -> tuple[Stanza, ...]:
    """All stanzas in file order. FormatError, with its line, where ifupdown would refuse the file."""
    found: list[Stanza] = []
    for line, last, row in _logical(decode(content)):
        words = row.split()
        if not words:
            continue
        if stanza := _begin(words, line, last):
            found.append(stanza)
        elif not found or found[-1].kind not in ("iface", "mapping"):
            raise FormatError(line, f"found {words[0]!r} outside a stanza; iface, auto, allow-* or source is accepted")
        elif len(words) < 2:
            raise FormatError(line, f"option {row!r} has no value; `{row} VALUE` is accepted")
        else:
            option = words[0], row[len(words[0]) :].strip()
            found[-1] = replace(found[-1], options=(*found[-1].options, option), last=last)
    return tuple(found)


def _begin(words: list[str], line: int, last: int) -> Stanza | None:
    """The stanza that these words begin; None if they are an option."""
    kind, names = words[0], tuple(words[1:])
    if kind == "iface":
        return _iface(words, line, last)
    if kind in _LISTS or re.fullmatch(r"allow-.+", kind) or kind == "mapping":
        if "iface" in names:
            raise FormatError(
                line, f"found 'iface' among the names of {kind}; `iface` on a line of its own is accepted"
            )
        return Stanza(kind, names, "", "", "", (), line, last)
    if kind in _SOURCES:
        if not names:
            raise FormatError(line, f"{kind} names no file; a path or pattern after it is accepted")
        return Stanza(_SOURCES[kind], names, "", "", "", (), line, last)
    return None


def _iface(words: list[str], line: int, last: int) -> Stanza:
    """An `iface NAME FAMILY METHOD [inherits NAME]` line; with `inherits`, family and method may be missing."""
    at = words.index("inherits", 2) if "inherits" in words[2:] else len(words)
    inherits = words[at + 1 : at + 2]
    extra = words[at + 2 :] + words[4:at]
    if len(words) < 2 or (at < len(words) and not inherits) or (not inherits and len(words) < 4):
        raise FormatError(line, f"found {' '.join(words)!r}; `iface NAME FAMILY METHOD [inherits NAME]` is accepted")
    if extra:
        raise FormatError(
            line, f"found {' '.join(extra)!r} after the method; options on lines of their own are accepted"
        )
    family, method = ([*words[2:at], "", ""])[:2]
    _known(line, family, method)
    return Stanza("iface", (words[1],), family, method, "".join(inherits), (), line, last)


def _known(line: int, family: str, method: str) -> None:
    """Refuse a family or method that ifupdown doesn't know."""
    if family and family not in _FAMILIES:
        raise FormatError(line, f"unknown address family {family!r}; one of {', '.join(_FAMILIES)} is accepted")
    if method and method not in _METHODS.get(family, (method,)):
        raise FormatError(line, f"unknown method {method!r}; one of {', '.join(_METHODS[family])} is accepted")


def sourced(content: bytes) -> tuple[str, ...]:
    """Absolute patterns of the files that are read in, in file order; for a folder, its path with `/*`.

    From a folder ifupdown takes only names made of letters, digits, `-` and `_`.
    """
    found = []
    for stanza in stanzas(content):
        if stanza.kind in _SOURCES.values():
            tail = "/*" if stanza.kind == "source-directory" else ""
            found += [(n if n.startswith("/") else _FOLDER + n).rstrip("/") + tail for n in stanza.names]
    return tuple(found)


def options_of(content: bytes, name: str) -> tuple[tuple[str, str], ...]:
    """The options of all iface stanzas of `name`, in file order."""
    return tuple(option for s in stanzas(content) if s.kind == "iface" and s.names == (name,) for option in s.options)


def _meaning(found: Sequence[Stanza]) -> list[Stanza]:
    return [replace(stanza, line=0, last=0) for stanza in found]


def add_stanza(content: bytes, lines: Sequence[str]) -> bytes:
    """`content` with `lines` (one or more whole stanzas, without line ends) at its end, after a blank line.

    Unchanged if all of these stanzas are there already, word for word.
    """
    rows = [one_line(line, "the line") for line in lines]
    before = _meaning(stanzas(content))
    new = _meaning(stanzas(encode("\n".join(rows))))
    if all(stanza in before for stanza in new):
        return content
    text = decode(content)
    have = split_lines(text)
    gap = [""] if have and have[-1].strip() else []
    result = encode(insert(text, len(have), gap + rows))
    confirm(_meaning(stanzas(result)), before + new, "the file")
    return result
