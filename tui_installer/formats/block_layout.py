"""Where new lines of a brace-block file go and how far they are indented, and how old ones are cut out."""

import re
from collections.abc import Sequence

from tui_installer.formats.block_tree import Dialect, Section, Setting
from tui_installer.formats.text import body, eol, insert, line_of, split_lines

_BLANKS = re.compile(r"[ \t]*")


def line_start(text: str, offset: int) -> int:
    """Offset of the first character of the line that holds `offset`."""
    return text.rfind("\n", 0, offset) + 1


def line_stop(text: str, offset: int) -> int:
    """Offset after the end of the line that holds `offset`."""
    return text.find("\n", offset) + 1 or len(text)


def margin(text: str, offset: int) -> str:
    """The blanks at the beginning of the line that holds `offset`."""
    match = _BLANKS.match(text, line_start(text, offset))
    return match[0] if match else ""


def first_on_line(text: str, offset: int) -> bool:
    """Nothing but blanks stands before `offset` on its line."""
    return not text[line_start(text, offset) : offset].strip()


def last_on_line(text: str, offset: int) -> bool:
    """Nothing but blanks and a comment stands from `offset` to the end of its line."""
    rest = text[offset : line_stop(text, offset)].strip()
    return not rest or rest[0] in "#!"


def unit(text: str) -> str:
    """One step of indentation: that of the file's first indented line, else a tab."""
    match = re.search(r"^([ \t]+)[^\s]", text, re.M)
    return match[1] if match else "\t"


def inner_margin(text: str, section: Section) -> str:
    """The indentation of what stands in `section`: that of its last entry, sub-section or comment."""
    inside = sorted([*(e.start for e in section.entries), *(s.start for s in section.sections)])
    for start in reversed(inside):
        if first_on_line(text, start):
            return margin(text, start)
    if not section.name:
        return ""
    comments = re.findall(r"\n([ \t]+)#", text[section.inner : section.close])
    return comments[-1] if comments else margin(text, section.start) + unit(text)


def template_line(text: str, section: Section, key: str, dialect: Dialect) -> int | None:
    """0-based number of the last commented template of `key` directly in `section`; None if there is none."""
    pattern = re.compile(dialect.template % re.escape(key))
    lines = split_lines(text)
    first, last = line_of(text, section.inner) - 1, line_of(text, section.close)
    below = [(s.line - 1, line_of(text, s.close)) for s in section.sections]
    for index in range(min(last, len(lines)) - 1, first - 1, -1):
        if pattern.match(body(lines[index])) and not any(a <= index < b for a, b in below):
            return index
    return None


def put_entry(text: str, section: Section, line: str) -> str:
    """`text` with `line`, not yet indented, as the last entry of `section`; its sub-sections may follow."""
    ends = [entry.end for entry in section.entries]
    follow = bool(ends) and any(kid.start > ends[-1] for kid in section.sections)
    line = inner_margin(text, section) + line
    if follow and last_on_line(text, ends[-1]):
        return insert(text, line_of(text, ends[-1]), [line])
    return put_last(text, section, [line])


def put_last(text: str, section: Section, lines: list[str]) -> str:
    """`text` with whole `lines` as the last ones of `section`; a section on one line is unfolded."""
    if not section.name:
        return insert(text, len(split_lines(text)), lines)
    if first_on_line(text, section.close) and line_start(text, section.close) > section.inner:
        filled = text[: section.close].rstrip()
        return insert(text, line_of(text, len(filled)), lines)
    end = eol(text)
    head, inside, tail = text[: section.inner], text[section.inner : section.close].rstrip(), text[section.close :]
    if "\n" not in inside and inside:
        inside = end + inner_margin(text, section) + inside.lstrip()
    return head + inside + end + end.join(lines) + end + margin(text, section.start) + tail


def separated(text: str, kids: Sequence[Section]) -> bool:
    """A blank line stands between the last two of `kids`."""
    return len(kids) > 1 and _gap(text, kids[-2], kids[-1]) > 0


def _gap(text: str, one: Section, two: Section) -> int:
    """The number of blank lines between two neighbours; 0 if anything else stands there too."""
    between = text[one.end : two.start]
    return 0 if between.strip() else max(between.count("\n") - 1, 0)


def cut(text: str, start: int, end: int) -> str:
    """`text` without start..end: with its whole lines and the comment behind it, if it has these for itself."""
    if first_on_line(text, start) and last_on_line(text, end):
        return text[: line_start(text, start)] + text[line_stop(text, end) :]
    return text[:start].rstrip(" \t") + text[end:]


def cut_entry(text: str, entry: Setting) -> str:
    """`text` without `entry`."""
    return cut(text, entry.start, entry.end)


def cut_section(text: str, parent: Section, section: Section) -> str:
    """`text` without `section`, and without one blank line that held it apart from its neighbour."""
    index = next(i for i, kid in enumerate(parent.sections) if kid.start == section.start)
    before = parent.sections[index - 1] if index else None
    after = parent.sections[index + 1] if index + 1 < len(parent.sections) else None
    result = cut(text, section.start, section.end)
    if before and _gap(text, before, section):
        start = line_stop(result, before.end)
        return result[:start] + result[line_stop(result, start) :]
    if not before and after and _gap(text, section, after):
        start = line_start(text, section.start)
        return result[:start] + result[line_stop(result, start) :]
    return result
