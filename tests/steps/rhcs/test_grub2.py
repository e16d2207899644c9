"""Debian 6 booted by GRUB 2, as it is installed: the serial line, the hypervisor first, the restart into it."""

from __future__ import annotations

from pathlib import Path

from tests.world import engine, join
from tui_installer import simulator
from tui_installer.hosts.host import File
from tui_installer.steps import choose
from tui_installer.steps.console import rhcs_grub
from tui_installer.steps.console.rhcs_grub import FIRST, LAST, SETTINGS, Grub2, wanted, words
from tui_installer.steps.rhcs.release import SQUEEZE


def test_the_join_ends_in_the_hypervisor(tmp_path: Path) -> None:
    world = tmp_path / "world"
    simulator.create(world, "squeeze-grub2")
    here = simulator.here(world)
    mine = engine(world, stack=choose(here).load())
    before = here.read(SETTINGS)
    join(mine, until="reboot")
    assert here.list(FIRST) and not here.list(LAST)
    grub = rhcs_grub.probe(here)
    assert grub is not None and grub.default is not None
    assert grub.default.hypervisor_options == ("com1=115200,8n1", "console=com1")
    assert mine.apply(mine.plan("reboot")) == "done", mine.failure("reboot")
    assert mine.plan("reboot").in_place
    cmdline, capable = here.read("/proc/cmdline"), here.read("/proc/xen/capabilities")
    assert cmdline is not None and b"console=tty0 console=hvc0" in cmdline.content and capable is not None
    for step in ("reboot", "console"):
        assert mine.apply(mine.plan_undo(step)) == "done"
    assert here.read(SETTINGS) == before and here.list(LAST) and not here.list(FIRST)


MENU = b"""\
set default="1"
menuentry 'Debian GNU/Linux, with Linux 2' --class os {
	linux	/boot/vmlinuz-2 root=/dev/sda ro
}
menuentry 'Debian GNU/Linux, with Linux 2 and XEN 4' --class os {
	multiboot	/boot/xen-4.gz placeholder com1=115200,8n1 console=com1
	module	/boot/vmlinuz-2 placeholder root=/dev/sda ro console=tty0 console=hvc0
	module	/boot/initrd.img-2
}
"""


def test_an_administrators_own_order_stays() -> None:
    """Whoever has the hypervisor booted by GRUB_DEFAULT has no script diverted."""
    cfg = MENU
    options = words(SQUEEZE, "0", "115200")
    settings = wanted(b'GRUB_DEFAULT=1\nGRUB_CMDLINE_LINUX="quiet"\n', options)
    assert settings == (
        b'GRUB_DEFAULT=1\nGRUB_CMDLINE_LINUX="quiet console=tty0 console=hvc0"\n'
        b'GRUB_CMDLINE_XEN="com1=115200,8n1 console=com1"\n'
    )
    grub = Grub2(File(settings), cfg, True)
    assert list(rhcs_grub.plan(grub, options)) == []
    first = Grub2(File(settings), cfg.replace(b'default="1"', b'default="0"'), True)
    titles = [change.title for change in rhcs_grub.plan(first, options)]
    assert titles == ["List the hypervisor first in GRUB's menu", "Make GRUB's menu anew"]
