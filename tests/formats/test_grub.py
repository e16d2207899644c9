"""GRUB 2's menu as grub-mkconfig of Debian 13 made it on a real disk, its settings, and its environment block."""

from __future__ import annotations

import pytest

from tests.formats.corpus import case
from tui_installer.formats import grub_cfg, grub_defaults
from tui_installer.formats.text import FormatError

MENU = case("grub/trixie-xen.cfg")
FOUND = grub_cfg.entries(MENU)
KERNEL = "6.12.107+deb13-amd64"


def test_every_entry_that_boots_a_linux_with_what_it_loads() -> None:
    plain, *_, last = (each for each in FOUND if not each.hypervisor)
    assert (plain.title, plain.menus, plain.release) == ("Debian GNU/Linux", (), KERNEL)
    assert plain.id.startswith("gnulinux-simple-") and plain.name == plain.id
    assert plain.initrd == f"/boot/initrd.img-{KERNEL}" and "single" in last.options
    xen = next(each for each in FOUND if each.hypervisor)
    assert xen.title == "Debian GNU/Linux GNU/Linux, with Xen hypervisor"
    assert (xen.hypervisor, xen.release) == ("/boot/xen-4.20-amd64.gz", KERNEL)
    assert xen.root == plain.root and xen.root.startswith("root=UUID="[5:])
    assert "placeholder" not in (*xen.options, *xen.hypervisor_options)


def test_within_menus_titles_name_an_entry_for_identifiers_collide() -> None:
    inner = next(each for each in FOUND if each.hypervisor and each.menus)
    assert inner.name.count(">") == 2 and inner.name.endswith(inner.title)
    assert grub_cfg.find(FOUND, inner.name) is inner


def test_numbers_count_the_top_menu() -> None:
    xen = next(each for each in FOUND if each.hypervisor)
    assert [grub_cfg.number(FOUND, each) for each in (FOUND[0], FOUND[1], xen)] == [0, 1, 2]
    assert grub_cfg.find(FOUND, "2") is xen
    assert grub_cfg.find(FOUND, "9") is None


def test_the_default_is_the_one_without_a_one_shot_entry() -> None:
    assert grub_cfg.default(MENU) == "${saved_entry}"
    assert grub_cfg.default(b"") == ""


def test_the_environment_block_without_its_filling() -> None:
    block = b"# GRUB Environment Block\nsaved_entry=gnulinux-simple-1\nnext_entry=\n#########"
    assert grub_cfg.environment(block) == {"saved_entry": "gnulinux-simple-1"}


def test_an_empty_replacement_replaces_nothing_and_a_blank_does() -> None:
    base = b'GRUB_CMDLINE_LINUX="console=ttyS0"\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\n'
    own = b'GRUB_CMDLINE_LINUX_XEN_REPLACE="console=hvc0"\nGRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT="%s"\n'
    assert grub_defaults.dom0_line(grub_defaults.effective([base])) == ["console=ttyS0", "quiet"]
    assert grub_defaults.dom0_line(grub_defaults.effective([base, own % b""])) == ["console=hvc0", "quiet"]
    assert grub_defaults.dom0_line(grub_defaults.effective([base, own % b" "])) == ["console=hvc0"]


def test_later_files_name_earlier_settings() -> None:
    found = grub_defaults.effective([b'GRUB_CMDLINE_XEN="a"\n', b'GRUB_CMDLINE_XEN="$GRUB_CMDLINE_XEN ${NONE}b"\n'])
    assert grub_defaults.hypervisor_line(found) == ["a", "b"]
    with pytest.raises(FormatError):
        grub_defaults.effective([b'GRUB_DEFAULT="\n'])
