"""What is odd about a host's packages besides those that are wanted: said beside the plan, on both stacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tui_installer.hosts.host import File, Host
from tui_installer.model.change import Edit, WriteFiles, show
from tui_installer.model.step import Problem
from tui_installer.probes.packages import Packages, Simulation

POLICY = "/usr/sbin/policy-rc.d"
_KEPT = ("/etc/*.dpkg-dist", "/etc/*/*.dpkg-dist", "/etc/*/*/*.dpkg-dist")
_OURS = ("/etc/iscsi/", "/etc/lvm/", "/etc/multipath", "/etc/corosync/", "/etc/dlm/", "/etc/cluster/", "/etc/default/")
_DESKTOP = re.compile(r"xserver-|x11-(?:common|utils)|gnome-|kde-|plasma-|libgtk|libqt\d|desktop-base|task-\S*-desktop")
SHOWN = 12
"""Lines of a difference that are shown as evidence."""


@dataclass(frozen=True, slots=True)
class Odds:
    """What is odd about packages that are there."""

    policy: File | None = None
    """/usr/sbin/policy-rc.d."""
    kept: tuple[tuple[str, File | None, File], ...] = ()
    """(path, what is in force, what the package would have) of configuration files that were kept as they were."""


def probe(host: Host) -> Odds:
    """Look at a host. Raises `HostError`."""
    paths = [path for pattern in _KEPT for path in host.list(pattern) if path.startswith(_OURS)]
    kept = ((path.removesuffix(".dpkg-dist"), host.read(path)) for path in dict.fromkeys(paths))
    return Odds(host.read(POLICY), tuple((path, host.read(path), theirs) for path, theirs in kept if theirs))


def problems(odds: Odds, packages: Packages, simulation: Simulation, own: File | None = None) -> Iterator[Problem]:
    """All of it; `own` is the policy that this program itself puts there for a while."""
    if odds.policy is not None and odds.policy != own:
        text = f"{POLICY} is there: it may forbid that packages start their daemons."
        words = tuple(odds.policy.content.decode("utf-8", "replace").splitlines()[:SHOWN])
        yield Problem("packages.policy-left", text, words, "If nobody needs it, remove it.", "warn")
    if desktop := tuple(name for name, _ in simulation.new if _DESKTOP.match(name)):
        text = f"apt would install parts of a desktop: {', '.join(desktop[:6])}."
        yield Problem("packages.desktop", text, desktop, "apt-get -s install tells what pulls them in.", "warn")
    if packages.audit and not packages.unfinished:
        text = "dpkg --audit complains, and of nothing that finishing would mend."
        yield Problem("packages.audit", text, packages.audit[:SHOWN], "See dpkg --audit.", "warn")
    for path, mine, theirs in odds.kept:
        text = f"{path} was kept as it was; the package's own is beside it."
        change = WriteFiles("", (Edit("here", path, mine, theirs, "passwords"),))
        hint = f"Take over what is needed, then remove {path}.dpkg-dist."
        yield Problem("packages.conffile-kept", text, tuple(show(change))[2 : 2 + SHOWN], hint, "warn")
