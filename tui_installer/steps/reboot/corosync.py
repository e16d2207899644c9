"""The restart: what would not come back is said before it, one boot of the hypervisor is tried, and a unit on the host
looks whether all is there again. Only then Xen is what boots; else the next boot is the one from before.

With --host the restart is a change like any other: confirmed, waited for, checked. On the host itself this program ends
with it; the boot check tells at the next login, and here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar

from assets import template
from tui_installer.formats.lines import add_module
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.model.diagnosis import Cause, diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.probes.boot import BOOT_ID, RESULT, TRIAL
from tui_installer.steps import subjects
from tui_installer.steps.reboot import facts as seen
from tui_installer.steps.reboot.expected import lines, trial
from tui_installer.steps.reboot.facts import (
    EXPECTED,
    SCRIPT,
    SHORTEST,
    UNIT,
    UNIT_FILE,
    WATCHDOG,
    WATCHDOG_GRUB,
    WATCHDOG_MODULES,
    RebootAnswers,
    RebootFacts,
)
from tui_installer.steps.reboot.losses import losses, next_entry

RELOAD = Run("Let systemd read its units again", "here", ("systemctl", "daemon-reload"))
UPDATE = Run("Make GRUB's menu anew", "here", ("update-grub",), within=ends.INITRD)
REBUILD = Run("Take the files into the initramfs", "here", ("update-initramfs", "-u", "-k", "all"), within=ends.INITRD)

OLD_INITRD = "reboot.old-initrd"

CAUSES = (
    Cause(
        "reboot.not-back",
        r"^cat \S*/random/boot_id$",
        "The host did not come back.",
        "Look at its console. A reset boots the entry from before: the new one was set for one boot.",
    ),
    Cause(
        "reboot.not-settled",
        r"^cat \S*/boot-check/result$",
        "The host is back, but its boot check did not end well.",
        "Plan again: it says what is missing. On the host: journalctl -b -u boot-check",
    ),
)


class RebootStep(Step[RebootFacts, RebootAnswers]):
    """Names what a restart would lose, restarts, and sees that all came back."""

    id, title = subjects.REBOOT
    asks: ClassVar[type[RebootAnswers]] = RebootAnswers
    shuts_down: ClassVar[bool] = True
    single_use: ClassVar[tuple[str, ...]] = ("confirm", "anyway")
    passing: ClassVar[tuple[str, ...]] = (TRIAL,)

    def probe(self, ctx: Context, site: Site, answers: RebootAnswers) -> RebootFacts:
        """See `Step.probe`."""
        return seen.probe(ctx)

    def plan(self, facts: RebootFacts, site: Site, answers: RebootAnswers) -> Iterator[Change]:
        """The boot check; the entry for one boot; the restart; and waiting until the boot check has ended."""
        if not _reasons(facts, site, answers):
            if _looks_for_less(facts):
                yield from _check(facts)
            yield from _permanent(facts)
            return
        yield from _check(facts)
        if any(each.code == OLD_INITRD for each in losses(facts)):
            yield REBUILD
        yield from _watchdog(facts, answers)
        entry = next_entry(facts)
        if entry is not None and entry.hypervisor and not facts.dom0:
            yield from _once(facts)
        yield from _restart(facts)

    def problems(self, facts: RebootFacts, site: Site, answers: RebootAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        waiting = _reasons(facts, site, answers)
        for each in losses(facts):
            mended = waiting and each.code == OLD_INITRD  # the plan does it
            yield each if waiting and not mended else replace(each, level="warn")
        yield from _checked(facts, waiting)
        if not facts.grub.installed:
            text = "This host is not booted by GRUB 2: what boots next is not known here."
            yield Problem("reboot.no-grub", text, hint="See its own boot loader's configuration.", level="warn")
        if answers.anyway and not _is_asked(site, answers):
            text = f"{answers.anyway!r} is not this host's name."
            hint = f"Type its name, {_name(site)}, or nothing."
            yield Problem("reboot.confirm", text, (), hint, "ask", field="anyway")
        if waiting:
            yield from _asked(facts, answers)
            if answers.confirm != (name := _name(site)) and not _is_asked(site, answers):
                wrong = f"{answers.confirm!r} is not this host's name. " if answers.confirm else ""
                text = f"{wrong}This host has to be restarted: {'; '.join(waiting)}."
                hint = f"Type its name, {name}, when it may go down. The cluster keeps its quorum without it."
                yield Problem("reboot.confirm", text, (), hint, "ask")

    def against_shutdown(self, facts: RebootFacts, site: Site, answers: RebootAnswers) -> Iterator[Problem]:
        """See `Step.against_shutdown`: the order is in the units, which every way down heeds."""
        text = "systemd shuts this host down in order by itself: guests, volumes, lockspaces, membership, storage."
        hint = "Move the guests away, or shut them down; then systemctl poweroff. This step's row says what is amiss."
        yield Problem("reboot.by-systemd", text, hint=hint)

    def plan_removal(self, facts: RebootFacts, site: Site, taken: tuple[Change, ...]) -> Iterator[Change]:
        """See `Step.plan_removal`: what the boot check did by itself."""
        default = facts.grub.default
        plain = facts.grub.plain(default.release, default.root) if default and default.hypervisor else None
        if plain is not None and facts.grub.set_default == "${saved_entry}":
            yield Run("Let what booted before boot again", "here", ("grub-set-default", plain.name))
        if facts.kept:
            yield Run("Forget what the boot check kept", "here", ("rm", "-rf", *facts.kept))

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: RebootFacts, site: Site) -> dict[str, str]:
        """See `Step.shown`."""
        default, check = facts.grub.default, facts.boot.check
        return {
            "Waits for a restart": "; ".join(pending(facts)) or "no restart is needed",
            "Boots by itself": default.title if default else "not known",
            "One boot of another": "GRUB can" if facts.grub.writes else "GRUB cannot end it by itself",
            "Boot check": check.said if check else "none in this boot",
            "Would not come back": "\n".join(each.text for each in losses(facts)) or "nothing is known",
        }


def pending(facts: RebootFacts) -> tuple[str, ...]:
    """What only a restart brings about."""
    entry = facts.grub.xen
    reasons = {"the hypervisor does not run yet": entry is not None and not facts.dom0}
    if entry is not None and facts.dom0:
        reasons["dom0 runs with other options than GRUB's menu has"] = not set(entry.options) <= set(facts.boot.options)
    return tuple(reason for reason, so in reasons.items() if so)


def _name(site: Site) -> str:
    return site.here.hostname if site.here else ""


def _is_asked(site: Site, answers: RebootAnswers) -> bool:
    """Whether somebody wants a restart, whatever waits for one: to see that all comes back."""
    return bool(answers.anyway) and answers.anyway == _name(site)


def _reasons(facts: RebootFacts, site: Site, answers: RebootAnswers) -> tuple[str, ...]:
    return (*pending(facts), *(("it is asked for",) if _is_asked(site, answers) else ()))


def _permanent(facts: RebootFacts) -> Iterator[Change]:
    """Xen runs, all is there, and yet it is not what boots: the boot check found something that is back since."""
    default, xen, check = facts.grub.default, facts.grub.xen, facts.boot.check
    kept = facts.grub.set_default == "${saved_entry}"
    if facts.dom0 and kept and xen and default and not default.hypervisor and check and not tuple(losses_now(facts)):
        back = Run("What booted before", "here", ("grub-set-default", default.name))
        yield Run("Make Xen what boots from now on", "here", ("grub-set-default", xen.name), undo=(back,))
        if (file := facts.files.get(TRIAL)) is not None:
            yield WriteFiles("The trial is over", (Edit("here", TRIAL, file, None),))


def losses_now(facts: RebootFacts) -> Iterator[str]:
    """What is missing of what the boot check waited for, as far as it can be seen here."""
    check = facts.boot.check
    yield from check.missing if check and check.verdict == "missing" else ()


def _looks_for_less(facts: RebootFacts) -> bool:
    """Whether something is here that this host's boot check would not miss. What is missing now is still looked for;
    a host that was never restarted by this program has no boot check, and is left without."""
    file = facts.files[EXPECTED]
    return file is not None and not set(file.content.splitlines()).issuperset(lines(facts).splitlines())


def _check(facts: RebootFacts) -> Iterator[Change]:
    """The unit, its script and its list, where they are not as they should be."""
    wanted = {
        SCRIPT: File(template("corosync/boot-check").encode(), 0o755),
        UNIT_FILE: File(template("corosync/boot-check.service").encode()),
        EXPECTED: File(lines(facts)),
    }
    edits = tuple(
        Edit("here", path, facts.files[path], file) for path, file in wanted.items() if facts.files[path] != file
    )
    if edits:
        yield WriteFiles("Have each boot checked, and told of at the next login", edits, (RELOAD,))
    known = facts.units.get(UNIT)
    if known is None or not known.enabled:
        back = Run("Check no boot any more", "here", ("systemctl", "disable", UNIT))
        yield Run("Let that begin with the next boot", "here", ("systemctl", "enable", UNIT), undo=(back,))


def _watchdog(facts: RebootFacts, answers: RebootAnswers) -> Iterator[Change]:
    """Xen's own, armed in the initramfs, put out by the boot check."""
    if not answers.watchdog or not facts.grub.installed or answers.watchdog < SHORTEST:
        return
    settings = facts.grub.without(WATCHDOG_GRUB).settings()
    name = "GRUB_CMDLINE_LINUX_XEN_REPLACE"
    line = settings.get(name) or settings.get("GRUB_CMDLINE_LINUX", "")
    text = f'# Xen resets a boot that did not come through in time. Written by tui-installer.\n{name}="{line} hv.wdt='
    modules = facts.files[WATCHDOG_MODULES]
    wanted = {
        WATCHDOG: File(template("corosync/xen-watchdog").encode(), 0o755),
        WATCHDOG_MODULES: replace(
            modules or File(), content=add_module(modules.content if modules else b"", "xen_wdt")
        ),
        WATCHDOG_GRUB: File(f'{text}{answers.watchdog}"\n'.encode()),
    }
    edits = tuple(
        Edit("here", path, facts.files[path], file) for path, file in wanted.items() if facts.files[path] != file
    )
    if edits:
        yield WriteFiles(f"Arm Xen's watchdog: {answers.watchdog} s", edits, (REBUILD, UPDATE))


