"""cluster.conf of Red Hat Cluster Suite: its facts, and edits that splice text and touch nothing else.

Source: cluster.conf(5), cman(5) and what ccsd and cman of the three generations read. `ccs_tool addnode` makes one
unindented line of a node and joins broken lines; the file is kept for those who read it instead. lxml judges each
edit: the new tree is the old one with that very change.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from lxml import etree

from . import xml_text
from .cluster_conf_layout import New, insert_node, without_node
from .text import FormatError, confirm, decode, encode

HIGHEST = 2**31 - 1
"""config_version is read by atoi."""
_KNOWN = ("cman", "clusternodes", "fencedevices")
_CMAN = ("two_node", "expected_votes")


@dataclass(frozen=True)
class FenceUse:
    """A `device` of a method: the fence device's name and the other attributes, in file order."""

    device: str
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Method:
    """A way to fence a node: all its devices must succeed. Methods are tried in file order."""

    name: str
    devices: tuple[FenceUse, ...] = ()


@dataclass(frozen=True)
class ClusterNode:
    """A `clusternode`. None: the attribute is not written (votes are 1 then; cman 1.x hands out ids itself)."""

    name: str
    votes: int | None = 1
    nodeid: int | None = None
    fence: tuple[Method, ...] = ()


@dataclass(frozen=True)
class FenceDevice:
    """A `fencedevice`; its other attributes (which may be secret) are left out."""

    name: str
    agent: str


@dataclass(frozen=True)
class ClusterConf:
    """What cluster.conf says. `expected_votes` is 0 where it is not written: the sum of votes counts.

    `special` names what this program does not handle: "quorumd", "cman@transport", "clusternode/altname", ...
    """

    name: str
    version: int
    nodes: tuple[ClusterNode, ...]
    two_node: bool
    expected_votes: int
    fencedevices: tuple[FenceDevice, ...]
    special: tuple[str, ...]

    @property
    def votes(self) -> int:
        """The votes of all nodes together."""
        return sum(1 if node.votes is None else node.votes for node in self.nodes)

    def node(self, name: str) -> ClusterNode | None:
        """The node of that name; None: there is none."""
        return next((node for node in self.nodes if node.name == name), None)

    def free_nodeid(self) -> int:
        """The lowest id, from 1, that no node has."""
        used = {node.nodeid for node in self.nodes}
        return next(number for number in range(1, len(used) + 2) if number not in used)


# --- reading


def parse(content: bytes) -> ClusterConf:
    """The facts. FormatError, with its line, where ccsd or cman would refuse the file, or where it could reach out."""
    return _conf(_root(content))


def _root(content: bytes) -> etree._Element:
    root = xml_text.tree(content)
    xml_text.scan(decode(content))
    if xml_text.name(root) != "cluster":
        raise FormatError(_line(root), f"found <{xml_text.name(root)}>; <cluster> is accepted")
    return root


def _conf(root: etree._Element) -> ClusterConf:
    nodes = tuple(_node(each) for each in xml_text.elements(_nodes(root), "clusternode"))
    _refuse_twins(_nodes(root), nodes)
    cman = next(xml_text.elements(root, "cman"), None)
    devices = (each for home in xml_text.elements(root, "fencedevices")
               for each in xml_text.elements(home, "fencedevice"))  # fmt: skip
    return ClusterConf(
        name=_required(root, "name"),
        version=_digits(root, "config_version", _required(root, "config_version")),
        nodes=nodes,
        two_node=cman is not None and cman.get("two_node") == "1",
        expected_votes=_optional(cman, "expected_votes") or 0 if cman is not None else 0,
        fencedevices=tuple(FenceDevice(_required(each, "name"), each.get("agent", "")) for each in devices),
        special=tuple(dict.fromkeys(_special(root))),
    )


def _nodes(root: etree._Element) -> etree._Element:
    found = list(xml_text.elements(root, "clusternodes"))
    if len(found) != 1:
        raise FormatError(_line(root), f"found {len(found)} sections <clusternodes>; one is accepted")
    return found[0]


def _node(element: etree._Element) -> ClusterNode:
    return ClusterNode(
        name=_required(element, "name"),
        votes=_optional(element, "votes"),
        nodeid=_optional(element, "nodeid"),
        fence=tuple(_method(each) for fence in xml_text.elements(element, "fence")
                    for each in xml_text.elements(fence, "method")),
    )  # fmt: skip


def _method(element: etree._Element) -> Method:
    uses = (
        {str(key): str(value) for key, value in each.attrib.items()} for each in xml_text.elements(element, "device")
    )
    return Method(
        element.get("name", ""),
        tuple(FenceUse(use.pop("name", ""), tuple(use.items())) for use in uses),
    )


