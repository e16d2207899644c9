"""The main edits give the files that an administrator would have written."""

from collections.abc import Callable

import pytest

from tests.formats.corpus import CASES, case
from tui_installer.formats import (
    blocks,
    bridges,
    cluster_conf,
    cluster_conf_edit,
    inittab,
    interfaces,
    keyvalue,
    lines,
    menu_lst,
    sexp,
)
from tui_installer.formats.blocks import COROSYNC, LVM, MULTIPATH

Edit = Callable[[bytes], bytes]
PROMISE = [("vendor", "Promise"), ("product", "VTrak E610f"), ("path_grouping_policy", "group_by_prio")]
NEW_NODE = [("name", "fresh"), ("nodeid", "3"), ("ring0_addr", "10.50.0.4")]
GETTY = inittab.InittabEntry("T0", "23", "respawn", "/sbin/getty -L ttyS0 115200 vt100")
LEFT = cluster_conf.ClusterNode("left", 1, 9)
VLAN = ["auto eth1.16", "iface eth1.16 inet static", "    address 10.16.0.3/16", "    mtu 9000"]


def _node_without_vote(content: bytes) -> bytes:
    added = blocks.add_section(content, COROSYNC, ("nodelist",), "node", NEW_NODE)
    return blocks.set_in(added, COROSYNC, ("nodelist",), "node", {"name": "fresh"}, "quorum_votes", "0")


def _node_two_node_gone(content: bytes) -> bytes:
    added = blocks.add_section(content, COROSYNC, ("nodelist",), "node", NEW_NODE)
    single = blocks.remove_key(added, COROSYNC, ("quorum",), "two_node")
    return blocks.set(single, COROSYNC, ("totem",), "config_version", "2")


def _chap(content: bytes) -> bytes:
    for phase in ("discovery.sendtargets", "node.session"):
        for key, value in (("authmethod", "CHAP"), ("username", "vmhost"), ("password", "open sesame #1")):
            content = keyvalue.set(content, f"{phase}.auth.{key}", value)
    return content


def _own_name(content: bytes) -> bytes:
    moved = lines.set_host_address(content, "127.0.1.1", "host.example.org", "10.50.0.3")
    return lines.set_host_address(moved, "127.0.1.1", "host", "10.50.0.3")


def _serial(content: bytes) -> bytes:
    for key, words in (("xenhopt", ("com1=115200,8n1", "console=com1")), ("xenkopt", ("console=hvc0",))):
        content = menu_lst.set(content, key, menu_lst.with_words(menu_lst.get(content, key) or "", *words))
    return content


def _bridged(content: bytes) -> bytes:
    return bridges.bridged(content, "ens5", "xenbr0", (("bridge_ports", "ens5"), ("bridge_fd", "0")))


def _relocation(content: bytes) -> bytes:
    opened = sexp.set(content, "xend-relocation-server", "yes", quoted=False)
    allowed = sexp.hosts_allow(["^localhost$", sexp.literal("10.50.0.2")])
    return sexp.set(opened, "xend-relocation-hosts-allow", allowed)


