"""The steps of the Red Hat Cluster Suite's stack: Debian etch, lenny and squeeze."""

from __future__ import annotations

from functools import cache

from tui_installer.model.stack import Stack
from tui_installer.probes.rhcs.alive import EYES
from tui_installer.steps.cluster.rhcs import ClusterStep as CmanStep
from tui_installer.steps.console.rhcs import ConsoleStep as MenuConsoleStep
from tui_installer.steps.iscsi.rhcs import IscsiStep as RhcsIscsiStep
from tui_installer.steps.lvm.rhcs import LvmStep as ClvmStep
from tui_installer.steps.multipath.rhcs import MultipathStep as RhcsMultipathStep
from tui_installer.steps.packages.rhcs import PackagesStep as RhcsPackagesStep
from tui_installer.steps.reboot.rhcs import RebootStep as RhcsRebootStep
from tui_installer.steps.rhcs.release import Release
from tui_installer.steps.site import SiteStep
from tui_installer.steps.site.rhcs import eyes
from tui_installer.steps.storage_guard.rhcs import StorageGuardStep as RhcsGuardStep
from tui_installer.steps.storage_network.rhcs import StorageNetworkStep as RhcsNetworkStep
from tui_installer.steps.xen.rhcs import XenStep as XendStep


@cache
def rhcs(release: Release) -> Stack:
    """The Red Hat Cluster Suite as that release has it."""
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
