"""The restart, and what must have come back after it: from then on the boot does what was done by hand before.

With --host the restart is a change like any other: confirmed, waited for, checked. On the host itself this program ends
with it, and the same checks say afterwards what did not come back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from tui_installer.formats import keyvalue, menu_lst
from tui_installer.formats.text import FormatError
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.answers import ask
from tui_installer.model.change import Change, Run, Stops
from tui_installer.model.diagnosis import diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.probes.iscsi import Iscsi
from tui_installer.probes.kernel import loaded
from tui_installer.probes.multipath import Multipath
from tui_installer.probes.network import VLAN_MODULE, Network
from tui_installer.probes.rhcs import cman, iscsi_text, lvm_text, multipath_text, network_text, sysv
from tui_installer.probes.rhcs.cman import Cman
from tui_installer.probes.rhcs.lvm_text import RhcsLvm
from tui_installer.probes.rhcs.sysv import Sysv, is_running
from tui_installer.steps import subjects
from tui_installer.steps.console.rhcs import MENU
from tui_installer.steps.console.rhcs_grub import CONFIG, Grub2
from tui_installer.steps.lvm.rhcs import CLVM, DEFAULTS, KEYS, STOP, deactivate
from tui_installer.steps.reboot.rhcs_causes import CAUSES
from tui_installer.steps.rhcs.release import Release, unfit
from tui_installer.steps.rhcs.runlevels import linked
from tui_installer.steps.storage_network.rhcs import own_bridge
from tui_installer.steps.xen.rhcs import CAPABILITIES, CONF

BOOT_ID = "/proc/sys/kernel/random/boot_id"


@dataclass(frozen=True, slots=True)
class RebootAnswers:
    """What is asked before the restart."""

    confirm: str = ask("This host's name", "Type it to confirm that it is restarted now.")
    shut_down: str = ask("Shut down", "This host's name again, where it is to be shut down (d on the first screen).")
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that are accepted.", default=())


@dataclass(frozen=True, slots=True)
class RebootFacts:
    """What runs, beside what the boot would give."""

    boot: str
    """Of this boot alone; empty if the kernel does not tell."""
    cmdline: tuple[str, ...]
    """The running kernel's options."""
    menu: File | None
    dom0: bool
    xend: bool
    """Whether xend runs; it need not where it is not installed."""
    modules: frozenset[str]
    network: Network
    iscsi: Iscsi
    multipath: Multipath
    cman: Cman
    lvm: RhcsLvm
    scripts: Sysv
    groups: tuple[str, ...]
    """Volume groups that san-lvm activates."""