def _once(facts: RebootFacts) -> Iterator[Change]:
    """The hypervisor for one boot. Where GRUB cannot end that by itself, the entry is chosen at its menu."""
    entry = next_entry(facts)
    if entry is None:
        return
    file = File(trial(entry, facts.boot.id))
    if facts.files[TRIAL] != file:
        yield WriteFiles("Put that entry on trial", (Edit("here", TRIAL, facts.files[TRIAL], file),))
    if facts.grub.writes and facts.grub.next != entry:
        back = Run("No other entry then", "here", ("grub-editenv", "-", "unset", "next_entry"))
        yield Run("Boot Xen once", "here", ("grub-reboot", entry.name), undo=(back,))


def _restart(facts: RebootFacts) -> Iterator[Change]:
    other = rf"\A(?!{re.escape(facts.boot.id)})[0-9a-f-]+\s*\Z"
    yield Run("Restart this host", "here", ("systemctl", "reboot"), away=True)
    yield Run("Wait until it is back", "here", ("cat", BOOT_ID), within=ends.RESTART, expect=other, away=True)
    started = r"\A(?:active|activating|inactive|failed)\s*\Z"
    units = ("systemctl", "is-active", UNIT)
    yield Run("Wait until systemd answers", "here", units, (0, 3), within=ends.SETTLED, expect=started, away=True)
    ended = rf"\Aboot=(?!{re.escape(facts.boot.id)})[0-9a-f-]+\nverdict="
    yield Run("Wait for its boot check", "here", ("cat", RESULT), within=ends.SETTLED, expect=ended, away=True)


