"""The serial line: GRUB, Linux, the hypervisor and its first domain speak on it, and somebody can log in there.

systemd starts a login on each console of the kernel by itself: on ttyS0 under Linux, on hvc0 under Xen. So none is
enabled here: under Xen the line is the hypervisor's, and a login on ttyS0 would fail for ever.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import ClassVar

from assets import template
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Check, Edit, Run, WriteFiles
from tui_installer.model.diagnosis import Cause, diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step, judged
from tui_installer.steps import subjects
from tui_installer.steps.console import facts as seen
from tui_installer.steps.console.facts import DROP_IN, NONE, OFFER, SPEEDS, ConsoleAnswers, ConsoleFacts, getty

UPDATE = Run("Make GRUB's menu anew", "here", ("update-grub",), within=ends.INITRD)

CAUSES = (
    Cause(
        "console.update-grub",
        r"^update-grub\b|update-grub",
        "update-grub could not make the menu anew: the settings are as they were before.",
        "Its words say why; often /boot is full or a kernel lacks its initrd. Then plan again.",
    ),
)


class ConsoleStep(Step[ConsoleFacts, ConsoleAnswers]):
    """Everything that boots speaks on the line that the operator sits at."""

    id, title = subjects.CONSOLE
    asks: ClassVar[type[ConsoleAnswers]] = ConsoleAnswers

    def probe(self, ctx: Context, site: Site, answers: ConsoleAnswers) -> ConsoleFacts:
        """See `Step.probe`."""
        return seen.probe(ctx)

    def with_defaults(self, facts: ConsoleFacts, site: Site, answers: ConsoleAnswers) -> ConsoleAnswers:
        """See `Step.with_defaults`: the line that was found."""
        return seen.filled(facts, answers)

    def plan(self, facts: ConsoleFacts, site: Site, answers: ConsoleAnswers) -> Iterator[Change]:
        """See `Step.plan`."""
        if any(each.level != "warn" for each in judged(_problems(facts, answers), answers.accept)):
            return
        if answers.unit != NONE and facts.grub.installed:
            if not seen.in_force(facts, answers):
                edit = Edit("here", DROP_IN, facts.own, File(_settings(facts, answers).encode()))
                check = Check("here", DROP_IN, ("sh", "-n", "@"))
                yield WriteFiles(
                    f"Have everything that boots speak on ttyS{answers.unit}", (edit,), (UPDATE,), (check,)
                )
            elif not seen.generated(facts, answers):
                yield UPDATE
            yield from _login(facts, answers)
        yield from _offer(facts, answers)

    def problems(self, facts: ConsoleFacts, site: Site, answers: ConsoleAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        yield from _problems(facts, answers)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: ConsoleFacts, site: Site) -> dict[str, str]:
        """See `Step.shown`."""
        found = [
            f"ttyS{line.unit}{f' at {line.speed}' if line.speed else ''}: {why}" for line, why in facts.lines.found
        ]
        active = [name for name, unit in facts.gettys.items() if unit.active]
        return {
            "Serial lines": "\n".join(found) or "none is seen",
            "Consoles now": " ".join(facts.lines.active) or "not known",
            "Logins": ", ".join(active) or "none on a serial line",
            "GRUB speaks on": _grub(facts),
        }


def _grub(facts: ConsoleFacts) -> str:
    if not facts.grub.installed:
        return "(this host is not booted by GRUB 2)"
    settings = {} if facts.grub.unreadable else facts.grub.settings()
    return settings.get("GRUB_TERMINAL") or settings.get("GRUB_TERMINAL_OUTPUT") or "the screen alone"


def _settings(facts: ConsoleFacts, answers: ConsoleAnswers) -> str:
    """Our file among GRUB's settings."""
    words = {
        "TTY": f"ttyS{answers.unit}",
        "UNIT": answers.unit,
        "SPEED": answers.speed,
        "LINUX": " ".join(seen.linux_words(answers)),
        "XEN": " ".join(seen.hypervisor_words(facts, answers)),
        "DOM0": _quoted(" ".join(seen.dom0_words(facts, answers))),
        "DEFAULT": _quoted(seen.dom0_default(facts)),
    }
    text = template("corosync/grub-console.cfg")
    for name, value in words.items():
        text = text.replace(f"@{name}@", value)
    return text


def _quoted(text: str) -> str:
    return f'"{text}"' if not any(char in text for char in '"\\$`') else shlex.quote(text)


