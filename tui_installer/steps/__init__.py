"""The steps, one a file. The tuples here are the one place where a step is registered; order is the dependency."""

from tui_installer.stack import Stack
from tui_installer.steps.cluster import ClusterStep
from tui_installer.steps.iscsi import IscsiStep
from tui_installer.steps.lvm import LvmStep
from tui_installer.steps.multipath import MultipathStep
from tui_installer.steps.packages import PackagesStep
from tui_installer.steps.site import SiteStep
from tui_installer.steps.storage_guard import StorageGuardStep
from tui_installer.steps.storage_network import StorageNetworkStep

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
    ),
)
