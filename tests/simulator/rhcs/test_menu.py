"""menu.lst: the simulated update-grub's and GRUB's own readers, by update-grub's script and stage2 of grub 0.97."""

from __future__ import annotations

import pytest

from tests.simulator.rhcs import guide
from tests.simulator.rhcs.conftest import Make
from tests.simulator.worlds import ok, run
from tui_installer import simulator
from tui_installer.simulator.rhcs.menu import (
    BEGIN,
    DEFAULTS,
    END,
    MENU,
    OPTIONS,
    OPTIONS_END,
    booted,
    kernel_options,
    settings,
)


def menu(*options: str, begin: str = BEGIN, start: str = OPTIONS) -> str:
    return "\n".join(("# kopt=outside", begin, start, *options, OPTIONS_END, "# kopt=late", END, ""))


def test_options_are_those_between_the_markers() -> None:
    found = settings(
        menu("# kopt=root=/dev/sda1   ro ", "## kopt=no", "#kopt=no", " # kopt=no", "# xenhopt=", "# a-b=no")
    )
    assert found == DEFAULTS | {"kopt": "root=/dev/sda1 ro", "xenhopt": ""}


@pytest.mark.parametrize("odd", [menu("# kopt=x", begin=f"{BEGIN} "), menu("# kopt=x", start="## ## Start")])
def test_a_marker_that_is_not_alone_on_its_line_is_none(odd: str) -> None:
    assert settings(odd) == DEFAULTS


def test_an_option_twice_is_put_together() -> None:
    assert settings(menu("# kopt=a", "# kopt=b"))["kopt"] == "a b"


def test_the_longest_version_that_fits_goes_before_kopt() -> None:
    found = settings(menu("# kopt=a", "# kopt_2_6=b", "# kopt_2_6_26_2=c", "# kopt_2_4="))
    versions = ("2.6.26-2-xen-686", "2.6.18-6-686", "2.4.27", "3.2.0")
    assert [kernel_options(found, each) for each in versions] == ["c", "b", "a", "a"]


def test_what_boots_by_itself() -> None:
    text = "default=1\n title one\n  kernel /boot/vmlinuz-1 a\n"
    text += "title two\n\tkernel\t/boot/xen-3.gz\n\tmodule=/boot/vmlinuz-2 b c\n"
    entry = booted(text)
    assert entry is not None and (entry.kernel, entry.options) == ("2", "b c")
    assert booted(text.replace("default=1", "default 7")) is None
    first = booted(text.replace("default=1", "# default 1"))
    assert first is not None and first.kernel == "1"


def test_kernels_get_the_options_of_their_version(rhcs: Make) -> None:
    host = simulator.here(rhcs("etch"))
    text = guide.text(host, MENU)
    guide.put(host, MENU, text.replace("# kopt=root", "# kopt_2_6=root=/dev/sda9 ro\n# kopt=root"))
    ok(host, "update-grub")
    assert "vmlinuz-2.6.18-6-xen-686 root=/dev/sda9 ro console=tty0\n" in guide.text(host, MENU)


def test_grub_2_has_its_settings_from_the_shell(rhcs: Make) -> None:
    host = simulator.here(rhcs("squeeze-grub2"))
    text = guide.text(host, "/etc/default/grub")
    more = 'UNIT=1\nGRUB_CMDLINE_LINUX="console=ttyS$UNIT,115200n8"  # our line\n: ${GRUB_CMDLINE_LINUX_DEFAULT=x}\n'
    guide.put(host, "/etc/default/grub", text + more)
    ok(host, "update-grub")
    assert " ro console=ttyS1,115200n8 quiet\n" in guide.text(host, "/boot/grub/grub.cfg")
    guide.put(host, "/etc/default/grub", f'{text}GRUB_CMDLINE_LINUX="console=ttyS1\n')
    before = guide.text(host, "/boot/grub/grub.cfg")
    assert run(host, "update-grub").code == 2
    assert guide.text(host, "/boot/grub/grub.cfg") == before
