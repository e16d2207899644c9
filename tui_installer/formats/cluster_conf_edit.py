"""Edits of cluster.conf that splice text and touch nothing else; lxml judges each: the new tree is the old one with
that very change.

`ccs_tool addnode` makes one unindented line of a node and joins broken lines; the file is kept for those who read it
instead.
"""

from collections.abc import Collection
from dataclasses import replace

from lxml import etree

from tui_installer.formats import xml_text
from tui_installer.formats.cluster_conf import HIGHEST, ClusterNode, device_of, node_of, nodes_of, parse, root_of
from tui_installer.formats.cluster_conf_layout import New, insert_device, insert_node, without_device, without_node
from tui_installer.formats.fencing import FenceDevice, FenceUse
from tui_installer.formats.text import FormatError, confirm, decode, encode


def set_version(content: bytes, version: int) -> bytes:
    """`content` with that config_version, which must be higher: ccs_tool refuses any other."""
    old = parse(content).version
    if not old < version <= HIGHEST:
        raise FormatError(0, f"config_version {version} is not above {old}; {old + 1} is accepted")
    result = encode(_versioned(decode(content), version))
    tree = root_of(content)
    tree.set("config_version", str(version))
    return _confirmed(result, tree)


def add_node(content: bytes, node: ClusterNode, version: int | None = None, device: FenceDevice | None = None) -> bytes:
    """`content` with one more node after the last one, and config_version raised (None: by one); with `device`, one
    more fence device as well.

    They are laid out as those that are there: their indentation, order of attributes and quotes.
    """
    conf = parse(content)
    if conf.node(node.name) or (node.nodeid is not None and node.nodeid in [each.nodeid for each in conf.nodes]):
        raise FormatError(0, f"{node.name} (nodeid {node.nodeid}) is there already; another name and id are accepted")
    if device and device.name in [each.name for each in conf.fencedevices]:
        raise FormatError(0, f"there is a fence device {device.name} already; another name is accepted")
    number = conf.version + 1 if version is None else version
    text = insert_node(decode(content), _new(node))
    result = encode(_versioned(insert_device(text, _new_device(device)) if device else text, number))
    # The new tree without its last node (and its last device) is to be the old tree.
    tree, added = root_of(set_version(content, number)), root_of(result)
    if device:
        found = _unplugged(added, bool(conf.fencedevices) or _section(tree))
        confirm(_sorted_device(found), _sorted_device(device), "the new fence device")
    last = list(xml_text.elements(nodes_of(added), "clusternode"))[-1]
    confirm(_sorted_node(node_of(last)), _sorted_node(node), "the new node")
    confirm(etree.QName(last).namespace, etree.QName(tree).namespace, "the namespace of the new node")
    nodes_of(added).remove(last)
    confirm(xml_text.whole(added) == xml_text.whole(tree), True, "that nothing else has changed")
    return result


def _sorted_device(device: FenceDevice) -> FenceDevice:
    """Attributes have no order."""
    return replace(device, settings=tuple(sorted(device.settings)), secrets=tuple(sorted(device.secrets)))


def _sorted_node(node: ClusterNode) -> ClusterNode:
    def use(each: FenceUse) -> FenceUse:
        return replace(each, attributes=tuple(sorted(each.attributes)))

    fence = tuple(replace(method, devices=tuple(map(use, method.devices))) for method in node.fence)
    return replace(node, fence=fence)


def _section(root: etree._Element) -> bool:
    return next(xml_text.elements(root, "fencedevices"), None) is not None


def _unplugged(root: etree._Element, keep: bool) -> FenceDevice:
    """The last fence device of the first section, taken out; with its section unless that is to be kept."""
    home = next(xml_text.elements(root, "fencedevices"))
    last = list(xml_text.elements(home, "fencedevice"))[-1]
    found = device_of(last)
    home.remove(last)
    if not keep:
        root.remove(home)
    return found


def remove_node(content: bytes, name: str, version: int | None = None, devices: Collection[str] = ()) -> bytes:
    """`content` without a node, and without the named fence devices; config_version is raised (None: by one).

    Unchanged if there is no such node.
    """
    conf = parse(content)
    if conf.node(name) is None:
        return content
    number = conf.version + 1 if version is None else version
    wanted, text = root_of(set_version(content, number)), decode(content)
    index = [node.name for node in conf.nodes].index(name)
    _cut(list(xml_text.elements(nodes_of(wanted), "clusternode"))[index])
    text = without_node(text, index)
    listed = [each for home in xml_text.elements(wanted, "fencedevices")
              for each in xml_text.elements(home, "fencedevice")]  # fmt: skip
    for at, element in reversed(list(enumerate(listed))):
        if element.get("name") in devices:
            _cut(element)
            text = without_device(text, at)
    return _confirmed(encode(_versioned(text, number)), wanted)


def _cut(element: etree._Element) -> None:
    confirm((element.tail or "").strip(xml_text.BLANKS), "", f"the text behind <{xml_text.name(element)}>")
    home = element.getparent()
    if home is not None:
        home.remove(element)


def _versioned(text: str, version: int) -> str:
    start, end = xml_text.scan(text).values["config_version"]
    return text[:start] + str(version) + text[end:]


def _confirmed(result: bytes, wanted: etree._Element) -> bytes:
    confirm(xml_text.whole(root_of(result)) == xml_text.whole(wanted), True, "that nothing else has changed")
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


def _new_device(device: FenceDevice) -> New:
    pairs = (("name", device.name), ("agent", device.agent), *device.settings, *device.secrets)
    return New("fencedevice", pairs)
