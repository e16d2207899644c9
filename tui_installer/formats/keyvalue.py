"""`key = value` files: iscsid.conf, initiatorname.iscsi, open-iscsi's node records; and /etc/default/* by `shell`.

Source: open-iscsi's reader takes the rest of the line as the value (no comments after it), ignores lines that
begin with `#`, and lets the last assignment win.
"""

import re
from collections.abc import Iterator

from tui_installer.formats.shell import get_shell, items_shell, remove_shell, set_shell
from tui_installer.formats.text import FormatError, body, confirm, decode, encode, insert, one_line, split_lines

__all__ = [
    "counting", "get", "get_shell", "items", "items_shell", "remove", "remove_shell", "set",
    "set_counting", "set_shell",
]  # fmt: skip

_ASSIGNMENT = re.compile(r"[ \t]*(?P<key>[^\s#=][^\s=]*)[ \t]*=[ \t]*(?P<value>.*?)[ \t\r]*\Z", re.S)
_RECORD_END = "# END RECORD"


def _assignments(lines: list[str]) -> Iterator[tuple[int, re.Match[str]]]:
    """Each assignment with the 0-based index of its line."""
    for index, line in enumerate(lines):
        text = body(line)
        if match := _ASSIGNMENT.match(text):
            yield index, match
        elif text.strip() and not text.lstrip().startswith("#"):
            raise FormatError(index + 1, f"found {text.strip()!r}; `key = value`, a comment or nothing is accepted")


def items(content: bytes) -> tuple[tuple[str, str], ...]:
    """All assignments in file order, repeated ones too. FormatError at a line which is none."""
    return tuple((m["key"], m["value"]) for _, m in _assignments(split_lines(decode(content))))


def get(content: bytes, key: str) -> str | None:
    """The value of the last assignment of `key`; None if there is none. FormatError as `items`."""
    return dict(items(content)).get(key)


def set(content: bytes, key: str, value: str, separator: str = " = ") -> bytes:  # noqa: A001
    """`content` with `value` as that of `key`: in place, else after its commented template, else at the end.

    `separator` stands between key and value of a new line only.
    """
    text = decode(content)
    lines = split_lines(text)
    one_line(value, f"the value of {key}")
    found = [(index, match) for index, match in _assignments(lines) if match["key"] == key]
    if found:
        index, match = found[-1]
        start, end = match.span("value")
        lines[index] = lines[index][:start] + value + lines[index][end:]
        text = "".join(lines)
    else:
        text = insert(text, _place(lines, key), [key + separator + value])
    result = encode(text)
    confirm(get(result, key), value, key)
    return result


_COUNTS = {
    " = ": re.compile(r"\s*(?P<key>[^\s#=][^\s=]*)\s+=\s*(?P<value>\S.*?)\s*\Z", re.S),
    "=": re.compile(r"\s*(?P<key>[^\s#=][^\s=]*)=(?P<value>\S.*?)\s*\Z", re.S),
}
"""What iscsid takes, by how it is written. iscsid.conf: a blank before the mark, and the line whole
(idbm_recinfo_config of 2.0-730 to 2.0-871: `config file line N has not '=' sepa`, `Config file line N too long.`).
initiatorname.iscsi: no blank there (get_global_string_param)."""


def counting(content: bytes, separator: str) -> dict[str, str]:
    """The assignments of which iscsid takes notice, in the file that is written with that separator."""
    return {m["key"]: m["value"] for _, m in _counting(split_lines(decode(content)), separator)}


def _counting(lines: list[str], separator: str) -> Iterator[tuple[int, re.Match[str]]]:
    for index, line in enumerate(lines):
        whole = line.endswith("\n") or separator == "="
        if whole and (match := _COUNTS[separator].match(body(line))):
            yield index, match


def set_counting(content: bytes, key: str, value: str, separator: str) -> bytes:
    """As `set`, in the form that iscsid takes notice of: a line of that key that it passes over is written anew."""
    if counting(content, separator).get(key) == value:
        return content
    lines = split_lines(decode(content))
    dead = [index for index, match in _assignments(lines) if match["key"] == key]
    live = [(index, match) for index, match in _counting(lines, separator) if match["key"] == key]
    if live:
        index, match = live[-1]
        start, end = match.span("value")
        lines[index] = lines[index][:start] + one_line(value, f"the value of {key}") + lines[index][end:]
        result = encode("".join(lines))
    elif dead:
        lines[dead[-1]] = f"{key}{separator}{one_line(value, f'the value of {key}')}{_end(lines)}"
        result = encode("".join(lines))
    else:
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += _end(lines)
        result = set(encode("".join(lines)), key, value, separator)
    confirm(counting(result, separator).get(key), value, key)
    return result


def _end(lines: list[str]) -> str:
    """How the file ends its lines."""
    return "\r\n" if lines and lines[0].endswith("\r\n") else "\n"


def _place(lines: list[str], key: str) -> int:
    """Index of the line before which a new assignment of `key` belongs."""
    template = re.compile(rf"[ \t]*#[#\s]*{re.escape(key)}[ \t]*=")
    hits = [index for index, line in enumerate(lines) if template.match(line)]
    if hits:
        return hits[-1] + 1
    closing = bool(lines) and lines[-1].startswith(_RECORD_END)
    return len(lines) - 1 if closing else len(lines)


def remove(content: bytes, key: str) -> bytes:
    """`content` without any assignment of `key`; templates and other comments stay."""
    lines = split_lines(decode(content))
    drop = {index for index, match in _assignments(lines) if match["key"] == key}
    result = encode("".join(line for index, line in enumerate(lines) if index not in drop))
    confirm(get(result, key), None, key)
    return result
