"""Assignments of shell files: /etc/default/* and /etc/default/grub.d/*."""

import re
from collections.abc import Iterator

from tui_installer.formats.shell_words import Assignment, assignments, closing
from tui_installer.formats.text import (
    FormatError,
    body,
    confirm,
    decode,
    encode,
    insert,
    line_of,
    one_line,
    split_lines,
)

_BARE = re.compile(r"[\w./:,@%+=-]+\Z", re.A)
_PLAIN = re.compile(r"(?:\\.|[^\\'\"]|\\\Z)+", re.S)
_COMPUTED = re.compile(r"\$[\w({@*#?$!-]|`")


def _pieces(word: str) -> Iterator[tuple[str, bool]]:
    """(text, may be computed) of a shell word, with its quotes taken off."""
    here = 0
    while here < len(word):
        if word[here] == "'":
            end = closing(word, here, "'")
            yield word[here + 1 : end - 1], False
        elif word[here] == '"':
            end = closing(word, here, '"')
            yield from _unescaped(word[here + 1 : end - 1], r"[$`\"\\\n]")
        else:
            match = _PLAIN.match(word, here)
            assert match is not None
            end = len(word) if word[here] in "`$" else match.end()
            yield from _unescaped(word[here:end], r".")
        here = end


def _unescaped(text: str, escaped: str) -> Iterator[tuple[str, bool]]:
    """`text` with the backslash taken from before each `escaped` character, and from line joins."""
    for match in re.finditer(rf"\\({escaped}|\n)|([^\\]+|\\)", text, re.S):
        yield ("", False) if match[1] == "\n" else (match[1], False) if match[1] else (match[2], True)


def _value(text: str, found: Assignment) -> tuple[str, bool]:
    """The unquoted value, and whether the shell computes it."""
    if _BARE.match(text, found.value, found.end):
        return text[found.value : found.end], False
    pieces = list(_pieces(text[found.value : found.end]))
    return "".join(piece for piece, _ in pieces), any(live and _COMPUTED.search(piece) for piece, live in pieces)


def items_shell(content: bytes) -> tuple[tuple[str, str], ...]:
    """Assignments that are made in every case (not within `if`, loops, `&&`, functions), in file order.

    Values are unquoted; what the shell would compute (`$X`, backticks) is left as written.
    """
    text = decode(content)
    return tuple((a.key, _value(text, a)[0]) for a in assignments(text) if a.always)


def get_shell(content: bytes, key: str) -> str | None:
    """The last value of `key` as in `items_shell`; None if it is never assigned there."""
    return dict(items_shell(content)).get(key)


def set_shell(content: bytes, key: str, value: str, expand: bool = False) -> bytes:
    """`content` with `value` for `key`: in place, else after its commented template, else at the end.

    With `expand` the shell computes `$X` and backticks in `value`; without, they are text, and a value that is
    computed today is refused (FormatError) so that it does not turn into text unseen. What an `if` below assigns
    is not looked at: Debian's xen.cfg has such defaults below its templates.
    """
    text = decode(content)
    one_line(value, f"the value of {key}")
    found = [a for a in assignments(text) if a.key == key and a.always]
    if found:
        last = found[-1]
        _refuse_computed(text, last, value, expand)
        if _value(text, last)[0] != value or expand:
            text = text[: last.value] + _quoted(value, text[last.value : last.end], expand) + text[last.end :]
    else:
        lines = split_lines(text)
        text = insert(text, _place(lines, key), [f"{key}={_quoted(value, _template(lines, key), expand)}"])
    result = encode(text)
    confirm(get_shell(result, key), value, key)
    return result


def _refuse_computed(text: str, found: Assignment, value: str, expand: bool) -> None:
    old, computed = _value(text, found)
    if computed and not expand and old != value:
        line = line_of(text, found.start)
        raise FormatError(line, f"the shell computes {found.key} from {old!r}; only a computed value is accepted")


def _place(lines: list[str], key: str) -> int:
    template = re.compile(rf"[ \t]*#[#\s]*{re.escape(key)}=")
    hits = [index for index, line in enumerate(lines) if template.match(line)]
    return hits[-1] + 1 if hits else len(lines)


def _template(lines: list[str], key: str) -> str:
    """The word of the commented template of `key`, for its manner of quoting."""
    index = _place(lines, key) - 1
    match = re.match(rf"[ \t]*#[#\s]*{re.escape(key)}=(.*)", body(lines[index])) if index >= 0 else None
    return match[1] if match else ""


def _quoted(value: str, before: str, expand: bool) -> str:
    """`value` as one shell word; double quotes are kept where `before` had them."""
    if expand:
        return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
    if _BARE.match(value) and not before.startswith(('"', "'")):
        return value
    if re.search(r'[$`"\\]', value) or before.startswith("'"):
        return "'" + value.replace("'", "'\\''") + "'"
    return f'"{value}"'


def remove_shell(content: bytes, key: str) -> bytes:
    """`content` without the lines that assign `key` in every case; FormatError if such a line does more than that."""
    text = decode(content)
    for found in reversed([a for a in assignments(text) if a.key == key and a.always]):
        start = text.rfind("\n", 0, found.start) + 1
        end = text.find("\n", found.end) + 1 or len(text)
        rest = text[start : found.start].strip() + text[found.end : end].split("#")[0].strip()
        if rest not in ("", "export"):
            line = line_of(text, found.start)
            raise FormatError(line, f"{key} shares its line with {rest!r}; a line of its own is accepted")
        text = text[:start] + text[end:]
    result = encode(text)
    confirm(get_shell(result, key), None, key)
    return result
