"""What a brace-block file holds, as a tree whose nodes know where they stand in the text."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from tui_installer.formats.text import decode


@dataclass(frozen=True, slots=True)
class Setting:
    """A key with its value, and the 1-based line of the key. Offsets into the text are for the editor."""

    key: str
    value: str
    line: int
    start: int = field(default=0, compare=False, repr=False)
    value_start: int = field(default=0, compare=False, repr=False)
    end: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Section:
    """A named block with its entries and sub-sections in file order; the whole file is a section named "".

    `line` is the 1-based line of the name, 0 for the file. `inner` and `close` are the offsets after `{` and of `}`.
    """

    name: str
    entries: tuple[Setting, ...]
    sections: tuple["Section", ...]
    line: int
    start: int = field(default=0, compare=False, repr=False)
    inner: int = field(default=0, compare=False, repr=False)
    close: int = field(default=0, compare=False, repr=False)

    @property
    def end(self) -> int:
        """Offset after the closing brace; the end of the text for the whole file."""
        return self.close + 1 if self.name else self.close


@dataclass(slots=True)
class Building:
    """A section while it is being read."""

    name: str
    line: int
    start: int
    inner: int
    entries: list[Setting] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)

    def closed(self, close: int) -> Section:
        """The finished section."""
        kids = tuple(self.entries), tuple(self.sections)
        return Section(self.name, *kids, self.line, self.start, self.inner, close)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one program writes its blocks: reader, mark between key and value, how a value is quoted, path separator."""

    name: str
    read: Callable[[str], Section]
    separator: str
    quote: Callable[[str, str], str]  # (value, what stands there now) -> text to write
    template: str  # regular expression of a commented template, `%s` being the escaped key
    slash: str = ""  # joins section names and keys into one word, where the program knows that
    last: tuple[tuple[str, str], ...] = ()  # (name, kind) of outermost sections: of a kind the last one alone counts
    first: bool = False  # of sections and keys of one name the first alone counts; else they are one, and the last key


Path = tuple[str, ...]


@lru_cache(maxsize=8)
def parse(content: bytes, dialect: Dialect) -> Section:
    """The tree of the file. FormatError, with its line, where the program itself would stumble.

    The newest ones are kept: within one look several questions are asked of one file.
    """
    return dialect.read(decode(content))


def split(name: str, dialect: Dialect) -> Path:
    """The path that a name or key stands for: `global/umask` is two steps in LVM's dialect."""
    return tuple(name.split(dialect.slash)) if dialect.slash and dialect.slash in name else (name,)


def walk(section: Section, dialect: Dialect, path: Path = ()) -> Iterator[tuple[Path, Section]]:
    """Each section under (and with) `section`, with its path, in file order."""
    yield path, section
    for kid in section.sections:
        yield from walk(kid, dialect, path + split(kid.name, dialect))


def counting(section: Section, dialect: Dialect, path: Path = ()) -> Iterator[tuple[Path, Section]]:
    """As `walk`, without the sections that the program passes over for an earlier one of their name."""
    yield path, section
    for kid in _found(section, dialect):
        yield from counting(kid, dialect, path + split(kid.name, dialect))


def _found(section: Section, dialect: Dialect) -> Iterator[Section]:
    """The sections within that the program finds."""
    names: set[str] = set()
    for kid in section.sections:
        if not dialect.first or kid.name not in names:
            yield kid
        names.add(kid.name)


def sections(content: bytes, dialect: Dialect, path: Sequence[str]) -> tuple[Section, ...]:
    """All sections at `path`, in file order: repeated ones are one each. The path () is the file."""
    return at(parse(content, dialect), dialect, path)


def at(root: Section, dialect: Dialect, path: Sequence[str]) -> tuple[Section, ...]:
    """All sections at `path` of a tree that count, in file order, whichever of its names the outermost one has."""
    dead, kinds, wanted = overridden(root, dialect), dict(dialect.last), tuple(path)
    names = {name for name, kind in dialect.last if wanted and kind == kinds.get(wanted[0])}
    found = (each for name in sorted(names) or [""] for each in _under(root, dialect, (name, *wanted[1:])))
    return tuple(_sorted(found, dead)) if names else tuple(_under(root, dialect, wanted))


def overridden(root: Section, dialect: Dialect) -> tuple[Section, ...]:
    """The outermost sections whose content is lost: a later one of the same kind takes their place."""
    kinds = [dict(dialect.last).get(kid.name, "") for kid in root.sections]
    return tuple(kid for at, kid in enumerate(root.sections) if kinds[at] and kinds[at] in kinds[at + 1 :])


def _sorted(found: Iterator[Section], dead: tuple[Section, ...]) -> list[Section]:
    """In file order, without what is inside those."""
    alive = [each for each in found if not any(gone.start <= each.start < gone.end for gone in dead)]
    return sorted(alive, key=lambda each: each.start)


def _under(section: Section, dialect: Dialect, left: Path) -> Iterator[Section]:
    """Those at the rest of a path; branches that do not lead there are not walked."""
    if not left:
        yield section
    for kid in _found(section, dialect):
        name = split(kid.name, dialect)
        if left and left[: len(name)] == name:
            yield from _under(kid, dialect, left[len(name) :])


def facts(root: Section, dialect: Dialect) -> list[tuple[Path, Section, Setting]]:
    """Each entry with its full path (sections and key), in the order in which the program reads them."""
    found = [(path + split(e.key, dialect), s, e) for path, s in walk(root, dialect) for e in s.entries]
    return sorted(found, key=lambda fact: fact[2].start)


def values(root: Section, dialect: Dialect) -> dict[Path, str]:
    """The value of each key by its full path: the one that counts where it is repeated."""
    return {path: entry.value for path, entry in in_force(root, dialect).items()}


def in_force(root: Section, dialect: Dialect) -> dict[Path, Setting]:
    """The entry of each key that counts, by its full path."""
    found = [(path + split(e.key, dialect), e) for path, s in counting(root, dialect) for e in s.entries]
    return dict(sorted(found, key=lambda each: each[1].start, reverse=dialect.first))


def holding(root: Section, dialect: Dialect, full: Path) -> Setting | None:
    """The entry of that full path that counts; None: there is none."""
    found = (e for path, s in counting(root, dialect) for e in s.entries if path + split(e.key, dialect) == full)
    return (min if dialect.first else max)(found, key=lambda entry: entry.start, default=None)


def get(content: bytes, dialect: Dialect, path: Sequence[str], key: str) -> str | None:
    """The value of `key` in the section at `path`; the one that counts if it is repeated, None if there is none."""
    return values(parse(content, dialect), dialect).get((*path, *split(key, dialect)))
