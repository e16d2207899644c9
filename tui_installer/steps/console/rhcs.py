"""A login on the serial line (iLO's, say): a getty in dom0, root let in there, and the options of GRUB legacy.

Where dom0's kernel leaves the line to the getty (xencons=tty) it is ttyS0; later ones share it through the hypervisor
as hvc0. update-grub rewrites menu.lst by itself, so that file is kept beside before it is touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from tui_installer.formats import inittab, keyvalue, lines, menu_lst
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.answers import ask
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.model.diagnosis import Cause, diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.steps import aside, subjects
from tui_installer.steps.console import rhcs_grub
from tui_installer.steps.console.rhcs_grub import Grub2
from tui_installer.steps.rhcs.release import Release, unfit

INITTAB, SECURETTY, MENU = "/etc/inittab", "/etc/securetty", "/boot/grub/menu.lst"
BACKUP = f"{MENU}.before-tui-installer"
SPEEDS = ("9600", "19200", "38400", "57600", "115200")
KERNELS = ("xen", "all")

CAUSES = (
    Cause(
        "console.update-grub",
        r"^update-grub\b|update-grub",
        "update-grub could not make the menu anew: menu.lst is as it was before.",
        "Its words say why; often /boot is full or a kernel lacks its initrd. Then plan again.",
    ),
)


@dataclass(frozen=True, slots=True)
class ConsoleAnswers:
    """What is asked about the serial line."""

    unit: str = ask("Serial line", "0 is the first one, ttyS0; iLO's virtual one is often the second.")
    speed: str = ask("Speed", "Bits per second; as the management board has it.", choices=SPEEDS)
    kernels: str = ask(
        "For kernels", "xen: under the hypervisor only, as in the guide; all: also those that boot without it.",
        choices=KERNELS,
    )  # fmt: skip
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that are accepted.", default=())


@dataclass(frozen=True, slots=True)
class ConsoleFacts:
    """The files that say who gets the serial line."""

    inittab: File | None
    securetty: File | None
    menu: File | None
    kept: bool
    """Whether an earlier menu.lst was kept beside it."""
    grub: Grub2 | None = None
    """GRUB 2, where it makes the menu: Debian 6 has it, but for hosts that were upgraded."""


class ConsoleStep(Step[ConsoleFacts, ConsoleAnswers]):
    """Puts a login and GRUB legacy on the serial line."""

    id, title = subjects.CONSOLE
    asks: ClassVar[type[ConsoleAnswers]] = ConsoleAnswers

    def __init__(self, release: Release) -> None:
        self._release = release

    def probe(self, ctx: Context, site: Site, answers: ConsoleAnswers) -> ConsoleFacts:
        """See `Step.probe`."""
        read = ctx.here.read
        grub = rhcs_grub.probe(ctx.here)
        menu = None if grub else read(MENU)
        return ConsoleFacts(read(INITTAB), read(SECURETTY), menu, read(BACKUP) is not None, grub)

    def with_defaults(self, facts: ConsoleFacts, site: Site, answers: ConsoleAnswers) -> ConsoleAnswers:
        """As the guide has it."""
        return replace(
            answers,
            unit=answers.unit or "0",
            speed=answers.speed or "115200",
            kernels=answers.kernels or "xen",
        )

    def plan(self, facts: ConsoleFacts, site: Site, answers: ConsoleAnswers) -> Iterator[Change]:
        """See `Step.plan`."""
        if any(problem.level != "warn" for problem in self.problems(facts, site, answers)):
            return
        terminal = self._release.getty.format(unit=answers.unit)
        edits = tuple(_login(facts, terminal, answers.speed))
        if edits:
            again = Run("Let init read its table again", "here", ("init", "q"))
            watched = any(edit.path == INITTAB for edit in edits)
            yield WriteFiles(f"Let people log in on {terminal}", edits, (again,) * watched, strand="login")
        if facts.grub:
            yield from rhcs_grub.plan(facts.grub, rhcs_grub.words(self._release, answers.unit, answers.speed))
        if facts.menu and (wanted := self.menu(facts.menu.content, answers)) != facts.menu.content:
            edit = Edit("here", MENU, facts.menu, replace(facts.menu, content=wanted))
            if not facts.kept:
                yield aside.kept("menu", MENU, BACKUP, "menu")
            yield WriteFiles(
                "Tell hypervisor and dom0 about the serial line", (edit,), (_UPDATE,), left=True, strand="menu"
            )
        elif facts.menu and not _generated(facts.menu.content):
            yield _UPDATE

    def problems(self, facts: ConsoleFacts, site: Site, answers: ConsoleAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        yield from unfit(site.here)
        if not re.fullmatch(r"[0-3]", answers.unit):
            text, hint = f"{answers.unit!r} is no serial line.", "0 to 3; 0 is ttyS0."
            yield Problem("console.unit", text, hint=hint, level="ask")
        if answers.speed not in SPEEDS:
            yield Problem("console.speed", f"{answers.speed} is no usual speed.", hint=" ".join(SPEEDS), level="ask")
        yield from _files(facts)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: ConsoleFacts, site: Site) -> dict[str, str]:
        """See `Step.shown`."""
        gettys = [
            each.process for each in _entries(facts.inittab) if "getty" in each.process and "tty1" not in each.process
        ]
        return {
            "Logins": "; ".join(one for one in gettys if not re.search(r"\btty\d", one)) or "none on a serial line",
            "Hypervisor": _option(facts.menu, "xenhopt") or _setting(facts, "GRUB_CMDLINE_XEN") or "(its own default)",
            "dom0": _option(facts.menu, "xenkopt") or _setting(facts, "GRUB_CMDLINE_LINUX") or "(as every kernel)",
            "Other kernels": _option(facts.menu, "kopt") or "(none)",
        }

    def menu(self, content: bytes, answers: ConsoleAnswers) -> bytes:
        """menu.lst with the options that are wanted. Raises `FormatError`."""
        words = {"unit": answers.unit, "speed": answers.speed, "com": str(int(answers.unit) + 1)}
        wanted = {
            "xenhopt": self._release.hypervisor_console.format(**words),
            "xenkopt": self._release.dom0_console.format(**words),
        }
        if answers.kernels == "all":  # kopt_2_6 goes before kopt, for kernels that it fits
            kernels = ("kopt", *(key for key, _ in menu_lst.options(content) if key.startswith("kopt_")))
            wanted |= dict.fromkeys(kernels, "console=tty0 console=ttyS{unit},{speed}n8".format(**words))
        for key, value in wanted.items():
            before = menu_lst.get(content, key) or ""
            after = menu_lst.with_words(before, *value.split()) if value else before
            content = menu_lst.set(content, key, after) if after != before else content
        return content


_UPDATE = Run("Make GRUB's menu anew", "here", ("update-grub",), within=ends.COMMAND)


def _entries(file: File | None) -> tuple[inittab.InittabEntry, ...]:
    try:
        return inittab.entries(file.content) if file else ()
    except FormatError:
        return ()


def _login(facts: ConsoleFacts, terminal: str, speed: str) -> Iterator[Edit]:
    """A getty on the terminal, whoever wrote it, and root let in there."""
    word = re.compile(rf"(?<!\S){re.escape(terminal)}(?!\S)")
    has = [each for each in _entries(facts.inittab) if word.search(each.process) and each.action == "respawn"]
    if facts.inittab and not has:
        name = ("T" if terminal.startswith("ttyS") else "H") + terminal[-1]
        entry = inittab.InittabEntry(name, "23", "respawn", f"/sbin/getty -L {terminal} {speed} vt100")
        content = inittab.set_entry(facts.inittab.content, entry)
        yield Edit("here", INITTAB, facts.inittab, replace(facts.inittab, content=content))
    if facts.securetty and not lines.has_tty(facts.securetty.content, terminal):
        content = lines.add_tty(facts.securetty.content, terminal)
        yield Edit("here", SECURETTY, facts.securetty, replace(facts.securetty, content=content))


def _option(file: File | None, key: str) -> str:
    try:
        return (menu_lst.get(file.content, key) or "") if file else ""
    except FormatError:
        return ""


def _setting(facts: ConsoleFacts, key: str) -> str:
    try:
        return (keyvalue.get_shell(facts.grub.settings.content, key) or "") if facts.grub else ""
    except FormatError:
        return ""


def _generated(content: bytes) -> bool:
    """Whether the entries for Xen have the options that are written above them."""
    xenkopt, xenhopt = (menu_lst.get(content, key) or "" for key in ("xenkopt", "xenhopt"))
    found = [entry for entry in menu_lst.entries(content) if re.search(r"/xen-\S*\.gz", entry.kernel)]
    return all(xenhopt in entry.kernel and any(xenkopt in each for each in entry.modules) for entry in found)


def _files(facts: ConsoleFacts) -> Iterator[Problem]:
    if facts.grub and (why := rhcs_grub.unreadable(facts.grub)):
        yield Problem("console.file", "A file cannot be edited.", (why,), "Mend it first, then plan again.")
    elif facts.menu is None and facts.grub is None:
        text = f"There is neither {MENU} nor grub.cfg: this host does not boot by GRUB."
        hint = "Write GRUB_CMDLINE_XEN and GRUB_CMDLINE_LINUX into /etc/default/grub, then update-grub; accept this."
        yield Problem("console.no-menu", text, hint=hint, acceptable=True)
    try:
        inittab.entries(facts.inittab.content if facts.inittab else b"")
        if facts.menu:
            menu_lst.options(facts.menu.content)
            menu_lst.entries(facts.menu.content)
    except FormatError as error:
        yield Problem("console.file", "A file cannot be edited.", (str(error),), "Mend it first, then plan again.")
