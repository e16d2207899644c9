"""Serial lines: by the kernel, by the firmware's table, by the hypervisor, by who is logged in."""

from __future__ import annotations

import struct

from tui_installer.probes.consoles import Consoles, TtyS, parse_spcr, parse_uarts, parse_xen

SERIAL = """\
serinfo:1.0 driver revision:
0: uart:16550A port:000003F8 irq:4 tx:11078 rx:396 RTS|CTS|DTR|DSR|CD
1: uart:unknown port:000002F8 irq:3
"""


def _spcr(space: int, address: int, baud: int) -> bytes:
    head = b"SPCR".ljust(36, b"\0")
    return head + struct.pack("<B3xBBBBQBBIB", 0, space, 8, 0, 1, address, 1, 4, 4, baud).ljust(44, b"\0")


def test_the_kernels_lines_and_those_that_are_none() -> None:
    first, second = parse_uarts(SERIAL)
    assert (first.unit, first.kind, first.port, first.irq) == (0, "16550A", 0x3F8, 4)
    lines = Consoles(uarts=(first, second))
    assert lines.uart(0) is first and lines.uart(1) is None


def test_the_firmwares_table() -> None:
    assert parse_spcr(_spcr(1, 0x2F8, 7)) == TtyS(1, 115200)
    assert parse_spcr(_spcr(1, 0x3F8, 0)) == TtyS(0, 0)
    assert parse_spcr(_spcr(0, 0xFED00000, 7)) is None, "a line in memory is none that GRUB's unit names"
    assert parse_spcr(b"SPCR") is None


def test_the_hypervisors_own_line() -> None:
    assert parse_xen("placeholder com1=115200,8n1 console=com1,vga dom0_mem=1024M") == TtyS(0, 115200)
    assert parse_xen("placeholder com2=9600,8n1 console=vga,com2") == TtyS(1, 9600)
    assert parse_xen("placeholder dom0_mem=1024M") is None


def test_the_surest_comes_first_and_a_speed_is_looked_for() -> None:
    options = ("console=tty0", "console=ttyS1,57600n8")
    seen = Consoles(("tty0", "ttyS1"), options, parse_uarts(SERIAL), TtyS(0, 9600), None, ("ttyS1", "pts/0"))
    assert [line for line, _ in seen.found] == [TtyS(1, 57600), TtyS(0, 9600), TtyS(1, 57600), TtyS(0)]
