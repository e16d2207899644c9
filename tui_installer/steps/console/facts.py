"""What the console step of today's stack asks, what it sees, and what of it is as it should be."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tui_installer.formats import grub_defaults
from tui_installer.hosts.host import File
from tui_installer.model.answers import ask
from tui_installer.model.step import Context
from tui_installer.probes import consoles, grub, xen
from tui_installer.probes.consoles import PORTS, Consoles
from tui_installer.probes.grub import Grub
from tui_installer.probes.units import Unit, units

DROP_IN = f"{grub_defaults.FOLDER}/10-tui-installer-console.cfg"
"""It sorts before Debian's xen.cfg, and before all that is named by words."""
OFFER = "/etc/profile.d/tui-installer.sh"
SPEEDS = ("9600", "19200", "38400", "57600", "115200")
NONE = "none"
LINES = (NONE, "0", "1", "2", "3")
PANIC = "panic=10"
"""Seconds until a kernel that panics, or an initramfs that finds no root, boots again."""


@dataclass(frozen=True, slots=True)
class ConsoleAnswers:
    """What is asked about the serial lines."""

    unit: str = ask("Serial line", "0 is the first one, ttyS0; the virtual one of a board is often the second.",
                    choices=LINES)  # fmt: skip
    speed: str = ask("Speed", "Bits per second; as the management board has it.", choices=SPEEDS)
    second_unit: str = ask("Second line", "One more for Linux and a login; GRUB and the hypervisor have one.",
                           choices=LINES)  # fmt: skip
    second_speed: str = ask("Second speed", "", choices=SPEEDS)
    offer: bool = ask(
        "Offer this at login", "Root's login on a serial line is asked whether to open it.", default=False
    )
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that are accepted.", default=())


@dataclass(frozen=True, slots=True)
class ConsoleFacts:
    """The lines of this host, and what GRUB, kernel and hypervisor are told of them."""

    lines: Consoles
    grub: Grub
    dom0: bool
    gettys: dict[str, Unit]
    """serial-getty@ of the lines and of hvc0, by their terminals."""
    own: File | None
    """The file of ours among GRUB's settings."""
    offer: File | None


def probe(ctx: Context) -> ConsoleFacts:
    """Look at this host. Raises `HostError`."""
    here, hypervisor = ctx.here, xen.probe(ctx.here)
    terminals = (*(f"ttyS{unit}" for unit in PORTS.values()), "hvc0")
    known = units(here, *(getty(each) for each in terminals))
    return ConsoleFacts(
        lines=consoles.probe(here, hypervisor.options),
        grub=grub.probe(here),
        dom0=hypervisor.dom0,
        gettys={each: known[getty(each)] for each in terminals if getty(each) in known},
        own=here.read(DROP_IN),
        offer=here.read(OFFER),
    )


def getty(terminal: str) -> str:
    """The unit of a login there."""
    return f"serial-getty@{terminal}.service"


def filled(facts: ConsoleFacts, answers: ConsoleAnswers) -> ConsoleAnswers:
    """Open answers: the line that GRUB is told of already, else the surest that was found."""
    told = _told(facts)
    found = [line for line, _ in facts.lines.found]
    first = answers.unit or told[0] or (str(found[0].unit) if found else "")
    of_line = next((str(line.speed) for line in found if str(line.unit) == first and line.speed), "")
    second = answers.second_unit or NONE
    return replace(
        answers,
        unit=first,
        speed=answers.speed or (told[1] if told[0] == first else "") or of_line or ("115200" if first else ""),
        second_unit=second,
        second_speed=answers.second_speed or ("115200" if second != NONE else ""),
    )


def _told(facts: ConsoleFacts) -> tuple[str, str]:
    """(unit, speed) of the line that GRUB itself speaks on; empty: none."""
    command = "" if facts.grub.unreadable else facts.grub.settings().get("GRUB_SERIAL_COMMAND", "")
    unit, speed = re.search(r"--unit=(\d)", command), re.search(r"--speed=(\d+)", command)
    return (unit[1] if unit else "0", speed[1] if speed else "9600") if command else ("", "")


# --- what is wanted


def linux_words(answers: ConsoleAnswers) -> list[str]:
    """Options of plain Linux."""
    second = [f"console=ttyS{answers.second_unit},{answers.second_speed}n8"] * (answers.second_unit != NONE)
    return ["console=tty0", *second, f"console=ttyS{answers.unit},{answers.speed}n8", PANIC]


