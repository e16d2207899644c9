"""The hypervisor on today's stack: installed beside what boots today, which stays the way back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.steps.boot_world import GRUB_CFG, answered, codes, disturb, text_of
from tests.world import engine
from tui_installer.model.change import Run, WriteFiles


def test_what_boots_today_is_pinned_before_the_package_comes(at: Any) -> None:
    world = at("xen")
    plan = engine(world).plan("xen")
    pin, settings, install, *_ = plan.changes
    assert isinstance(pin, Run) and pin.argv[0] == "grub-set-default" and pin.argv[1].startswith("gnulinux-simple-")
    assert isinstance(settings, WriteFiles) and b"XEN_OVERRIDE_GRUB_DEFAULT=0" in settings.edits[0].after.content  # type: ignore[union-attr]
    assert isinstance(install, Run) and install.argv[-1] == "xen-system-amd64"


def test_after_it_plain_linux_boots_by_itself_and_the_hypervisor_has_its_entry(at: Any) -> None:
    world = at("migration")
    menu = text_of(world, GRUB_CFG)
    assert 'set default="${saved_entry}"' in menu and "set fallback=0" in menu
    assert "saved_entry=gnulinux-simple-" in text_of(world, "/boot/grub/grubenv")
    assert "com1=115200,8n1 console=com1,vga dom0_mem=1536M,max:1536M dom0_max_vcpus=4" in menu
    assert "ro console=hvc0 panic=10" in menu


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"dom0-memory": 100}, "xen.memory"), ({"dom0-memory": 99999}, "xen.memory"),
        ({"dom0-vcpus": 99}, "xen.processors"), ({"confirm": "nonsense"}, "xen.confirm"),
    ],
)  # fmt: skip
def test_answers_that_cannot_be(at: Any, given: dict[str, Any], code: str) -> None:
    plan = answered(at("xen"), "xen", **given).plan("xen")
    assert plan.blocked and codes(plan)[code].level == "ask"


def test_without_the_hypervisor_nothing_is_planned(at: Any) -> None:
    world = at("xen")
    assert answered(world, "xen", install=False).plan("xen").in_place
    plan = engine(world).plan("reboot")
    assert plan.in_place, plan.problems


def test_a_kernel_without_an_entry_is_no_way_back(at: Any) -> None:
    world = at("xen")
    disturb(world, lambda host: host.data.update(kernel="6.1.0-1-amd64"))
    plan = engine(world).plan("xen")
    assert not plan.changes and "xen.no-way-back" in codes(plan)
