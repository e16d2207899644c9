"""The hypervisor is installed without becoming what boots for good: that it proves by having booted once.

So what boots today is pinned before the package comes, whose script runs update-grub at once. With it come root's keys
for moving guests, here and on the members; the next step gives each host those of the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from assets import template
from tui_installer.formats import grub_cfg, keyvalue
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Check, Edit, Run, Stops, WriteFiles
from tui_installer.model.diagnosis import Cause, diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step, judged
from tui_installer.model.text import count
from tui_installer.probes.xen import KEY
from tui_installer.steps import subjects
from tui_installer.steps.xen import facts as seen
from tui_installer.steps.xen.facts import (
    DROP_IN,
    FALLBACK,
    KEY_FOLDER,
    PACKAGE,
    SMALLEST,
    XENDOMAINS,
    XenAnswers,
    XenFacts,
)

UPDATE = Run("Make GRUB's menu anew", "here", ("update-grub",), within=ends.INITRD)
APT = ("apt-get", "-y", "-q", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=60")

CAUSES = (
    Cause(
        "xen.update-grub",
        r"^update-grub\b|/usr/sbin/update-grub",
        "update-grub could not make the menu anew.",
        "Its words say why; often /boot is full or a kernel lacks its initrd. What boots is as before. Plan again.",
    ),
    Cause(
        "xen.packages",
        r"apt-get|dpkg",
        "The hypervisor's packages could not be installed.",
        "apt's words say why. What boots is as before. Mend it, then plan again; or take it back.",
    ),
)


class XenStep(Step[XenFacts, XenAnswers]):
    """Installs the hypervisor and its tools, without making it what boots, and sets up what guests need."""

    id, title = subjects.XEN
    asks: ClassVar[type[XenAnswers]] = XenAnswers
    single_use: ClassVar[tuple[str, ...]] = ("confirm",)

    def probe(self, ctx: Context, site: Site, answers: XenAnswers) -> XenFacts:
        """See `Step.probe`."""
        return seen.probe(ctx, site)

    def with_defaults(self, facts: XenFacts, site: Site, answers: XenAnswers) -> XenAnswers:
        """See `Step.with_defaults`: a share of the machine for the first domain."""
        return seen.filled(facts, answers)

    def plan(self, facts: XenFacts, site: Site, answers: XenAnswers) -> Iterator[Change]:
        """Pin what boots today; then the packages; then the keys."""
        early = judged(_problems(facts, site, answers), answers.accept)
        if not answers.install or any(each.level != "warn" and each.code != "xen.confirm" for each in early):
            return
        if facts.grub.installed and not (facts.xen.dom0 and facts.own is None):
            yield from _pin(facts, site, answers)
        if not facts.installed and not facts.xen.dom0:
            yield from _install(facts)
        for host in facts.keyless:
            yield from _key(host, host in facts.folderless)

    def problems(self, facts: XenFacts, site: Site, answers: XenAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        if answers.install or not (facts.grub.installed or facts.xen.dom0):
            yield from _problems(facts, site, answers)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: XenFacts, site: Site) -> dict[str, str]:
        """See `Step.shown`."""
        default, xen = facts.grub.default, facts.grub.xen
        version = facts.packages.installed.get(PACKAGE, "not installed")
        return {
            "Hypervisor": f"Xen {facts.xen.version} runs" if facts.xen.dom0 else f"{version}; it does not run now",
            "Boots by itself": default.title if default else "not known",
            "Entry for Xen": xen.title if xen else "none",
            "Machine": f"{facts.xen.memory} MB, {count(facts.xen.cpus, 'processor')}",
            "Key for moving": "none yet" if "here" in facts.keyless else "made",
        }


def _pin(facts: XenFacts, site: Site, answers: XenAnswers) -> Iterator[Change]:
    """What boots today goes on to boot; and the hypervisor's options, for its entry, which comes with the package."""
    today = facts.today(site.here.kernel if site.here else "")
    if seen.pinned(facts) and seen.told(facts, answers):
        return
    if not seen.pinned(facts) and today is not None and facts.grub.environment.get("saved_entry") not in today.names:
        old = facts.grub.environment.get("saved_entry", "")
        back = ("grub-set-default", old) if old else ("grub-editenv", "-", "unset", "saved_entry")
        undo = (Run("What GRUB had kept before", "here", back),)
        yield Run("Pin what boots today", "here", ("grub-set-default", today.name), undo=undo)
    text = template("corosync/grub-xen.cfg").replace("@XEN@", " ".join(seen.words(answers)))
    edits = [Edit("here", DROP_IN, facts.own, File(text.encode()))]
    if facts.fallback is None and today is not None and not today.menus:
        number = str(grub_cfg.number(facts.grub.entries, today))
        script = template("corosync/grub-fallback").replace("@NUMBER@", number)
        edits.append(Edit("here", FALLBACK, None, File(script.encode(), 0o755)))
    checks = tuple(Check("here", edit.path, ("sh", "-n", "@")) for edit in edits)
    if all(edit.before == edit.after for edit in edits):
        yield UPDATE
    else:
        yield WriteFiles("Let no package make Xen what boots for good", tuple(edits), (UPDATE,), checks)


