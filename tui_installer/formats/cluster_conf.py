"""cluster.conf of Red Hat Cluster Suite: its facts.

Source: cluster.conf(5), cman(5) and what ccsd and cman of the three generations read. `cluster_conf_edit` edits it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from lxml import etree

from tui_installer.formats import xml_text
from tui_installer.formats.fencing import FenceDevice, FenceUse, Method, is_secret
from tui_installer.formats.text import FormatError, decode

HIGHEST = 2**31 - 1
"""config_version is read by atoi."""
_KNOWN = ("cman", "clusternodes", "fencedevices")
_HARMLESS = ("fence_daemon", "rm", "totem", "logging", "dlm", "gfs_controld")
"""Change neither votes nor transport: delays of fenced(8), rgmanager's resources, timeouts, logs. system-config-cluster
and luci write the first two into nearly every file; ccsd 2.03 and the schema of 3.0.12 take edits of such files."""
_CMAN = ("two_node", "expected_votes")


@dataclass(frozen=True, slots=True)
class ClusterNode:
    """A `clusternode`. None: the attribute is not written (votes are 1 then; cman 1.x hands out ids itself)."""

    name: str
    votes: int | None = 1
    nodeid: int | None = None
    fence: tuple[Method, ...] = ()


@dataclass(frozen=True, slots=True)
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
    failover_domains: tuple[str, ...] = ()
    """rgmanager's, by name: a node that is in none of them runs none of their services."""

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
    return _conf(root_of(content))


def root_of(content: bytes) -> etree._Element:
    """The tree of a whole document. Raises `FormatError`."""
    root = xml_text.tree(content)
    xml_text.scan(decode(content))
    if xml_text.name(root) != "cluster":
        raise FormatError(_line(root), f"found <{xml_text.name(root)}>; <cluster> is accepted")
    return root


def _conf(root: etree._Element) -> ClusterConf:
    nodes = tuple(node_of(each) for each in xml_text.elements(nodes_of(root), "clusternode"))
    _refuse_twins(nodes_of(root), nodes)
    cman = next(xml_text.elements(root, "cman"), None)
    devices = (each for home in xml_text.elements(root, "fencedevices")
               for each in xml_text.elements(home, "fencedevice"))  # fmt: skip
    return ClusterConf(
        name=_required(root, "name"),
        version=_digits(root, "config_version", _required(root, "config_version")),
        nodes=nodes,
        two_node=cman is not None and cman.get("two_node") == "1",
        expected_votes=_optional(cman, "expected_votes") or 0 if cman is not None else 0,
        fencedevices=tuple(device_of(each) for each in devices),
        special=tuple(dict.fromkeys(_special(root))),
        failover_domains=tuple(
            each.get("name", "")
            for rm in xml_text.elements(root, "rm")
            for home in xml_text.elements(rm, "failoverdomains")
            for each in xml_text.elements(home, "failoverdomain")
        ),
    )


def nodes_of(root: etree._Element) -> etree._Element:
    """The section of nodes. Raises `FormatError`."""
    found = list(xml_text.elements(root, "clusternodes"))
    if len(found) != 1:
        raise FormatError(_line(root), f"found {len(found)} sections <clusternodes>; one is accepted")
    return found[0]


def node_of(element: etree._Element) -> ClusterNode:
    """A `clusternode`. Raises `FormatError`."""
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


def device_of(element: etree._Element) -> FenceDevice:
    """A `fencedevice`. Raises `FormatError`."""
    rest = [(str(key), str(value)) for key, value in element.attrib.items() if key not in ("name", "agent")]
    settings = tuple(pair for pair in rest if not is_secret(pair[0]))
    secrets = tuple(pair for pair in rest if is_secret(pair[0]))
    return FenceDevice(_required(element, "name"), element.get("agent", ""), settings, secrets)


def _special(root: etree._Element) -> Iterator[str]:
    for each in xml_text.elements(root):
        local = xml_text.name(each)
        if local == "cman":
            yield from (f"cman@{key}" for key in map(str, each.attrib) if key not in _CMAN)
            yield from (f"cman/{xml_text.name(kid)}" for kid in xml_text.elements(each))
        elif local not in (*_KNOWN, *_HARMLESS):
            yield local
    for node in xml_text.elements(nodes_of(root), "clusternode"):
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