# --- what is in the way


def _checked(facts: RebootFacts, waiting: tuple[str, ...]) -> Iterator[Problem]:
    """What the boot check of this boot found; what is missing is looked for again after another restart."""
    check = facts.boot.check
    if check is None or check.verdict == "back":
        return
    if check.verdict == "fell-back":
        hint = "Mend that, then plan again: Xen is tried once more. On the console of then: what it said last."
        yield Problem("reboot.fell-back", check.said, check.missing, hint, "warn")
    elif not waiting:
        hint = "Each is set up by the step of its kind; its screen says what is missing. journalctl -b -u boot-check"
        yield Problem("reboot.missing", check.said, check.missing, hint, acceptable=True)


def _asked(facts: RebootFacts, answers: RebootAnswers) -> Iterator[Problem]:
    open_here = tuple(f"{each.group}/{each.name}" for each in facts.lvm.volumes if each.open)
    shared = {each.name for each in facts.lvm.groups if each.lock_type == "dlm"}
    if in_use := tuple(path for path in open_here if path.split("/")[0] in shared):
        text = "Volumes are in use here: a restart would take their guests down."
        yield Problem("reboot.in-use", text, in_use, "Move the guests away or shut them down first.")
    if answers.watchdog and answers.watchdog < SHORTEST:
        text = f"A watchdog of {answers.watchdog} s may end a healthy boot: a slow one took more than 150."
        yield Problem("reboot.watchdog", text, hint=f"At least {SHORTEST}, or 0.", level="ask")
    entry = next_entry(facts)
    if entry and entry.hypervisor and not facts.dom0 and not facts.grub.writes:
        lies = facts.grub.abstraction or facts.grub.file_system
        text = f"/boot/grub lies on {lies}: GRUB cannot write there, so an entry for one boot would be one for good."
        hint = f"Accept this to restart into today's entry; at GRUB's menu choose by hand: {entry.title}."
        yield Problem("reboot.no-one-shot", text, hint=hint, acceptable=True)