class RebootStep(Step[RebootFacts, RebootAnswers]):
    """Restarts the host, and says what did not come back."""

    id, title = subjects.REBOOT
    asks: ClassVar[type[RebootAnswers]] = RebootAnswers
    shuts_down: ClassVar[bool] = True
    single_use: ClassVar[tuple[str, ...]] = ("confirm", "shut_down")

    def __init__(self, release: Release) -> None:
        self._release = release

    def probe(self, ctx: Context, site: Site, answers: RebootAnswers) -> RebootFacts:
        """See `Step.probe`."""
        here, sessions = ctx.here, iscsi_text.probe(ctx.here)
        conf, told = here.read(CONF), here.read(CAPABILITIES)
        dom0 = told is not None and b"control_d" in told.content
        return RebootFacts(
            boot=_text(here.read(BOOT_ID)).strip(),
            cmdline=tuple(_text(here.read("/proc/cmdline")).split()),
            menu=here.read(CONFIG) or here.read(MENU),
            dom0=dom0,
            xend=conf is None or (dom0 and is_running(here, "xend", "status")),
            modules=loaded(here),
            network=network_text.probe(here),
            iscsi=sessions,
            multipath=multipath_text.probe(here, tuple(self._release.getuid_callout.split()), sessions.sessions),
            cman=cman.probe(here),
            lvm=lvm_text.probe(here),
            scripts=sysv.probe(here),
            groups=_groups(here.read(DEFAULTS)),
        )

    def plan(self, facts: RebootFacts, site: Site, answers: RebootAnswers) -> Iterator[Change]:
        """The restart, and waiting until all is there again."""
        if not pending(facts) or any(problem.level != "warn" for problem in self.problems(facts, site, answers)):
            return
        other = rf"\A(?!{re.escape(facts.boot)})[0-9a-f-]+\s*\Z"
        quorum, active = r"(?m)^Quorum: \d+ *$", r"\A(?:\s*\S{4}a\S*)+\s*\Z"
        if not stops_in_order(facts.scripts, self._release):
            yield from _stopped(facts, self._release)
        yield Run("Restart this host", "here", ("shutdown", "-r", "now"), away=True)
        back = Run("Wait until it is back", "here", ("cat", BOOT_ID), within=ends.BACK, expect=other, away=True)
        yield replace(back, id="reboot:back")
        yield _settled("the quorum", ("cman_tool", "status"), quorum)
        yield _settled("clvmd", ("pidof", "clvmd"), r"\d")
        for name in facts.groups:
            yield _settled(f"the volumes of {name}", ("lvs", "--noheadings", "-o", "lv_attr", name), active)

    def problems(self, facts: RebootFacts, site: Site, answers: RebootAnswers) -> Iterator[Problem]:
        """See `Step.problems`."""
        yield from unfit(site.here)
        yield from self._problems(facts, site, answers)

    def plan_shutdown(self, facts: RebootFacts, site: Site) -> Iterator[Change]:
        """See `Step.plan_shutdown`."""
        yield Run("Shut this host down", "here", ("shutdown", "-h", "now"), away=True)

    def against_shutdown(self, facts: RebootFacts, site: Site, answers: RebootAnswers) -> Iterator[Problem]:
        """See `Step.against_shutdown`."""
        hostname = site.here.hostname if site.here else ""
        if answers.shut_down != hostname:
            wrong = f"{answers.shut_down!r} is not this host's name. " if answers.shut_down else ""
            text = f"{wrong}This host will leave the membership and be switched off; its next boot brings all back."
            hint = f"Type its name to confirm: {hostname}"
            yield Problem("reboot.shutdown", text, (), hint, "ask", "shut_down")

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: RebootFacts, site: Site) -> dict[str, str]:
        """See `Step.shown`."""
        return {
            "Waits for a restart": "; ".join(pending(facts)) or "no restart is needed",
            "Missing now": "; ".join(missing(facts, self._release)) or "nothing",
        }

    def _problems(self, facts: RebootFacts, site: Site, answers: RebootAnswers) -> Iterator[Problem]:
        lost, waiting = missing(facts, self._release), pending(facts)
        if lost and waiting:
            text = "This host is not ready for a restart: what is missing now would not come by itself."
            yield Problem("reboot.not-ready", text, lost, "Apply the steps before this one.")
        elif lost:
            hint = "Each is set up by the step of its name; its screen says what is missing. Logs: /var/log/syslog."
            yield Problem("reboot.missing", "Not all is there that every boot is to bring.", lost, hint)
        if not waiting:
            return
        if in_use := tuple(
            f"{each.group}/{each.name}" for each in facts.lvm.volumes if each.open and each.group in facts.groups
        ):
            text = "Volumes are in use here: a restart would take their guests down."
            yield Problem("reboot.in-use", text, in_use, "Move the guests away or shut them down first.")
        if not facts.dom0 and not boots_xen(facts.menu):
            text = "GRUB's default entry does not boot the hypervisor."
            yield Problem(
                "reboot.default-entry", text, (), f"Set `default` in {MENU} to the entry for Xen; then plan again."
            )
        hostname = site.here.hostname if site.here else ""
        if answers.confirm != hostname:
            wrong = f"{answers.confirm!r} is not this host's name. " if answers.confirm else ""
            text = f"{wrong}This host has to be restarted: {'; '.join(waiting)}."
            hint = f"Type its name, {hostname}, when it may go down. The cluster keeps its quorum without it."
            yield Problem("reboot.confirm", text, (), hint, "ask")


def _settled(what: str, argv: tuple[str, ...], expect: str) -> Run:
    name = f"reboot:settled {what}"
    return Run(f"Wait for {what}", "here", argv, within=ends.SETTLED, expect=expect, away=True, id=name)


def stops_in_order(scripts: Sysv, release: Release) -> bool:
    """Whether the boot's own links stop clvmd before cman. Lenny's do not (S05cman, S51clvm): cman cannot leave while
    clvmd has its lockspace, and the members would have to fence a host that only restarts."""

    def place(script: str) -> tuple[bool, int]:
        found = [(link.kind == "S", link.number) for link in scripts.of(script) if link.level == "6"]
        return min(found, default=(True, 100))

    return place("clvm") < place(release.cman_script)


