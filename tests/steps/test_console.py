"""Today's stack on a serial line: what boots speaks there, and what is there already stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.steps.boot_world import CONSOLE, GRUB_CFG, answered, codes, disturb, text_of
from tests.world import engine
from tui_installer.model.change import Run


def test_the_line_is_found_and_everything_that_boots_speaks_on_it(at: Any) -> None:
    world = at("xen")
    text = text_of(world, CONSOLE)
    assert 'GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200 ' in text
    assert 'GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT=" "' in text
    menu = text_of(world, GRUB_CFG)
    assert "serial --unit=0 --speed=115200" in menu and "terminal_output console serial" in menu
    assert "console=tty0 console=ttyS0,115200n8 panic=10" in menu


def test_options_of_the_administrator_reach_the_first_domain_as_well(at: Any) -> None:
    world = at("console")
    disturb(
        world, lambda host: host.put("/etc/default/grub.d/05-own.cfg", 'GRUB_CMDLINE_LINUX="net.ifnames=0 quiet"\n')
    )
    mine = engine(world)
    assert mine.apply(mine.plan("console")) == "done"
    assert 'GRUB_CMDLINE_LINUX_XEN_REPLACE="net.ifnames=0 quiet console=hvc0 panic=10"' in text_of(world, CONSOLE)
    assert mine.plan("console").in_place


def test_a_second_line_is_linuxs_alone(at: Any) -> None:
    world = at("console")
    mine = answered(world, "console", **{"second-unit": "1", "second-speed": "9600"})
    assert mine.apply(mine.plan("console")) == "done"
    text = text_of(world, CONSOLE)
    assert "console=ttyS1,9600n8 console=ttyS0,115200n8" in text, "the first one is /dev/console"
    assert "console=ttyS1,9600n8 console=hvc0" in text and "com1=115200,8n1 console=com1,vga" in text
    assert mine.plan("console").in_place


@pytest.mark.parametrize(
    ("given", "code"),
    [({"unit": "1"}, "console.no-line"), ({"unit": "0", "second-unit": "0"}, "console.unit")],
)
def test_a_line_that_cannot_be(at: Any, given: dict[str, str], code: str) -> None:
    plan = answered(at("console"), "console", **given).plan("console")
    assert plan.blocked and code in codes(plan)


def test_of_a_line_named_twice_the_kernel_takes_the_first_speed(at: Any) -> None:
    world = at("console")
    disturb(world, lambda host: host.put("/etc/default/grub", 'GRUB_CMDLINE_LINUX="console=ttyS0,9600n8"\n'))
    plan = answered(world, "console", speed="115200").plan("console")
    assert codes(plan)["console.elsewhere"].evidence == ("console=ttyS0,9600n8",)


def test_a_login_that_is_enabled_is_left_to_systemd(at: Any) -> None:
    world = at("console")
    link = "/etc/systemd/system/getty.target.wants/serial-getty@ttyS0.service"
    disturb(world, lambda host: host.link(link, "/usr/lib/systemd/system/serial-getty@.service"))
    plan = engine(world).plan("console")
    assert ("systemctl", "disable", "serial-getty@ttyS0.service") in [
        change.argv for change in plan.changes if isinstance(change, Run)
    ]


def test_the_offer_at_the_login_comes_and_goes_with_its_answer(at: Any) -> None:
    world = at("xen")
    mine = answered(world, "console", offer=True)
    assert mine.apply(mine.plan("console")) == "done"
    assert "exec" not in [
        line.split()[0] for line in text_of(world, "/etc/profile.d/tui-installer.sh").splitlines() if line
    ]
    mine = answered(world, "console", offer=False)
    assert mine.apply(mine.plan("console")) == "done"
    assert not text_of(world, "/etc/profile.d/tui-installer.sh")


def test_a_host_without_grub_is_told_and_goes_on_without_the_hypervisor(at: Any) -> None:
    world = at("console")
    disturb(world, lambda host: host.remove(GRUB_CFG))
    mine = engine(world)
    for step in ("console", "xen", "migration", "reboot"):
        plan = mine.plan(step)
        assert plan.in_place, (step, plan)
        assert step == "migration" or f"{step}.no-grub" in codes(plan)
    assert codes(answered(world, "xen", install=True).plan("xen"))["xen.no-grub"].level == "stop"
