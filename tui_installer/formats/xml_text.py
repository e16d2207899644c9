"""XML as text and as a tree: where each element stands, so that an edit can be a splice that lxml then judges.

lxml itself would rewrite quotes, line breaks and declarations. Nothing outside of the text is ever read: no DTD, no
entity, no network; a DOCTYPE that declares something is refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from lxml import etree

from tui_installer.formats.text import FormatError, line_of

LIMIT = 1 << 20
"""Bytes: a configuration of thirty nodes has about ten thousand."""
BLANKS = " \t\r\n"

_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<!DOCTYPE(?:\"[^\"]*\"|'[^']*'|[^\"'>])*>"
    r"|<(?P<close>/?)(?P<name>[^\s<>/=\"'!?]+)(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^<>\"'])*)>",
    re.S,
)
_ATTRIBUTE = re.compile(r"""(\s+)([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_DOCTYPE = re.compile(r"""<!DOCTYPE(?:"[^"]*"|'[^']*'|[^"'>\[])*""")
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)")
_ENCODINGS = re.compile(r"(?:utf-8|us-ascii|ascii|iso-8859-\d+|windows-125\d)\Z", re.I)


@dataclass
class Element:
    """An element and its offsets: of `<`, after its start tag, of its end tag (None: it has none), after it all."""

    name: str  # as written, with its prefix
    start: int
    inner: int
    close: int | None = None
    end: int = 0
    values: dict[str, tuple[int, int]] = field(default_factory=dict)  # attribute -> offsets of its value
    kids: list["Element"] = field(default_factory=list)

    @property
    def local(self) -> str:
        """The name without its prefix."""
        return self.name.rpartition(":")[2]

    def all(self, local: str) -> list["Element"]:
        """The direct sub-elements of that local name."""
        return [kid for kid in self.kids if kid.local == local]


def tree(content: bytes) -> etree._Element:
    """The root of the document. FormatError, with its line, if it is not well-formed or could reach outside."""
    if len(content) > LIMIT:
        raise FormatError(0, f"the file has {len(content)} bytes; up to {LIMIT} are accepted")
    if b"\0" in content:
        raise FormatError(0, "the file holds NUL bytes; UTF-8 or another single-byte-compatible encoding is accepted")
    text = content.decode("latin-1")
    _refuse_declarations(text)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise FormatError(error.lineno or 0, f"{error.msg}; well-formed XML is accepted") from error
    encoding = root.getroottree().docinfo.encoding or "utf-8"
    if not _ENCODINGS.match(encoding):
        raise FormatError(1, f"found the encoding {encoding!r}; UTF-8, ISO-8859 or ASCII is accepted")
    return root


def _refuse_declarations(text: str) -> None:
    """Refuse what a DOCTYPE could bring in, before the parser sees it: it may hold names only."""
    here = text.find("<")
    while here >= 0 and text.startswith(("<?", "<!--"), here):
        end = text.find("?>" if text[here + 1] == "?" else "-->", here)
        here = text.find("<", end) if end >= 0 else -1
    if here >= 0 and (doctype := _DOCTYPE.match(text, here)) and text[doctype.end() : doctype.end() + 1] == "[":
        found = "found declarations within DOCTYPE (they could pull in other files)"
        raise FormatError(line_of(text, doctype.end()), f"{found}; a DOCTYPE without [...] is accepted")


def scan(text: str) -> Element:
    """The root element of a document that `tree` has accepted, with the place of every element."""
    top = Element("", 0, 0)
    open_: list[Element] = [top]
    last = 0
    for token in _TOKEN.finditer(text):
        _refuse_entities(text, last, token)
        last = token.end()
        if token["name"] is None:
            continue
        if token["close"]:
            done = open_.pop()
            done.close, done.end = token.start(), token.end()
            continue
        found = Element(token["name"], token.start(), token.end(), end=token.end(), values=_values(token))
        open_[-1].kids.append(found)
        if not token["rest"].endswith("/"):
            open_.append(found)
    return top.kids[0]


def _refuse_entities(text: str, last: int, token: re.Match[str]) -> None:
    """Refuse references to entities that XML itself does not define, in text and attributes."""
    for start, end in ((last, token.start()), token.span("rest") if token["name"] else (0, 0)):
        if match := _ENTITY.search(text, start, end):
            found = text[match.start() : match.start() + 20].split(";")[0]
            raise FormatError(line_of(text, match.start()), f"found {found!r}; plain text is accepted")


def _values(tag: re.Match[str]) -> dict[str, tuple[int, int]]:
    found = _ATTRIBUTE.finditer(tag.string, *tag.span("rest"))
    return {match[2]: match.span(3 if match[3] is not None else 4) for match in found}


def elements(node: etree._Element, local: str = "") -> Iterator[etree._Element]:
    """The direct sub-elements, without comments; those of a local name if one is given."""
    for kid in node:
        if isinstance(kid.tag, str) and local in ("", name(kid)):
            yield kid


def name(node: etree._Element) -> str:
    """An element's name without its namespace."""
    return str(etree.QName(node).localname)


def shape(node: etree._Element) -> tuple[object, ...]:
    """What counts in a tree: names, attributes, comments, and text that is more than blanks."""
    tag = node.tag if isinstance(node.tag, str) else type(node).__name__
    attributes = (
        sorted((str(key), str(value)) for key, value in node.attrib.items()) if isinstance(node.tag, str) else []
    )
    kids = [(shape(kid), _solid(kid.tail)) for kid in node]
    return tag, attributes, _solid(node.text), kids


def whole(root: etree._Element) -> tuple[object, ...]:
    """The shape of a document, with the comments before and after its root and its DOCTYPE."""
    before = [shape(node) for node in root.itersiblings(preceding=True)]
    info = cast(Any, root.getroottree().docinfo)  # the stubs lack `doctype`
    return info.doctype, before, shape(root), [shape(node) for node in root.itersiblings()]


def _solid(text: str | None) -> str:
    return (text or "") if (text or "").strip(BLANKS) else ""


def attribute(value: str, quote: str = '"') -> str:
    """`value` within quotes; what is not ASCII as a character reference. FormatError for what XML cannot hold."""
    if re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", value):
        raise FormatError(0, f"{value!r} holds control characters; printable text is accepted")
    named = {"&": "&amp;", "<": "&lt;", ">": "&gt;", quote: "&quot;" if quote == '"' else "&apos;"}
    escaped = "".join(named.get(char, char if char.isascii() else f"&#{ord(char)};") for char in value)
    return quote + escaped + quote
