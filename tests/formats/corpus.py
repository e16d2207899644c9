"""The files of the corpus, and the reader of each family."""

from collections.abc import Callable
from pathlib import Path

from tui_installer.formats import blocks, cluster_conf, grub_cfg, inittab, interfaces, keyvalue, lines, menu_lst, sexp

CASES = Path(__file__).parent / "cases"

READERS: dict[str, Callable[[bytes], object]] = {
    "corosync": lambda content: blocks.parse(content, blocks.COROSYNC),
    "grub": lambda content: (grub_cfg.entries(content), grub_cfg.default(content)),
    "hosts": lines.hosts,
    "initiatorname": keyvalue.items,
    "inittab": inittab.entries,
    "interfaces": interfaces.stanzas,
    "iscsid": keyvalue.items,
    "lvm": lambda content: blocks.parse(content, blocks.LVM),
    "menulst": lambda content: (menu_lst.options(content), menu_lst.entries(content), menu_lst.default(content)),
    "modules": lambda content: lines.has_module(content, "loop"),
    "multipath": lambda content: blocks.parse(content, blocks.MULTIPATH),
    "securetty": lambda content: lines.has_tty(content, "ttyS0"),
    "shell": keyvalue.items_shell,
    "sxp": sexp.forms,
    "xml": cluster_conf.parse,
}


def case(name: str) -> bytes:
    """The content of `FAMILY/FILE`; "" is an empty file."""
    return (CASES / name).read_bytes() if name else b""


def outcomes() -> dict[str, int]:
    """`FAMILY/FILE` -> the line at which it is refused, 0 if it is accepted."""
    rows = (CASES / "outcomes.txt").read_text().splitlines()
    pairs = [row.split() for row in rows if not row.startswith("#")]
    return {name: 0 if word == "accepted" else int(word) for name, word in pairs}


def accepted(family: str) -> list[bytes]:
    """The contents of all accepted files of a family: some."""
    found = [case(name) for name, line in outcomes().items() if name.startswith(family + "/") and not line]
    assert found, family
    return found