def hypervisor_words(facts: ConsoleFacts, answers: ConsoleAnswers) -> list[str]:
    """Options of the hypervisor: com1 and com2 are the usual ports; others are named (Xen's command line: com1)."""
    known, unit = facts.lines.uart(int(answers.unit)), int(answers.unit)
    port = known.port if known else next(port for port, each in PORTS.items() if each == unit)
    name, where = {0x3F8: ("com1", ""), 0x2F8: ("com2", "")}.get(port, ("com1", f",{port:#x}"))
    irq = f",{known.irq}" if where and known else ""
    return [f"{name}={answers.speed},8n1{where}{irq}", f"console={name},vga"]


def dom0_words(facts: ConsoleFacts, answers: ConsoleAnswers) -> list[str]:
    """Options of the first domain: those of plain Linux but for the consoles, which are the hypervisor's."""
    settings = facts.grub.without(DROP_IN).settings()
    kept = [word for word in settings.get("GRUB_CMDLINE_LINUX", "").split() if not ours(word)]
    second = [f"console=ttyS{answers.second_unit},{answers.second_speed}n8"] * (answers.second_unit != NONE)
    return [*kept, *second, "console=hvc0", PANIC]


def dom0_default(facts: ConsoleFacts) -> str:
    """What replaces GRUB_CMDLINE_LINUX_DEFAULT there: never an empty value."""
    words = facts.grub.without(DROP_IN).settings().get("GRUB_CMDLINE_LINUX_DEFAULT", "").split()
    return " ".join(word for word in words if not ours(word) and word not in ("quiet", "splash")) or " "


def ours(word: str) -> bool:
    """Whether an option is one that this step decides on."""
    return word.startswith(("console=", "panic="))


# --- what is


def in_force(facts: ConsoleFacts, answers: ConsoleAnswers) -> bool:
    """Whether GRUB's settings say what is wanted, whoever wrote them. Raises `FormatError`."""
    settings = facts.grub.settings()
    line = f"ttyS{answers.unit}"
    serial = settings.get("GRUB_SERIAL_COMMAND", "")
    terminal = settings.get("GRUB_TERMINAL") or settings.get("GRUB_TERMINAL_OUTPUT", "")
    speaks = (
        "serial" in terminal.split()
        and f"--speed={answers.speed}" in serial
        and (f"--unit={answers.unit}" in serial or (answers.unit == "0" and "--unit" not in serial))
    )
    return (
        speaks
        and plain_speaks(grub_defaults.linux_line(settings), line, answers)
        and set(hypervisor_words(facts, answers)) <= set(grub_defaults.hypervisor_line(settings))
        and dom0_speaks(grub_defaults.dom0_line(settings), line)
        and {word for word in dom0_words(facts, answers) if not ours(word)} <= set(grub_defaults.dom0_line(settings))
    )


def plain_speaks(options: list[str] | tuple[str, ...], line: str, answers: ConsoleAnswers) -> bool:
    """Whether a plain Linux with these options has its console on the line, at that speed."""
    consoles = [word for word in options if word.startswith("console=")]
    named = [word for word in consoles if re.match(rf"console={line},?", word)]
    second = answers.second_unit == NONE or any(f"console=ttyS{answers.second_unit}" in word for word in consoles)
    return (
        bool(named)
        and consoles[-1] == named[-1]
        and all(re.match(rf"console={line},{answers.speed}(?!\d)", word) for word in named)
        and any(word.startswith("console=tty0") for word in consoles)
        and any(re.fullmatch(r"panic=[1-9]\d*", word) for word in options)
        and second
    )


def dom0_speaks(options: list[str] | tuple[str, ...], line: str) -> bool:
    """Whether the first domain leaves the line to the hypervisor, and speaks through it."""
    consoles = [word.partition(",")[0] for word in options if word.startswith("console=")]
    panics = any(re.fullmatch(r"panic=[1-9]\d*", word) for word in options)
    return "console=hvc0" in consoles and f"console={line}" not in consoles and panics


def generated(facts: ConsoleFacts, answers: ConsoleAnswers) -> bool:
    """Whether the menu was made since: its entries say it."""
    line = f"ttyS{answers.unit}"
    usual = [each for each in facts.grub.entries if "single" not in each.options]
    return all(
        dom0_speaks(each.options, line) and set(hypervisor_words(facts, answers)) <= set(each.hypervisor_options)
        if each.hypervisor
        else plain_speaks(each.options, line, answers)
        for each in usual
    )
