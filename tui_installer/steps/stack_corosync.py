"""The steps of the corosync stack: Debian 12 and 13."""

from __future__ import annotations

from tui_installer.model.stack import Stack
from tui_installer.probes import alive
from tui_installer.steps.cluster.corosync import ClusterStep
from tui_installer.steps.console.corosync import ConsoleStep
from tui_installer.steps.iscsi.corosync import IscsiStep
from tui_installer.steps.lvm.corosync import LvmStep
from tui_installer.steps.migration.corosync import MigrationStep
from tui_installer.steps.multipath.corosync import MultipathStep
from tui_installer.steps.packages.corosync import PackagesStep
from tui_installer.steps.reboot.corosync import RebootStep
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
