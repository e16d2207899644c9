"""What the Xen step of today's stack asks, and what it sees."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from tui_installer.formats import grub_defaults
from tui_installer.formats.grub_cfg import BootEntry
from tui_installer.hosts.host import File, side_by_side
from tui_installer.model.answers import ask
from tui_installer.model.site import Site
from tui_installer.model.step import Context
from tui_installer.probes import grub, packages, xen
from tui_installer.probes.grub import Grub
from tui_installer.probes.packages import Packages, Simulation
from tui_installer.probes.xen import KEY, Xen

PACKAGE = "xen-system-amd64"
DROP_IN = f"{grub_defaults.FOLDER}/11-tui-installer-xen.cfg"
"""It sorts before Debian's xen.cfg."""
FALLBACK = "/etc/grub.d/09_tui-installer-fallback"
KEY_FOLDER = KEY.rpartition("/")[0]
XENDOMAINS = "/etc/default/xendomains"
SMALLEST = 512
"""MB; Debian's kernel and initramfs do not start in much less."""


@dataclass(frozen=True, slots=True)
class XenAnswers:
    """What is asked about the hypervisor."""

    install: bool | None = ask("Hypervisor", "Whether guests run here under Xen.", default=None)
    dom0_memory: int = ask(
        "Memory of dom0", "MB that the first domain has, and keeps; the rest is for guests.", default=0
    )
    dom0_vcpus: int = ask("Processors of dom0", "How many the first domain sees.", default=0)
    confirm: str = ask("Cluster's name", "Type it to confirm that keys are made on its members.")
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that are accepted.", default=())


@dataclass(frozen=True, slots=True)
class XenFacts:
    """The hypervisor here, what boots, and the keys for moving guests."""

    packages: Packages
    simulation: Simulation
    xen: Xen
    grub: Grub
    booted: tuple[str, ...]
    """The running kernel's options."""
    own: File | None
    """The file of ours among GRUB's settings."""
    fallback: File | None
    """The script of ours that names what is booted instead of what cannot be loaded."""
    keyless: tuple[str, ...]
    """This host ("here") and members that were logged in to, which have no key for moving guests."""
    folderless: tuple[str, ...]
    """Those of them that have no folder for it either."""
    xendomains: File | None

    @property
    def installed(self) -> bool:
        """Whether the hypervisor's packages are there."""
        return PACKAGE in self.packages.installed

    def today(self, kernel: str) -> BootEntry | None:
        """The entry that boots what runs now: with that kernel, from this root, without the hypervisor."""
        root = next((word.removeprefix("root=") for word in self.booted if word.startswith("root=")), "")
        return self.grub.plain(kernel, root) or self.grub.plain(kernel)


def probe(ctx: Context, site: Site) -> XenFacts:
    """Look at this host, and for keys on the members. Raises `HostError`."""
    here = ctx.here
    found = packages.probe(here)
    missing = PACKAGE not in found.installed
    simulation = packages.simulate(here, PACKAGE) if missing else Simulation()
    offered = packages.candidates(here, PACKAGE) if simulation.error else dict(simulation.new)
    line = here.read("/proc/cmdline")
    asked = {"here": here, **{name: host for name, host in ctx.members.items() if host is not here}}
    keys = side_by_side(lambda host: host.read(f"{KEY}.pub"), asked.values())
    keyless = tuple(name for name, key in zip(asked, keys, strict=True) if key is None)
    return XenFacts(
        packages=replace(found, candidates=offered),
        simulation=simulation,
        xen=xen.probe(here),
        grub=grub.probe(here),
        booted=tuple(line.content.decode("utf-8", "replace").split()) if line else (),
        own=here.read(DROP_IN),
        fallback=here.read(FALLBACK),
        keyless=keyless,
        folderless=tuple(name for name in keyless if not asked[name].list(KEY_FOLDER)),
        xendomains=here.read(XENDOMAINS),
    )


def filled(facts: XenFacts, answers: XenAnswers) -> XenAnswers:
    """Open answers: what GRUB is told already, else a share of the machine."""
    told = [] if facts.grub.unreadable else grub_defaults.hypervisor_line(facts.grub.settings())
    memory = next((match[1] for word in told if (match := re.match(r"dom0_mem=(\d+)M\b", word))), "0")
    cpus = next((match[1] for word in told if (match := re.fullmatch(r"dom0_max_vcpus=(\d+)", word))), "0")
    return replace(
        answers,
        install=facts.grub.installed or facts.xen.dom0 if answers.install is None else answers.install,
        dom0_memory=answers.dom0_memory or int(memory) or share(facts.xen.memory),
        dom0_vcpus=answers.dom0_vcpus or int(cpus) or max(1, min(4, facts.xen.cpus)),
    )


def share(memory: int) -> int:
    """MB for the first domain of a machine with so many: 1 GB and a 32nd, at most 8 GB, never more than half."""
    return min(1024 + memory // 32, 8192, memory // 2) if memory else 2048


def words(answers: XenAnswers) -> list[str]:
    """The hypervisor's options."""
    return [f"dom0_mem={answers.dom0_memory}M,max:{answers.dom0_memory}M", f"dom0_max_vcpus={answers.dom0_vcpus}"]


def pinned(facts: XenFacts) -> bool:
    """Whether what boots is kept by GRUB, and no package makes the hypervisor the default by itself."""
    settings = facts.grub.settings()
    kept = (settings.get("GRUB_DEFAULT"), settings.get("XEN_OVERRIDE_GRUB_DEFAULT")) == ("saved", "0")
    return kept and facts.grub.set_default == "${saved_entry}"


def told(facts: XenFacts, answers: XenAnswers) -> bool:
    """Whether GRUB's settings and its menu have the options of the hypervisor."""
    settings = set(grub_defaults.hypervisor_line(facts.grub.settings()))
    entries = [each for each in facts.grub.entries if each.hypervisor]
    return set(words(answers)) <= settings and all(set(words(answers)) <= set(e.hypervisor_options) for e in entries)