GOLDEN: list[tuple[str, str, Edit]] = [
    ("corosync/add-node", "corosync/two-nodes", _node_without_vote),
    ("corosync/add-node-spaced", "corosync/spaced", _node_two_node_gone),
    ("corosync/add-node-default", "corosync/bookworm-default", _node_without_vote),
    (
        "corosync/remove-node",
        "corosync/spaced",
        lambda c: blocks.remove_section(c, COROSYNC, ("nodelist",), "node", {"name": "one"}),
    ),
    ("hosts/own-name", "hosts/debian", _own_name),
    ("hosts/add-peer", "hosts/debian", lambda c: lines.add_host(c, "10.50.0.2", ["peer.example.org", "peer"])),
    (
        "initiatorname/set",
        "initiatorname/deb",
        lambda c: keyvalue.set(c, "InitiatorName", "iqn.2026-11.lab.vm:fresh", "="),
    ),
    ("inittab/serial", "inittab/etch", lambda c: inittab.set_entry(c, GETTY)),
    ("interfaces/add-vlan", "interfaces/one-address", lambda c: interfaces.add_stanza(c, VLAN)),
    ("iscsid/chap", "iscsid/guide", _chap),
    ("lvm/one-line", "lvm/n-one-line", lambda c: blocks.set(c, LVM, ("global",), "use_lvmlockd", "1")),
    ("lvm/slash-key", "lvm/n-slashkey", lambda c: blocks.set(c, LVM, ("global",), "use_lvmlockd", "0")),
    (
        "lvm/filter",
        "lvm/n-noeol",
        lambda c: blocks.set(c, LVM, ("devices",), "global_filter", '[ "r|/dev/sd.*|", "a|.*|" ]'),
    ),
    ("interfaces/bridge", "interfaces/one-address", _bridged),
    ("menulst/serial", "menulst/etch-like", _serial),
    ("modules/add", "modules/deb", lambda c: lines.add_module(c, "dlm")),
    (
        "multipath/add-device",
        "multipath/guide",
        lambda c: blocks.add_section(c, MULTIPATH, ("devices",), "device", PROMISE),
    ),
    (
        "multipath/add-alias",
        "multipath/guide",
        lambda c: blocks.add_section(
            c, MULTIPATH, ("multipaths",), "multipath", [("wwid", "222ab0001550e5678"), ("alias", "vm1")]
        ),
    ),
    (
        "multipath/first-alias",
        "multipath/lab",
        lambda c: blocks.add_section(
            c, MULTIPATH, ("multipaths",), "multipath", [("wwid", "222ab0001550e5678"), ("alias", "vm1")]
        ),
    ),
    ("multipath/set", "multipath/lab", lambda c: blocks.set(c, MULTIPATH, ("defaults",), "find_multipaths", "strict")),
    ("multipath/new-file", "", lambda c: blocks.set(c, MULTIPATH, ("defaults",), "enable_foreign", "^$")),
    ("securetty/add", "securetty/etch", lambda c: lines.add_tty(c, "hvc0")),
    (
        "shell/grub",
        "shell/bookworm-default-grub",
        lambda c: keyvalue.set_shell(
            keyvalue.set_shell(c, "GRUB_CMDLINE_LINUX", "console=tty0 console=ttyS0,115200n8"),
            "GRUB_TERMINAL",
            "serial",
        ),
    ),
    ("shell/xen", "shell/trixie-xen.cfg", lambda c: keyvalue.set_shell(c, "XEN_OVERRIDE_GRUB_DEFAULT", "1")),
    ("sxp/relocation", "sxp/guide", _relocation),
    ("xml/add-node", "xml/guide-flat", lambda c: cluster_conf_edit.add_node(c, LEFT)),
    ("xml/add-node-mixed", "xml/mixed", lambda c: cluster_conf_edit.add_node(c, LEFT)),
    (
        "xml/remove-node",
        "xml/guide-flat",
        lambda c: cluster_conf_edit.remove_node(c, cluster_conf.parse(c).nodes[0].name),
    ),
]


@pytest.mark.parametrize(("after", "before", "edit"), GOLDEN, ids=[row[0] for row in GOLDEN])
def test_edit(after: str, before: str, edit: Edit) -> None:
    family, name = after.split("/")
    assert edit(case(before)) == case(f"{family}/edits/{name}")


def test_every_result_belongs_to_an_edit() -> None:
    files = {f"{path.parent.parent.name}/{path.name}" for path in CASES.glob("*/edits/*")}
    assert files == {row[0] for row in GOLDEN}


def test_default_lvm_conf_gains_one_line_after_its_template() -> None:
    before = case("lvm/trixie-lvm.conf")
    after = blocks.set(before, LVM, ("global",), "use_lvmlockd", "1")
    template = b"\t# use_lvmlockd = 0\n"
    assert after == before.replace(template, template + b"\tuse_lvmlockd = 1\n")
