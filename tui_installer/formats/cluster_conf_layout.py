"""Where a node of cluster.conf goes, and how it is laid out: as its neighbours are."""

import re
from dataclasses import dataclass

from tui_installer.formats.block_layout import first_on_line, line_start, line_stop, margin
from tui_installer.formats.text import body, eol
from tui_installer.formats.xml_text import BLANKS, Element, attribute, scan

_COMMENTS = re.compile(r"[ \t]*(?:(?:<!--(?:(?!-->).)*-->|<\?(?:(?!\?>).)*\?>)[ \t]*)*")
_BLANK = re.compile(r"\n[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class New:
    """An element to be written."""

    name: str
    attributes: tuple[tuple[str, str], ...] = ()
    kids: tuple["New", ...] = ()


@dataclass(frozen=True, slots=True)
class _Page:
    """The text that is written into, and its habits."""

    text: str
    prefix: str  # of names, with its colon
    step: str  # one step of indentation
    empty: str  # the end of an element without content
    eol: str  # the line end where the node goes


def insert_node(text: str, node: New) -> str:
    """`text` of a whole document with one more clusternode, after the last one."""
    return _insert(text, "clusternodes", node, bool(node.kids))


def insert_device(text: str, device: New) -> str:
    """`text` with one more fencedevice, after the last one; where there is no section for them, with that too."""
    root = scan(text)
    if root.all("fencedevices"):
        return _insert(text, "fencedevices", device, False)
    nodes = root.all("clusternodes")[0]
    page = _page(text, nodes, nodes.all("clusternode"))
    indent = margin(text, nodes.start) if first_on_line(text, nodes.start) else None
    place = _behind(text, nodes.end) if indent is not None else nodes.end
    lead = "" if indent is None else page.eol + indent
    section = New("fencedevices", (), (device,))
    return text[:place] + lead + _written(section, None, page, indent) + text[place:]


def _insert(text: str, section: str, new: New, deep: bool) -> str:
    """With one more element in a section. `deep`: it has kids, so it is better to imitate one that has them too."""
    home = scan(text).all(section)[0]
    there = home.all(new.name)
    page = _page(text, home, there)
    model = _model(text, there, deep)
    if there:
        indent = margin(text, model.start) if model and first_on_line(text, model.start) else None
        place = _behind(text, there[-1].end) if indent is not None else there[-1].end
        lead = "" if indent is None else page.eol * (1 + _apart(text, there[-2:])) + indent
        return text[:place] + lead + _written(new, model, page, indent) + text[place:]
    return _into_empty(text, home, new, page)


def _page(text: str, home: Element, nodes: list[Element]) -> _Page:
    outer = margin(text, home.start)
    inner = [margin(text, node.start) for node in nodes if first_on_line(text, node.start)]
    deeper = [each.removeprefix(outer) for each in inner if each.startswith(outer)]
    empty = " />" if " />" in text and text.count(" />") == text.count("/>") else "/>"
    prefix = home.name[: len(home.name) - len(home.local)]
    step = deeper[-1] if deeper else "" if inner else "  "
    return _Page(text, prefix, step, empty, _eol(text, nodes[-1].end if nodes else home.inner))


def _eol(text: str, offset: int) -> str:
    """The end of the line that holds `offset`; that of the file if it is the last one."""
    return eol(text[line_start(text, offset) :] if "\n" in text[offset:] else text)


def _model(text: str, nodes: list[Element], fenced: bool) -> Element | None:
    """The node to imitate: the last one that is broken into lines, for `ccs_tool addnode` leaves one long line."""
    broken = [node for node in nodes if first_on_line(text, node.start)]
    deep = [node for node in broken if any(first_on_line(text, kid.start) for kid in node.all("fence"))]
    return next(reversed((fenced and deep) or broken or nodes), None)


def _apart(text: str, pair: list[Element]) -> bool:
    """Whether a blank line stands between two neighbours."""
    return len(pair) == 2 and bool(_BLANK.search(text, pair[0].end, pair[1].start))


def _behind(text: str, offset: int) -> int:
    """Offset behind what stands at `offset`, and behind the comments that end its line."""
    rest = body(text[offset : line_stop(text, offset)])
    return offset + len(rest) if _COMMENTS.fullmatch(rest) else offset


def _written(new: New, like: Element | None, page: _Page, indent: str | None) -> str:
    """The element; `indent` is that of its own line, None if it stands within a line."""
    name = page.prefix + new.name
    head = (
        "<" + name + "".join(f" {key}={attribute(value, _quote(page.text, like))}" for key, value in _order(new, like))
    )
    if not new.kids:
        return head + page.empty
    inside, broken = "", False
    for kid in new.kids:
        model = next(reversed(like.all(kid.name)), None) if like else None
        own = indent is not None and (model is None or first_on_line(page.text, model.start))
        inner = (margin(page.text, model.start) if model else (indent or "") + page.step) if own else None
        inside += ("" if inner is None else page.eol + inner) + _written(kid, model, page, inner)
        broken = broken or own
    return f"{head}>{inside}{page.eol + (indent or '') if broken else ''}</{name}>"


def _order(new: New, like: Element | None) -> list[tuple[str, str]]:
    """The attributes, those that the model has too in its order."""
    known = list(like.values) if like else []
    return sorted(new.attributes, key=lambda pair: known.index(pair[0]) if pair[0] in known else len(known))


def _quote(text: str, like: Element | None) -> str:
    """The quotes of the model's attributes."""
    starts = [text[start - 1] for start, _ in like.values.values()] if like else []
    return "'" if starts and set(starts) == {"'"} else '"'


def _into_empty(text: str, home: Element, node: New, page: _Page) -> str:
    """`text` with the first node of all; `<clusternodes/>` gets an end tag."""
    indent = margin(text, home.start) + page.step if first_on_line(text, home.start) else None
    lead, tail = ("", "") if indent is None else (page.eol + indent, page.eol + margin(text, home.start))
    new = lead + _written(node, None, page, indent)
    if home.close is None:
        head = text[: home.end - 2].rstrip(BLANKS)
        return f"{head}>{new}{tail}</{home.name}>{text[home.end :]}"
    inside = text[home.inner : home.close]
    place = home.inner + len(inside.rstrip(BLANKS))
    rest = text[place:]
    return (
        text[:place]
        + new
        + (rest if "\n" in text[place : home.close] or indent is None else tail + rest.lstrip(BLANKS))
    )


def without_node(text: str, index: int) -> str:
    """`text` without a clusternode; without its lines, and a blank one before, if it has them for itself."""
    return _without(text, scan(text).all("clusternodes")[0].all("clusternode"), index)


def without_device(text: str, index: int) -> str:
    """`text` without a fencedevice, by its number among all of them; else as `without_node`."""
    return _without(text, [each for home in scan(text).all("fencedevices") for each in home.all("fencedevice")], index)


def _without(text: str, nodes: list[Element], index: int) -> str:
    gone = nodes[index]
    alone = first_on_line(text, gone.start)
    if alone and not text[gone.end : line_stop(text, gone.end)].strip(BLANKS):
        before = text[: line_start(text, gone.start)]
        last = line_start(before, len(before) - 1)
        if _apart(text, nodes[max(index - 1, 0) : index + 1]) and not before[last:].strip(BLANKS):
            before = before[:last]
        return before + text[line_stop(text, gone.end) :]
    before = text[: gone.start]
    return (before.rstrip(BLANKS) if alone and text.startswith("</", gone.end) else before) + text[gone.end :]
