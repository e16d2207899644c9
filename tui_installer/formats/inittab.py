"""/etc/inittab of sysvinit: entries `id:runlevels:action:process`. Source: inittab(5)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tui_installer.formats.text import FormatError, body, confirm, decode, encode, insert, one_line, split_lines


@dataclass(frozen=True, slots=True)
class InittabEntry:
    """An entry and its 1-based line. `id` has up to four characters and must be unique."""

    id: str
    runlevels: str
    action: str
    process: str
    line: int = field(default=0, compare=False)

    @property
    def text(self) -> str:
        """The entry as a line."""
        return ":".join((self.id, self.runlevels, self.action, self.process))


def _entries(lines: list[str]) -> Iterator[InittabEntry]:
    for number, line in enumerate(lines, 1):
        row = body(line).strip()
        if row and not row.startswith("#"):
            parts = row.split(":", 3)
            if len(parts) < 4 or not 0 < len(parts[0]) <= 4:
                raise FormatError(number, f"found {row!r}; `id:runlevels:action:process` is accepted")
            yield InittabEntry(parts[0], parts[1], parts[2], parts[3], number)


def entries(content: bytes) -> tuple[InittabEntry, ...]:
    """All entries in file order. FormatError at a line that is none."""
    return tuple(_entries(split_lines(decode(content))))


def set_entry(content: bytes, entry: InittabEntry) -> bytes:
    """`content` with that entry: in the place of the one with its id, else below its commented template, else last."""
    text = decode(content)
    lines = split_lines(text)
    new = one_line(entry.text, "the entry")
    found = [each for each in _entries(lines) if each.id == entry.id]
    if found == [entry]:
        return content
    if len(found) > 1:
        raise FormatError(found[1].line, f"found the id {entry.id!r} a second time; one entry of each id is accepted")
    if found:
        old = lines[found[0].line - 1]
        lines[found[0].line - 1] = new + old[len(body(old)) :]
        text = "".join(lines)
    else:
        text = insert(text, _place(lines, entry.id), [new])
    result = encode(text)
    confirm([each for each in entries(result) if each.id == entry.id], [entry], f"the entry {entry.id}")
    return result


def _place(lines: list[str], name: str) -> int:
    """The 0-based line before which a new entry goes."""
    hits = [index for index, line in enumerate(lines) if re.match(rf"[ \t]*#[ \t]*{re.escape(name)}:", line)]
    return hits[-1] + 1 if hits else len(lines)
