"""The steps, one a file. The tuples here are the one place where a step is registered; order is the dependency."""

from tui_installer.stack import Stack
from tui_installer.steps.packages import PackagesStep
from tui_installer.steps.site import SiteStep
from tui_installer.steps.storage_guard import StorageGuardStep

COROSYNC = Stack(
    "corosync",
    "corosync, dlm and lvmlockd, as Debian 12 and 13 ship them",
    (
        SiteStep(),
        PackagesStep(),
        StorageGuardStep(),
    ),
)
