"""Edit multipath.conf, lvm.conf and corosync.conf by the block: every byte that is not owned stays.

A `path` is the tuple of section names that leads to a section, () being the file. Each edit reads its result back:
it holds what was asked for, and no other entry has changed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from tui_installer.formats.block_dialects import COROSYNC, LVM, LVM_202, MULTIPATH, MULTIPATH_04, MULTIPATH_049, strings
from tui_installer.formats.block_layout import (  # fmt: skip
    cut_entry,
    cut_section,
    first_on_line,
    inner_margin,
    last_on_line,
    margin,
    put_entry,
    put_last,
    separated,
    template_line,
    unit,
)
from tui_installer.formats.block_tree import (
    Dialect,
    Path,
    Section,
    Setting,
    at,
    facts,
    get,
    holding,
    parse,
    sections,
    split,
    values,
    walk,
)
from tui_installer.formats.text import FormatError, confirm, decode, encode, insert, line_of, one_line, split_lines

__all__ = [
    "COROSYNC",
    "LVM",
    "LVM_202",
    "MULTIPATH",
    "MULTIPATH_04",
    "MULTIPATH_049",
    "Dialect",
    "Section",
    "Setting",
    "add_entries",
    "add_section",
    "add_sections",
    "at",
    "get",
    "parse",
    "remove_key",
    "remove_section",
    "sections",
    "set",
    "set_in",
    "strings",
    "values",
]  # fmt: skip

Pairs = Sequence[tuple[str, str]]


def set(  # noqa: A001
    content: bytes, dialect: Dialect, path: Sequence[str], key: str, value: str, which: int | None = None
) -> bytes:
    """`content` with `value` for `key` in the section at `path`.

    In place; else after the commented template; else as the section's last entry; missing sections are made.
    `which` is an index into `sections(content, dialect, path)`; None: the section whose entry counts, else the last.
    """
    root, full = parse(content, dialect), (*path, *split(key, dialect))
    homes = at(root, dialect, path)
    if which is not None:
        return _set_entry(content, dialect, homes[which], path, key, value)
    if there := holding(root, dialect, full):
        return _replace(content, dialect, full, there, value)
    if homes:
        return _set_entry(content, dialect, homes[-1], path, key, value)
    return _set_new(content, dialect, root, tuple(path), key, value)


def set_in(
    content: bytes, dialect: Dialect, path: Sequence[str], name: str, where: Mapping[str, str], key: str, value: str
) -> bytes:
    """As `set`, in the last sub-section `name` of the one at `path` whose entries include `where`."""
    inner = (*path, *split(name, dialect))
    found = [s for s in at(parse(content, dialect), dialect, inner) if _holds(s, where)]
    if not found:
        raise FormatError(0, f"found no {name} with {dict(where)}; the entries of one that is there are accepted")
    return _set_entry(content, dialect, found[-1], inner, key, value)


def add_section(content: bytes, dialect: Dialect, path: Sequence[str], name: str, entries: Pairs) -> bytes:
    """`content` with a new sub-section `name` at the end of the last section at `path`, which is made if missing.

    Its entries are `entries`, in this order. One that is there already is not looked for.
    """
    return add_sections(content, dialect, path, name, [entries])


def add_entries(content: bytes, dialect: Dialect, path: Sequence[str], entries: Pairs) -> bytes:
    """`content` with these entries at the end of the last section at `path` that counts; it is made if there is none.

    Entries of the same keys stay: this is for lists, as a blacklist is one.
    """
    homes = at(parse(content, dialect), dialect, path)
    if not homes:
        return add_section(content, dialect, path[:-1], path[-1], entries)
    text, added = decode(content), []
    for key, value in entries:
        text = put_entry(text, at(dialect.read(text), dialect, path)[-1], _line(dialect, key, value))
        added.append(((*path[:-1], *split(homes[-1].name, dialect), *split(key, dialect)), value))
    return _verified(text, content, dialect, added=added)


def add_sections(content: bytes, dialect: Dialect, path: Sequence[str], name: str, blocks: Sequence[Pairs]) -> bytes:
    """As `add_section`, for several sub-sections of one name: the file is read and verified once for all of them."""
    for key, value in (pair for entries in blocks for pair in entries):
        one_line(value, f"the value of {key}")
    text, root = decode(content), parse(content, dialect)
    rest = list(blocks)
    if rest and not at(root, dialect, path):
        text = _insert_path(text, dialect, root, (*path, name), rest.pop(0))
    if rest:
        text = _insert_blocks(text, at(dialect.read(text), dialect, path)[-1], name, rest, dialect)
    inner = (*path, *split(name, dialect))
    added = [((*inner, *split(key, dialect)), value) for entries in blocks for key, value in entries]
    result = _verified(text, content, dialect, added=added)
    count = len(sections(result, dialect, inner)) - len(sections(content, dialect, inner))
    confirm(count, len(blocks), f"the number of new sections {name}")
    return result


def remove_section(content: bytes, dialect: Dialect, path: Sequence[str], name: str, where: Mapping[str, str]) -> bytes:
    """`content` without the sub-sections `name` at `path` whose entries include `where`; unchanged if there is none.

    A blank line that held it apart from its neighbour goes with it; comments before it stay.
    """
    text = decode(content)
    while found := _first_match(dialect.read(text), dialect, path, name, where):
        text = cut_section(text, *found)
    inner = (*path, *split(name, dialect))
    gone = [s for s in sections(content, dialect, inner) if _holds(s, where)]
    removed = [((*inner, *here), e.value) for s in gone for here, _, e in facts(_alone(s), dialect)]
    return _verified(text, content, dialect, removed=removed)


def remove_key(
    content: bytes, dialect: Dialect, path: Sequence[str], key: str, where: Mapping[str, str] | None = None
) -> bytes:
    """`content` without the entries `key` of the sections at `path`, or of those whose entries include `where`."""
    full, text, removed = (*path, *split(key, dialect)), decode(content), []
    for here, section, entry in reversed(facts(parse(content, dialect), dialect)):
        if here == full and (where is None or _holds(section, where)):
            text = cut_entry(text, entry)
            removed.append((full, entry.value))
    return _verified(text, content, dialect, removed=removed)


def _holds(section: Section, where: Mapping[str, str]) -> bool:
    """The last values of `section` include `where`."""
    held = {entry.key: entry.value for entry in section.entries}
    return where.items() <= held.items()


def _alone(section: Section) -> Section:
    """`section` as if it were a file."""
    return Section("", section.entries, section.sections, 0)


def _first_match(
    root: Section, dialect: Dialect, path: Sequence[str], name: str, where: Mapping[str, str]
) -> tuple[Section, Section] | None:
    """(parent, sub-section) of the first sub-section `name` with `where`."""
    pairs = ((home, kid) for home in at(root, dialect, path) for kid in home.sections)
    return next(((home, kid) for home, kid in pairs if kid.name == name and _holds(kid, where)), None)


def _verified(
    text: str,
    before: bytes,
    dialect: Dialect,
    added: Sequence[tuple[Path, str]] = (),
    removed: Sequence[tuple[Path, str]] = (),
) -> bytes:
    """`text` as bytes, once it is sure that it differs from `before` in these entries only."""
    result = encode(text)
    was, now = _held(before, dialect), _held(result, dialect)
    gone, come = _full(was - now, dialect), _full(now - was, dialect)
    to_go, to_come = Counter(removed), Counter(added)
    gone, come, to_go, to_come = gone - come, come - gone, to_go - to_come, to_come - to_go
    if odd := [*(to_come - come), *(gone - to_go), *(come - to_come), *(to_go - gone)]:
        path, value = odd[0]
        raise FormatError(0, f"the edit would not read back: {'/'.join(path)} {value!r}; this file can't hold it")
    return result


def _held(content: bytes, dialect: Dialect) -> Counter[tuple[Path, str, str]]:
    """How often each entry is there: its section, key and value."""
    return Counter((path, e.key, e.value) for path, s in walk(parse(content, dialect), dialect) for e in s.entries)


def _full(entries: Counter[tuple[Path, str, str]], dialect: Dialect) -> Counter[tuple[Path, str]]:
    """The same by their full paths, in which a key may hold sections, too."""
    found: Counter[tuple[Path, str]] = Counter()
    for (path, key, value), times in entries.items():
        found[path + split(key, dialect), value] += times
    return found


def _replace(content: bytes, dialect: Dialect, full: Path, entry: Setting, value: str) -> bytes:
    """`content` with `value` in the place of the one of `entry`."""
    if entry.value == value:
        return content
    text = decode(content)
    new = dialect.quote(one_line(value, f"the value of {entry.key}"), text[entry.value_start : entry.end])
    blank = " " if entry.value_start == entry.end and text[entry.end - 1] == ":" else ""
    text = text[: entry.value_start] + blank + new + text[entry.end :]
    return _verified(text, content, dialect, added=[(full, value)], removed=[(full, entry.value)])


def _set_entry(content: bytes, dialect: Dialect, home: Section, path: Sequence[str], key: str, value: str) -> bytes:
    """`content` with `value` for `key` in the very section `home` at `path`."""
    full = (*path, *split(key, dialect))
    there = [entry for entry in home.entries if entry.key == key]
    if there:
        return _replace(content, dialect, full, there[0 if dialect.first else -1], value)
    text, line = decode(content), _line(dialect, key, value)
    template = template_line(text, home, key, dialect)
    if template is None:
        text = put_entry(text, home, line)
    else:
        old = split_lines(text)[template]
        text = insert(text, template + 1, [old[: len(old) - len(old.lstrip(" \t"))] + line])
    return _verified(text, content, dialect, added=[(full, value)])


def _line(dialect: Dialect, key: str, value: str, like: str = "") -> str:
    """A new entry, its value quoted as `like` is."""
    return key + dialect.separator + dialect.quote(one_line(value, f"the value of {key}"), like)


def _set_new(content: bytes, dialect: Dialect, root: Section, path: Path, key: str, value: str) -> bytes:
    """`content` with an entry in a section which is not there: as `section/key` beside others of it, else new."""
    text, full = decode(content), (*path, *split(key, dialect))
    beside = [entry for entry in root.entries if split(entry.key, dialect)[:-1] == path]
    if beside:
        line = margin(text, beside[-1].start) + _line(dialect, dialect.slash.join(full), value)
        text = insert(text, line_of(text, beside[-1].end), [line])
    else:
        one_line(value, f"the value of {key}")
        text = _insert_path(text, dialect, root, path, [(key, value)])
    return _verified(text, content, dialect, added=[(full, value)])


def _insert_path(text: str, dialect: Dialect, root: Section, path: Path, entries: Pairs) -> str:
    """`text` with the sections of `path` that are missing, the innermost one with `entries`."""
    depth = next(n for n in range(len(path), -1, -1) if at(root, dialect, path[:n]))
    home = at(root, dialect, path[:depth])[-1]
    outer, step, missing = inner_margin(text, home), unit(text), path[depth:]
    lines = [outer + step * n + name + " {" for n, name in enumerate(missing)]
    lines += [outer + step * len(missing) + _line(dialect, key, value) for key, value in entries]
    lines += [outer + step * n + "}" for n in reversed(range(len(missing)))]
    return put_last(text, home, ([""] if separated(text, home.sections) else []) + lines)


def _insert_blocks(text: str, home: Section, name: str, blocks: Sequence[Pairs], dialect: Dialect) -> str:
    """`text` with more sub-sections in `home`, laid out as its last sub-section of that name."""
    alike = [kid for kid in home.sections if kid.name == name and first_on_line(text, kid.start)]
    last = alike[-1] if alike else None
    outer = margin(text, last.start) if last else inner_margin(text, home)
    inner = inner_margin(text, last) if last and "\n" in text[last.start : last.end] else outer + unit(text)
    like = {entry.key: text[entry.value_start : entry.end] for entry in last.entries} if last else {}
    blank = [""] if separated(text, home.sections) else []
    lines = []
    for entries in blocks:
        rows = [inner + _line(dialect, key, value, like.get(key, "")) for key, value in entries]
        lines += [*blank, outer + name + " {", *rows, outer + "}"]
    if last and last_on_line(text, last.end):
        return insert(text, line_of(text, last.end), lines)
    return put_last(text, home, lines)