def _stopped(facts: RebootFacts, release: Release) -> Iterator[Run]:
    """Volumes, clvmd and cman, in the order that lets this host leave its cluster."""
    for name in facts.groups:
        again = Run(f"Activate {name} again", "here", ("vgchange", "-aly", name))
        yield replace(deactivate(name), undo=(again,))
    yield replace(STOP, undo=(Run("Start clvmd again", "here", (CLVM, "start"), within=ends.SERVICE),))
    script = f"/etc/init.d/{release.cman_script}"
    back = Run("Start cman again", "here", (script, "start"), within=ends.SERVICE)
    stops = (Stops("daemon", ("cman",)),)
    yield Run("Leave the cluster", "here", (script, "stop"), within=ends.SERVICE, undo=(back,), stops=stops)


def _text(file: File | None) -> str:
    return file.content.decode("utf-8", "replace") if file else ""


def _groups(file: File | None) -> tuple[str, ...]:
    return tuple((keyvalue.get_shell(file.content, KEYS[DEFAULTS]) or "").split()) if file else ()


def _entry(menu: File | None) -> menu_lst.MenuItem | None:
    """What boots by itself, by grub.cfg or menu.lst; None if that cannot be told."""
    if menu and b"menuentry " in menu.content:
        booted = Grub2(menu, menu.content, False).default
        kernel = " ".join((booted.kernel, *booted.options)) if booted else ""
        return menu_lst.MenuItem(booted.title, "", booted.hypervisor or booted.kernel, (kernel,), 0) if booted else None
    try:
        found = menu_lst.entries(menu.content) if menu else ()
        number = menu_lst.default(menu.content) if menu else None
    except FormatError:
        return None
    return found[number] if number is not None and number < len(found) else None


def boots_xen(menu: File | None) -> bool:
    """Whether GRUB's default entry is one for the hypervisor."""
    entry = _entry(menu)
    return entry is not None and "/xen-" in entry.kernel


def pending(facts: RebootFacts) -> tuple[str, ...]:
    """What only a restart brings about."""
    entry = _entry(facts.menu)
    reasons = {"the hypervisor does not run yet": not facts.dom0}
    if entry and "/xen-" in entry.kernel and entry.modules:
        options = entry.modules[0].split()[1:]
        reasons["dom0 runs with other options than GRUB's menu has"] = not set(options) <= set(facts.cmdline)
    bridge = own_bridge(facts.network)
    reasons[f"the bridge {bridge} is configured, and not there"] = bool(bridge) and not facts.network.interface(bridge)
    return tuple(reason for reason, so in reasons.items() if so)


def missing(facts: RebootFacts, release: Release) -> tuple[str, ...]:
    """What should be there, at any time after the join."""
    return (*_early(facts, release), *_storage(facts), *_cluster(facts, release))


def _early(facts: RebootFacts, release: Release) -> Iterator[str]:
    vlans = any(one.vlan for one in facts.network.interfaces) and facts.network.boot_modules
    wanted = (*release.modules, *([VLAN_MODULE] if vlans and not facts.network.vlan_module else []))
    yield from (
        f"packages: module {name} is not loaded" for name in wanted if name.replace("-", "_") not in facts.modules
    )
    for each in release.links:
        needless = each.script == release.fence_script and each.script not in facts.scripts.scripts
        if not (needless or linked(facts.scripts, each)):
            yield f"at boot: the runlevel links of {each.script} are not as they should be"


def _storage(facts: RebootFacts) -> Iterator[str]:
    up = {(each.iqn, each.portal) for each in facts.iscsi.sessions if each.up}
    for record in facts.iscsi.records:
        if record.startup == "automatic" and (record.iqn, record.portal) not in up:
            yield f"iscsi: no session to {record.iqn} at {record.portal}"
    disks = {disk for each in facts.iscsi.sessions for disk in each.disks}
    mapped = {path.device for found in facts.multipath.maps for path in found.paths if path.usable}
    yield from (f"multipath: {disk} is no usable path of a map" for disk in sorted(disks - mapped))


def _cluster(facts: RebootFacts, release: Release) -> Iterator[str]:
    status = facts.cman.status
    if status is None or not status.quorate:
        yield "cluster: no quorum"
    fences = release.fence_script in facts.scripts.scripts
    if fences and not any(each.kind == "fence" for each in facts.cman.services):
        yield "cluster: not in the fence domain"
    if not facts.lvm.clvmd:
        yield "lvm: clvmd does not run"
    for name in facts.groups:
        volumes = [each for each in facts.lvm.volumes if each.group == name]
        if not volumes or not all(each.active for each in volumes):
            yield f"lvm: {name} is not active"
    if facts.dom0 and not facts.xend:
        yield "xen: xend does not run"