def _install(facts: XenFacts) -> Iterator[Change]:
    new = tuple(name for name, _ in facts.simulation.new) or (PACKAGE,)
    stops = (Stops("purged", new),)
    many = count(len(new), "package")
    undo = Run(f"Purge {many}", "here", (*APT, "purge", *new), within=ends.PACKAGES, stops=stops)
    if PACKAGE not in facts.packages.candidates:
        yield Run("Read the lists of packages", "here", ("apt-get", "update", "-q"), within=ends.PACKAGES)
    install = (*APT, "--no-install-recommends", "install", PACKAGE)
    yield Run(f"Install the hypervisor: {many}", "here", install, within=ends.PACKAGES, undo=(undo,))


def _key(host: str, folder: bool) -> Iterator[Change]:
    where = "" if host == "here" else f" on {host}"
    if folder:
        back = Run("Remove it again", host, ("rmdir", "--ignore-fail-on-non-empty", KEY_FOLDER), ok=(0, 1))
        make = ("mkdir", "-p", "-m", "700", KEY_FOLDER)
        yield Run(f"Have a folder for keys{where}", host, make, undo=(back,))
    back = Run(f"Remove that key{where}", host, ("rm", "-f", KEY, f"{KEY}.pub"))
    argv = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "guests moved by xl", "-f", KEY)
    yield Run(f"Make a key for moving guests{where}", host, argv, undo=(back,))


# --- what is in the way


def _problems(facts: XenFacts, site: Site, answers: XenAnswers) -> Iterator[Problem]:
    if not facts.grub.installed and not facts.xen.dom0:
        text = "This host is not booted by GRUB 2: an entry for the hypervisor cannot be prepared."
        hint = "Nothing is installed. Set up GRUB 2, or the hypervisor by hand."
        yield Problem("xen.no-grub", text, hint=hint, level="stop" if answers.install else "warn", field="install")
        return
    if facts.grub.unreadable:
        yield Problem("xen.file", "GRUB's settings cannot be read.", (facts.grub.unreadable,), "Mend the file first.")
        return
    if not facts.xen.dom0:
        yield from _boots(facts, site)
        yield from _apt(facts)
    yield from _dom0(facts, answers)
    yield from _guests(facts)
    yield from _members(facts, site, answers)


def _boots(facts: XenFacts, site: Site) -> Iterator[Problem]:
    if facts.today(site.here.kernel if site.here else "") is None:
        text = "GRUB's menu has no entry for the kernel that runs now: there would be no way back."
        hint = "Was the kernel's package removed? Boot an installed one, run update-grub, then plan again."
        yield Problem("xen.no-way-back", text, (" ".join(facts.booted),), hint)


def _apt(facts: XenFacts) -> Iterator[Problem]:
    if facts.installed:
        return
    if facts.simulation.error and PACKAGE in facts.packages.candidates:
        text, hint = "apt cannot install the hypervisor.", "Mend that by hand: nothing is held back or replaced here."
        yield Problem("xen.apt-refuses", text, facts.simulation.error, hint)
    elif PACKAGE not in facts.packages.candidates:
        text = f"apt knows no {PACKAGE} yet. Its lists are read first."
        yield Problem(
            "xen.no-candidate", text, hint="If it is still missing, a source lacks the section main.", level="warn"
        )
    if facts.simulation.removed:
        text = f"apt would remove {', '.join(facts.simulation.removed)}."
        yield Problem("xen.removes", text, hint="Make room for the hypervisor by hand.")


def _dom0(facts: XenFacts, answers: XenAnswers) -> Iterator[Problem]:
    memory, cpus = facts.xen.memory, facts.xen.cpus
    if answers.dom0_memory < SMALLEST or (memory and answers.dom0_memory > memory - 128):
        text = f"{answers.dom0_memory} MB for the first domain cannot be: this machine has {memory or '?'} MB."
        hint = f"At least {SMALLEST}; what is left is for the guests."
        yield Problem("xen.memory", text, hint=hint, level="ask", field="dom0_memory")
    if answers.dom0_vcpus < 1 or (cpus and answers.dom0_vcpus > cpus):
        text = f"The first domain cannot have {answers.dom0_vcpus} processors: this machine has {cpus or '?'}."
        hint = "A few are enough; what it does not see is for the guests."
        yield Problem("xen.processors", text, hint=hint, level="ask", field="dom0_vcpus")


def _guests(facts: XenFacts) -> Iterator[Problem]:
    """A guest that was saved at the shutdown, and started on another host since, would come up here as well."""
    try:
        value = keyvalue.get_shell(facts.xendomains.content, "XENDOMAINS_SAVE") if facts.xendomains else ""
    except FormatError:
        value = ""
    if value:
        text = f"xendomains saves guests to {value} at a shutdown and resumes them at the boot."
        hint = (
            f"On shared storage that writes to a volume twice if the guest was started elsewhere meanwhile: set "
            f'XENDOMAINS_SAVE="" in {XENDOMAINS}.'
        )
        yield Problem("xen.xendomains", text, hint=hint, level="warn")


def _members(facts: XenFacts, site: Site, answers: XenAnswers) -> Iterator[Problem]:
    name = site.witness.cluster.cluster if site.witness else ""
    others = [host for host in facts.keyless if host != "here"]
    if others and answers.confirm != name:
        wrong = f"{answers.confirm!r} is not the cluster's name. " if answers.confirm else ""
        text = f"{wrong}A key for moving guests is made on {', '.join(others)} as well."
        yield Problem("xen.confirm", text, hint=f"Type the cluster's name, {name}, to confirm it.", level="ask")
