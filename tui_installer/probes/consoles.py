"""Serial lines: those that the kernel, the firmware and the hypervisor speak on, and those somebody is logged in at."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tui_installer.hosts.host import Host

ACTIVE = "/sys/class/tty/console/active"
SPCR = "/sys/firmware/acpi/tables/SPCR"
PORTS = {0x3F8: 0, 0x2F8: 1, 0x3E8: 2, 0x2E8: 3}
"""I/O port -> unit of the usual lines: ttyS0 ..., com1 ... of GRUB and Xen."""
SPEEDS = {3: 9600, 4: 19200, 6: 57600, 7: 115200}
"""Baud rates of ACPI's table, by its own numbers; 0: as the firmware left it."""


@dataclass(frozen=True, slots=True)
class Uart:
    """A serial line that the kernel knows."""

    unit: int
    kind: str
    """"16550A", or "unknown": nothing is there, or the hypervisor has it."""
    port: int
    irq: int


@dataclass(frozen=True, slots=True)
class TtyS:
    """A serial line and its speed, as somebody named it; speed 0: not said."""

    unit: int
    speed: int = 0


@dataclass(frozen=True, slots=True)
class Consoles:
    """Where this host speaks."""

    active: tuple[str, ...] = ()
    """The kernel's consoles, the last one being /dev/console: ("tty0", "ttyS0")."""
    options: tuple[str, ...] = ()
    """The running kernel's command line."""
    uarts: tuple[Uart, ...] = ()
    firmware: TtyS | None = None
    """ACPI's SPCR names it."""
    hypervisor: TtyS | None = None
    """The hypervisor that runs has it."""
    logins: tuple[str, ...] = ()
    """Terminals at which somebody is logged in."""

    def uart(self, unit: int) -> Uart | None:
        """The line of that unit; None: there is none, or it cannot be seen."""
        return next((each for each in self.uarts if each.unit == unit and each.kind != "unknown"), None)

    @property
    def found(self) -> tuple[tuple[TtyS, str], ...]:
        """Lines with who names them, the surest first."""
        named = [(TtyS(int(name[4:])), f"somebody is logged in at {name}") for name in _lines(self.logins)]
        named += [(self.hypervisor, "the hypervisor speaks on it")] if self.hypervisor else []
        named += [(self.firmware, "the firmware names it (ACPI's SPCR)")] if self.firmware else []
        asked = {name: speed for name, speed in _consoles(self.options)}
        named += [(TtyS(int(name[4:]), asked.get(name, 0)), "a console of this kernel") for name in _lines(self.active)]
        named += [(TtyS(each.unit), "the first that there is") for each in self.uarts if each.kind != "unknown"][:1]
        return tuple((TtyS(line.unit, line.speed or asked.get(f"ttyS{line.unit}", 0)), why) for line, why in named)


def _lines(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if re.fullmatch(r"ttyS\d", name)]


def _consoles(options: tuple[str, ...]) -> list[tuple[str, int]]:
    found = (re.fullmatch(r"console=(ttyS\d)(?:,(\d+).*)?", word) for word in options)
    return [(match[1], int(match[2] or 0)) for match in found if match]


def parse_uarts(text: str) -> tuple[Uart, ...]:
    """/proc/tty/driver/serial."""
    rows = re.findall(r"(?m)^(\d+): uart:(\S+) port:([0-9A-F]{8}) irq:(\d+)", text)
    return tuple(Uart(int(unit), kind, int(port, 16), int(irq)) for unit, kind, port, irq in rows)


def parse_spcr(table: bytes) -> TtyS | None:
    """The line that ACPI's table names, if it is one of the usual I/O ports. Source: Microsoft's SPCR, revision 2."""
    if len(table) < 59 or table[:4] != b"SPCR" or table[40] != 1:
        return None
    unit = PORTS.get(int.from_bytes(table[44:52], "little"))
    return None if unit is None else TtyS(unit, SPEEDS.get(table[58], 0))


def parse_xen(command_line: str) -> TtyS | None:
    """The line that the hypervisor was told to have: "com1=115200,8n1 console=com1,vga"."""
    asked = re.search(r"(?:^|\s)console=(\S+)", command_line)
    port = re.search(r"com([12])", asked[1]) if asked else None
    if port is None:
        return None
    speed = re.search(rf"(?:^|\s)com{port[1]}=(\d+)", command_line)
    return TtyS(int(port[1]) - 1, int(speed[1]) if speed else 0)


def probe(host: Host, hypervisor: str = "") -> Consoles:
    """Look; `hypervisor`: the options of the one that runs. Raises `HostError`."""
    active, table, serial = host.read(ACTIVE), host.read(SPCR), host.read("/proc/tty/driver/serial")
    line = host.read("/proc/cmdline")
    rows = [row.split() for row in host.run("who", within=20).answer(absent=True).splitlines()]
    return Consoles(
        active=tuple(active.content.decode("ascii", "replace").split()) if active else (),
        options=tuple(line.content.decode("utf-8", "replace").split()) if line else (),
        uarts=parse_uarts(serial.content.decode("ascii", "replace")) if serial else (),
        firmware=parse_spcr(table.content) if table else None,
        hypervisor=parse_xen(hypervisor),
        logins=tuple(row[1] for row in rows if len(row) > 1),
    )
