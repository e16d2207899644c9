"""What the package steps of all releases have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tui_installer.model.answers import ask
from tui_installer.model.change import Run, Stops
from tui_installer.model.site import Site
from tui_installer.model.step import Failure, Level, Problem
from tui_installer.probes.packages import Packages, Simulation, pending
from tui_installer.steps.packages.causes import diagnose
from tui_installer.steps.packages.remedies import CONFIGURE, REINSTALL


@dataclass(frozen=True, slots=True)
class PackagesAnswers:
    """What is installed beside the fixed set."""

    vlan: bool | None = ask("VLAN tagging", "Whether the storage network is a VLAN on this host.", default=None)


def tagged(site: Site) -> bool:
    """Whether the member reaches its portals through a VLAN."""
    if site.witness is None:
        return False
    ways = {session.address for session in site.witness.iscsi.sessions}
    vlans = [each for each in site.witness.network.interfaces if each.vlan]
    return any(address.split("/")[0] in ways for each in vlans for address in each.addresses)


def anew(simulation: Simulation) -> tuple[Stops, ...]:
    """What is upgraded beside."""
    upgraded = tuple(name for name, _, _ in simulation.upgraded)
    return (Stops("restarted", upgraded),) if upgraded else ()


def removals(simulation: Simulation) -> Iterator[Problem]:
    """What apt would remove though nobody asked for it."""
    if removed := simulation.removed:
        hint = "Make room for the new ones by hand, or install another version of what is removed."
        yield Problem("packages.removes", f"apt would remove {', '.join(removed)}.", hint=hint)


def finishing(found: Packages) -> Iterator[Run]:
    """Have dpkg finish what it began, but for what was set aside; what is torn is unpacked again by apt."""
    if found.aside and (names := [name for name in found.broken if name not in found.torn]):
        argv = (*CONFIGURE.argv[:-1], *names)
        yield replace(CONFIGURE, argv=argv, stops=(Stops("restarted", tuple(names)),))
    elif found.unfinished and not found.aside:
        yield replace(CONFIGURE, stops=(Stops("restarted", found.broken),))


def again(found: Packages, simulation: Simulation, missing: Iterable[str]) -> Iterator[Run]:
    """Of what else is torn: that which apt would leave so, for it takes it for installed. Not what somebody removed."""
    comes = {*missing, *(name for name, _ in simulation.new), *(name for name, _, _ in simulation.upgraded)}
    if names := tuple(name for name in found.torn if name not in {*comes, *found.leaving}):
        yield replace(
            REINSTALL,
            title=f"Install {', '.join(names)} again",
            argv=(*REINSTALL.argv[:-1], *names),
            stops=(Stops("restarted", names),),
        )


def certain(install: Run, found: Packages, names: Iterable[str]) -> Iterator[Run]:
    """An installation. What was torn in the version that apt has it would take for installed, and leave. Beside what
    was set aside apt ends with an error though all went well: the state tells then."""
    wanted = tuple(dict.fromkeys(names))
    if {*wanted} & {*found.torn}:
        at = install.argv.index("install")
        install = replace(install, argv=(*install.argv[:at], "--reinstall", *install.argv[at:]))
    if not found.aside:
        yield install
        return
    yield replace(install, ok=(0, 100))
    argv = ("dpkg-query", "-W", "-f", "${Status}\\n", *wanted)
    yield Run("See that they are installed", "here", argv, expect=rf"\A(?:install ok installed\n){{{len(wanted)}}}\Z")


def refused(simulation: Simulation) -> Problem | None:
    """Why apt would not install them, by its own words: they are the same as those of an attempt. What mends it is
    done first; without such it stands in the way."""
    if not simulation.error:
        return None
    hint = "Mend that by hand: no package is held back, removed or replaced here."
    told = diagnose(Failure("", "here", (), "", None, simulation.error))
    if told.code == "packages.failed":
        return Problem("packages.apt-refuses", "apt cannot install them.", simulation.error, hint)
    return replace(told, level="warn") if told.remedy else told


def first(simulation: Simulation) -> tuple[Run, ...]:
    """What mends that."""
    told = refused(simulation)
    return told.remedy.runs if told and told.remedy else ()


def interrupted(found: Packages) -> Iterator[Problem]:
    """That dpkg has to finish first."""
    if found.unfinished:
        text = f"dpkg was interrupted: {', '.join(found.broken) or 'triggers are pending'}. It is finished first."
        hint = "If that fails too, the words of the package's script say what to mend."
        yield Problem("packages.interrupted", text, found.audit, hint, "warn")


def set_aside(found: Packages) -> Iterator[Problem]:
    """What is unfinished and stays so."""
    if found.aside:
        names, one = ", ".join(found.aside), found.aside[0]
        text = f"Set aside, on hold and unfinished: {names}."
        hint = f"Mend its cause, then: echo {one} install | dpkg --set-selections; dpkg --configure {one}"
        yield Problem("packages.set-aside", text, found.audit, hint, "warn", stays=f"{names} set aside")


def upgrades_waiting(found: Packages) -> Iterator[Problem]:
    """Of what a member has: the versions that apt would bring."""
    if newer := [f"{name} {now} -> {then}" for name, now, then in pending(found)]:
        text = f"apt has other versions: {', '.join(newer)}."
        hint = "On a member their upgrade restarts what holds the locks: leave the cluster first, one host at a time."
        yield Problem("packages.upgrade-pending", text, hint=hint, level="warn")


def without_modules(lacking: tuple[str, ...], loaded: frozenset[str], site: Site) -> Iterator[Problem]:
    """Modules that the running kernel has not: what is loaded still works until the next restart."""
    if not lacking:
        return
    running = site.here.kernel if site.here else "that runs"
    text = f"The kernel {running} has no {', '.join(lacking)} (modprobe -n finds none)."
    hint = (
        f"Is there a folder /lib/modules/{running}? If the kernel was upgraded, restart into the new one: it has them."
    )
    level: Level = "warn" if set(lacking) <= loaded else "stop"
    yield Problem("packages.no-kernel-modules", text, hint=hint, level=level, stays="kernel without its modules")