def _special(root: etree._Element) -> Iterator[str]:
    for each in xml_text.elements(root):
        local = xml_text.name(each)
        if local == "cman":
            yield from (f"cman@{key}" for key in map(str, each.attrib) if key not in _CMAN)
            yield from (f"cman/{xml_text.name(kid)}" for kid in xml_text.elements(each))
        elif local not in _KNOWN:
            yield local
    for node in xml_text.elements(_nodes(root), "clusternode"):
        names = (xml_text.name(kid) for kid in xml_text.elements(node))
        yield from (f"clusternode/{name}" for name in names if name != "fence")


def _refuse_twins(home: etree._Element, nodes: tuple[ClusterNode, ...]) -> None:
    names = [("name", node.name) for node in nodes]
    ids = [("nodeid", str(node.nodeid)) for node in nodes if node.nodeid is not None]
    for (what, value), count in Counter([*names, *ids]).items():
        if count > 1:
            raise FormatError(_line(home), f"{count} nodes have the {what} {value!r}; one of each is accepted")


def _required(element: etree._Element, key: str) -> str:
    value = element.get(key)
    if not value:
        raise FormatError(_line(element), f'<{xml_text.name(element)}> has no {key}; {key}="..." is accepted')
    return str(value)


def _optional(element: etree._Element, key: str) -> int | None:
    value = element.get(key)
    return None if value is None else _digits(element, key, str(value))


def _digits(element: etree._Element, key: str, value: str) -> int:
    """A number; ccsd looks at each character, so a sign or blank is refused."""
    if not re.fullmatch(r"[0-9]{1,10}", value) or int(value) > HIGHEST:
        raise FormatError(_line(element), f"{key} is {value!r}; digits, up to {HIGHEST}, are accepted")
    return int(value)


def _line(element: etree._Element) -> int:
    return cast("int | None", element.sourceline) or 0


# --- editing


def set_version(content: bytes, version: int) -> bytes:
    """`content` with that config_version, which must be higher: ccs_tool refuses any other."""
    old = parse(content).version
    if not old < version <= HIGHEST:
        raise FormatError(0, f"config_version {version} is not above {old}; {old + 1} is accepted")
    result = encode(_versioned(decode(content), version))
    tree = _root(content)
    tree.set("config_version", str(version))
    return _confirmed(result, tree)


def add_node(content: bytes, node: ClusterNode, version: int | None = None) -> bytes:
    """`content` with one more node after the last one, and config_version raised (None: by one).

    It is laid out as the nodes that are there: their indentation, order of attributes and quotes.
    """
    conf, old = parse(content), _root(content)
    if conf.node(node.name) or (node.nodeid is not None and node.nodeid in [each.nodeid for each in conf.nodes]):
        raise FormatError(0, f"{node.name} (nodeid {node.nodeid}) is there already; another name and id are accepted")
    text = insert_node(decode(content), _new(node))
    result = encode(_versioned(text, conf.version + 1 if version is None else version))
    # The new tree without its last node is to be the old tree.
    tree = _root(set_version(content, conf.version + 1 if version is None else version))
    added = _root(result)
    last = list(xml_text.elements(_nodes(added), "clusternode"))[-1]
    confirm(_node(last), node, "the new node")
    _nodes(added).remove(last)
    confirm(xml_text.whole(added) == xml_text.whole(tree), True, "that nothing else has changed")
    confirm(etree.QName(last).namespace, etree.QName(old).namespace, "the namespace of the new node")
    return result


def remove_node(content: bytes, name: str, version: int | None = None) -> bytes:
    """`content` without a node, and config_version raised (None: by one); unchanged if there is no such node."""
    conf = parse(content)
    if conf.node(name) is None:
        return content
    wanted = _root(set_version(content, conf.version + 1 if version is None else version))
    index = [node.name for node in conf.nodes].index(name)
    home = _nodes(wanted)
    gone = list(xml_text.elements(home, "clusternode"))[index]
    confirm((gone.tail or "").strip(xml_text.BLANKS), "", "the text behind the node")
    home.remove(gone)
    text = without_node(decode(content), index)
    return _confirmed(encode(_versioned(text, conf.version + 1 if version is None else version)), wanted)


def _versioned(text: str, version: int) -> str:
    start, end = xml_text.scan(text).values["config_version"]
    return text[:start] + str(version) + text[end:]


def _confirmed(result: bytes, wanted: etree._Element) -> bytes:
    confirm(xml_text.whole(_root(result)) == xml_text.whole(wanted), True, "that nothing else has changed")
    return result


def _new(node: ClusterNode) -> New:
    """The node as an element to be written."""
    numbers = (("votes", node.votes), ("nodeid", node.nodeid))
    written = tuple((key, str(value)) for key, value in numbers if value is not None)
    methods = tuple(
        New("method", (("name", method.name),),
            tuple(New("device", (("name", use.device), *use.attributes)) for use in method.devices))
        for method in node.fence
    )  # fmt: skip
    return New("clusternode", (("name", node.name), *written), (New("fence", (), methods),) if methods else ())