def _login(facts: ConsoleFacts, answers: ConsoleAnswers) -> Iterator[Change]:
    """A login on the line until the next boot, which brings its own; none that would stay under the hypervisor."""
    terminal = f"ttyS{answers.unit}"
    known = facts.gettys.get(terminal)
    if known and known.enabled:
        back = Run("As it was", "here", ("systemctl", "enable", getty(terminal)))
        argv = ("systemctl", "disable", getty(terminal))
        yield Run(f"Leave the login on {terminal} to systemd, which knows the consoles", "here", argv, undo=(back,))
    if not facts.dom0 and known and not known.active and facts.lines.uart(int(answers.unit)):
        back = Run("Close it", "here", ("systemctl", "stop", getty(terminal)))
        yield Run(f"Let people log in on {terminal}", "here", ("systemctl", "start", getty(terminal)), undo=(back,))


def _offer(facts: ConsoleFacts, answers: ConsoleAnswers) -> Iterator[Change]:
    wanted = File(template("corosync/offer.sh").encode()) if answers.offer else None
    if wanted and facts.offer != wanted:
        check = Check("here", OFFER, ("sh", "-n", "@"))
        yield WriteFiles(
            "Offer this program at root's login", (Edit("here", OFFER, facts.offer, wanted),), (), (check,)
        )
    elif facts.offer and not wanted:
        yield WriteFiles("Offer it no more", (Edit("here", OFFER, facts.offer, None),))


def _problems(facts: ConsoleFacts, answers: ConsoleAnswers) -> Iterator[Problem]:
    if not facts.grub.installed:
        text = "This host is not booted by GRUB 2: what it says on a serial line cannot be arranged here."
        hint = "Tell its own boot loader, by hand: console=tty0 console=ttyS0,115200n8 panic=10."
        yield Problem("console.no-grub", text, hint=hint, level="warn")
        return
    if facts.grub.unreadable:
        text = "GRUB's settings cannot be read: update-grub would fail, too."
        yield Problem("console.file", text, (facts.grub.unreadable,), "Mend the file first, then plan again.")
        return
    if answers.unit not in seen.LINES:
        text = "No serial line is known." if not answers.unit else f"{answers.unit!r} is no serial line."
        yield Problem("console.unit", text, hint="0 to 3; 0 is ttyS0. none: this host has only a screen.", level="ask")
    elif answers.unit != NONE:
        yield from _line(facts, answers)


def _line(facts: ConsoleFacts, answers: ConsoleAnswers) -> Iterator[Problem]:
    for name, value in (("speed", answers.speed), ("second_speed", answers.second_speed)):
        if value not in SPEEDS and not (name == "second_speed" and answers.second_unit == NONE):
            yield Problem(
                "console.speed", f"{value!r} is no usual speed.", hint=" ".join(SPEEDS), level="ask", field=name
            )
    if answers.second_unit == answers.unit:
        text = "The second line is the first one."
        yield Problem("console.unit", text, hint="Another one, or none.", level="ask", field="second_unit")
    if not facts.dom0 and facts.lines.uarts and facts.lines.uart(int(answers.unit)) is None:
        text = f"The kernel finds no serial line ttyS{answers.unit}: GRUB and the hypervisor would speak to nobody."
        evidence = tuple(f"ttyS{each.unit}: {each.kind} at {each.port:#x}" for each in facts.lines.uarts)
        hint = "Name another one. A board's virtual line may have to be switched on in the firmware's setup."
        yield Problem("console.no-line", text, evidence, hint, acceptable=True, field="unit")
    yield from _elsewhere(facts, answers)


def _elsewhere(facts: ConsoleFacts, answers: ConsoleAnswers) -> Iterator[Problem]:
    """Of one console named twice the kernel takes the first speed: ours comes after what is written elsewhere."""
    try:
        settings = facts.grub.without(DROP_IN).settings()
    except FormatError:
        return
    words = (*settings.get("GRUB_CMDLINE_LINUX", "").split(), *settings.get("GRUB_CMDLINE_LINUX_DEFAULT", "").split())
    other = [word for word in words if word.startswith(f"console=ttyS{answers.unit},")]
    other = [word for word in other if not word.startswith(f"console=ttyS{answers.unit},{answers.speed}")]
    if other:
        text = f"GRUB's settings name ttyS{answers.unit} with another speed already; the kernel takes the first."
        hint = "Take it out of GRUB_CMDLINE_LINUX in /etc/default/grub, or give that speed here."
        yield Problem("console.elsewhere", text, tuple(other), hint, field="speed")
