"""The stacks and their steps: the one place where a step is registered; order is the dependency.

`choose` tells which stack a host gets, by what its own release has packages for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from tui_installer.hosts.host import Host
from tui_installer.model.stack import NoSuchStack, Stack
from tui_installer.probes import alive
from tui_installer.probes.packages import Packages, candidates
from tui_installer.probes.rhcs import packages as offers
from tui_installer.probes.rhcs import system
from tui_installer.steps.cluster.corosync import ClusterStep
from tui_installer.steps.console.corosync import ConsoleStep
from tui_installer.steps.iscsi.corosync import IscsiStep
from tui_installer.steps.lvm.corosync import LvmStep
from tui_installer.steps.migration.corosync import MigrationStep
from tui_installer.steps.multipath.corosync import MultipathStep
from tui_installer.steps.packages.corosync import PackagesStep
from tui_installer.steps.reboot.corosync import RebootStep
from tui_installer.steps.rhcs.release import RELEASES, Release
from tui_installer.steps.site import SiteStep
from tui_installer.steps.storage_guard.corosync import StorageGuardStep
from tui_installer.steps.storage_network.corosync import StorageNetworkStep
from tui_installer.steps.xen.corosync import XenStep

COROSYNC = Stack(
    "corosync",
    "corosync, dlm, lvmlockd",
    (
        SiteStep(),
        PackagesStep(),
        StorageNetworkStep(),
        StorageGuardStep(),
        IscsiStep(),
        MultipathStep(),
        ClusterStep(),
        LvmStep(),
        ConsoleStep(),
        XenStep(),
        MigrationStep(),
        RebootStep(),
    ),
    alive=alive.EYES.look,
)


@cache
def rhcs(release: Release) -> Stack:
    """The Red Hat Cluster Suite as that release has it; its steps are loaded for a host that needs them."""
    from tui_installer.probes.rhcs.alive import EYES
    from tui_installer.steps.cluster.rhcs import ClusterStep as CmanStep
    from tui_installer.steps.console.rhcs import ConsoleStep as MenuConsoleStep
    from tui_installer.steps.iscsi.rhcs import IscsiStep as RhcsIscsiStep
    from tui_installer.steps.lvm.rhcs import LvmStep as ClvmStep
    from tui_installer.steps.multipath.rhcs import MultipathStep as RhcsMultipathStep
    from tui_installer.steps.packages.rhcs import PackagesStep as RhcsPackagesStep
    from tui_installer.steps.reboot.rhcs import RebootStep as RhcsRebootStep
    from tui_installer.steps.site.rhcs import eyes
    from tui_installer.steps.storage_guard.rhcs import StorageGuardStep as RhcsGuardStep
    from tui_installer.steps.storage_network.rhcs import StorageNetworkStep as RhcsNetworkStep
    from tui_installer.steps.xen.rhcs import XenStep as XendStep

    return Stack(
        release.name,
        release.title,
        (
            SiteStep(eyes(release)),
            RhcsPackagesStep(release),
            RhcsNetworkStep(release),
            RhcsGuardStep(release),
            RhcsIscsiStep(release),
            RhcsMultipathStep(release),
            CmanStep(release),
            ClvmStep(release),
            XendStep(release),
            MenuConsoleStep(release),
            RhcsRebootStep(release),
        ),
        alive=EYES.look,
        suite="rhcs",
    )


class Stacks(Mapping[str, Stack]):
    """All stacks by their names."""

    def __getitem__(self, name: str) -> Stack:
        """That stack. Raises KeyError."""
        release = next((each for each in RELEASES if each.name == name), None)
        if release is None and name != COROSYNC.name:
            raise KeyError(name)
        return rhcs(release) if release else COROSYNC

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        return iter((COROSYNC.name, *(each.name for each in RELEASES)))

    def __len__(self) -> int:
        """How many there are."""
        return 1 + len(RELEASES)


STACKS = Stacks()
OLDEST_COROSYNC = 9
"""The first Debian release with all of corosync, dlm-controld and lvm2-lockd, should apt know nothing yet."""


def choose(host: Host, named: str = "") -> Stack:
    """The stack of that name, else the one that the host's packages tell, with the reason. Raises `NoSuchStack`."""
    if named:
        if named not in STACKS:
            raise NoSuchStack(f"there is no stack {named!r}; there are: {', '.join(STACKS)}")
        return replace(STACKS[named], reason="asked for by its name")
    offer = offers.offered(_known(host))
    if offer.stack == "none":
        return _by_release(host, offer.reason)
    release = next((each for each in RELEASES if each.family == offer.family), None)
    return replace(STACKS[release.name] if release else COROSYNC, reason=offer.reason)


def _known(host: Host) -> Packages:
    """What is installed of either stack; apt is asked only if that does not tell."""
    said = host.run("dpkg-query", "-W", "-f", offers.FORMAT, *offers.ASKED, within=60)
    found = Packages(offers.parse_status(said.out)[0])
    if offers.offered(found).stack != "none":
        return found
    return replace(found, candidates=candidates(host, *offers.ASKED))


def _by_release(host: Host, reason: str) -> Stack:
    """Apt's lists may never have been read: then the release tells. The first step refuses if it does not either."""
    file = host.read("/etc/debian_version")
    version, codename = system.parse_debian_version(file.content.decode("utf-8", "replace") if file else "")
    number = float(version or 0)
    known = (each for each in reversed(RELEASES) if each.name == codename or float(each.debian) <= number)
    release = next(known, None)
    if file is not None and (number >= OLDEST_COROSYNC or not (version or codename)):
        return replace(COROSYNC, reason=f"{reason} yet, but this is Debian {version}".rstrip())
    if release is not None:
        return replace(STACKS[release.name], reason=f"{reason} yet, but this is Debian {version}")
    return Stack("none", "no stack for this host", (SiteStep(refusal=reason),), reason, suite="none")
