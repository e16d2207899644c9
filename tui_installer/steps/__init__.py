"""The stacks and their steps: the one place where a step or a stack is registered; order is the dependency."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial

from tui_installer.hosts.host import Host
from tui_installer.model.stack import Stack, StackEntry, Stacks
from tui_installer.probes import alive
from tui_installer.probes.rhcs.packages import family_of
from tui_installer.steps.choice import chosen
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
    # with lxml: a host of today need not wait for any of it
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


MODERN = ("corosync", "dlm-controld", "lvm2-lockd")
OLDEST_COROSYNC = 9
"""The first Debian release with all of them, should apt know nothing yet."""


def _is_corosync(versions: Mapping[str, str]) -> bool:
    """cman of squeeze brings a corosync along: where it is, this is not."""
    return not family_of(versions.get("cman", "")) and all(name in versions for name in MODERN)


def _entry(release: Release) -> StackEntry:
    """The Red Hat Cluster Suite of that release, and of the later ones that have no other."""
    first, last = float(release.debian), release.until
    return StackEntry(
        name=release.name,
        packages=("ccs", "cman"),
        is_told_by=lambda versions: family_of(versions.get("cman", "")) == release.family,
        comes_with=lambda debian: debian.codename == release.name or first <= debian.number <= last,
        hosts=f"Debian {release.debian}{f' to {last}' if last > first else ''} (cman)",
        load=partial(rhcs, release),
    )


STACKS = Stacks(
    StackEntry(
        name=COROSYNC.name,
        packages=MODERN,
        is_told_by=_is_corosync,
        comes_with=lambda debian: debian.number >= OLDEST_COROSYNC or debian == ("", ""),
        hosts="Debian 12 and 13 (corosync, dlm-controld, lvm2-lockd)",
        load=lambda: COROSYNC,
    ),
    *map(_entry, RELEASES),
)
"""Each knows by itself whether it fits a host: one more is one more entry."""


def choose(host: Host, named: str = "") -> Stack:
    """The stack of that name, else the one that fits the host, with the reason. Raises `NoSuchStack`."""
    return chosen(STACKS, host, named)
