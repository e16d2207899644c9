"""Every file of the corpus is read, or refused at the line that is wrong; and the main edits work in all of them."""

from collections.abc import Callable

import pytest

from tests.formats.corpus import CASES, READERS, accepted, case, outcomes
from tests.formats.strategies import changed
from tui_installer.formats import (
    blocks,
    cluster_conf,
    cluster_conf_edit,
    inittab,
    interfaces,
    keyvalue,
    lines,
    menu_lst,
    sexp,
)
from tui_installer.formats.text import FormatError

OUTCOMES = outcomes()


def test_every_file_has_an_outcome() -> None:
    files = {f"{p.parent.name}/{p.name}" for p in CASES.glob("*/*") if p.is_file() and p.parent.name != "edits"}
    assert files == OUTCOMES.keys()


@pytest.mark.parametrize(("name", "line"), OUTCOMES.items())
def test_outcome(name: str, line: int) -> None:
    read = READERS[name.split("/")[0]]
    if not line:
        read(case(name))
        return
    with pytest.raises(FormatError) as error:
        read(case(name))
    assert error.value.line == line
    assert str(error.value).startswith(f"line {line}: ")
    assert "accepted" in str(error.value)


def with_node(content: bytes) -> bytes:
    """`content` with one more node, unless it has that one."""
    conf = cluster_conf.parse(content)
    there = conf.node("peer") is not None
    return content if there else cluster_conf_edit.add_node(content, cluster_conf.ClusterNode("peer", 1, 4000))


EDITS: dict[str, Callable[[bytes], bytes]] = {
    "corosync": lambda c: blocks.set(c, blocks.COROSYNC, ("totem",), "token", "10000"),
    "hosts": lambda c: lines.add_host(c, "10.0.0.9", ["peer.example.org", "peer"]),
    "initiatorname": lambda c: keyvalue.set(c, "InitiatorName", "iqn.2026-11.x:y", "="),
    "inittab": lambda c: inittab.set_entry(
        c, inittab.InittabEntry("T0", "23", "respawn", "/sbin/getty -L ttyS0 115200 vt100")
    ),
    "interfaces": lambda c: interfaces.add_stanza(c, ["auto eth7", "iface eth7 inet manual", "\tmtu 9000"]),
    "iscsid": lambda c: keyvalue.set(c, "discovery.sendtargets.auth.authmethod", "CHAP"),
    "lvm": lambda c: blocks.set(c, blocks.LVM, ("global",), "use_lvmlockd", "1"),
    "menulst": lambda c: menu_lst.set(c, "xenkopt", "console=hvc0"),
    "modules": lambda c: lines.add_module(c, "dlm"),
    "multipath": lambda c: blocks.set(c, blocks.MULTIPATH, ("defaults",), "find_multipaths", "strict"),
    "securetty": lambda c: lines.add_tty(c, "hvc0"),
    "shell": lambda c: keyvalue.set_shell(c, "GRUB_CMDLINE_XEN", "dom0_mem=4G,max:4G com1=115200"),
    "sxp": lambda c: sexp.set(c, "xend-relocation-hosts-allow", "^localhost$ ^10\\.0\\.0\\.9$"),
    "xml": with_node,
}


@pytest.mark.parametrize("family", EDITS)
def test_edits_keep_other_lines_and_repeat_to_nothing(family: str) -> None:
    for content in accepted(family):
        result = EDITS[family](content)
        assert EDITS[family](result) == result
        kept = result.split(b"\n")
        gone = [line for line in content.split(b"\n") if line not in kept]
        assert len(gone) <= (2 if family == "xml" else 1)  # the version, and a line that two elements shared
        assert family == "xml" or len(changed(content, result)[0]) <= 1
        assert (b"\r\n" in content) == (b"\r\n" in result)
        assert result.count(b"\r\n") in (0, result.count(b"\n"))


MENU = ["default 0", menu_lst.BEGIN, menu_lst.OPTIONS_END, menu_lst.END]


def large(family: str) -> bytes:
    """Ten thousand lines of a family."""
    rows = {
        "corosync": ["totem {", *(f"\tkey{n}: {n}" for n in range(10000)), "}"],
        "hosts": [f"10.1.{n // 256}.{n % 256} h{n}.x h{n}" for n in range(10000)],
        "initiatorname": [f"key{n}={n}" for n in range(10000)],
        "interfaces": [row for n in range(5000) for row in (f"iface e{n} inet manual", f"  mtu {n}")],
        "iscsid": [f"key{n} = {n}" for n in range(10000)],
        "lvm": ["global {", *(f"  k{n} = {n}" for n in range(10000)), "}"],
        "inittab": [f"{n}:23:respawn:/sbin/getty 38400 tty{n}" for n in range(10000)],
        "menulst": [*MENU[:2], *(f"# key{n}={n}" for n in range(10000)), *MENU[2:]],
        "modules": [f"m{n}" for n in range(10000)],
        "multipath": ["blacklist {", *(f"  devnode sd{n}" for n in range(10000)), "}"],
        "securetty": [f"tty{n}" for n in range(10000)],
        "sxp": [f"(form{n} '{n}')" for n in range(10000)],
        "shell": [f'V{n}="{n}"' for n in range(10000)],
    }
    nodes = [f'  <clusternode name="h{n}"/>' for n in range(5000)]
    rows["xml"] = ['<cluster name="c" config_version="1">', " <clusternodes>", *nodes, " </clusternodes>", "</cluster>"]
    return "".join(row + "\n" for row in rows[family]).encode()


@pytest.mark.parametrize("family", EDITS)
def test_large_files_are_edited(family: str) -> None:
    content = large(family)
    result = EDITS[family](content)
    assert len(content) < len(result) < len(content) + 100
