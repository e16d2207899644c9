"""What steps are about, and which of them each suite has, in order: the order is the dependency.

Known before the code of any step is loaded.
"""

from __future__ import annotations

from tui_installer.model.stack import Subject

SITE = Subject("site", "Site")
PACKAGES = Subject("packages", "Packages")
STORAGE_NETWORK = Subject("storage-network", "Storage network")
STORAGE_GUARD = Subject("storage-guard", "Keep hands off the SAN's disks")
ISCSI = Subject("iscsi", "iSCSI sessions")
MULTIPATH = Subject("multipath", "Multipath")
CLUSTER = Subject("cluster", "Cluster membership")
LVM = Subject("lvm", "Shared volume groups")
CONSOLE = Subject("console", "Serial console")
XEN = Subject("xen", "Xen: the hypervisor")
XEND = Subject("xen", "Xen: moving guests")
MIGRATION = Subject("migration", "Moving guests")
REBOOT = Subject("reboot", "Restart and check")

_STORAGE = (SITE, PACKAGES, STORAGE_NETWORK, STORAGE_GUARD, ISCSI, MULTIPATH, CLUSTER, LVM)
COROSYNC = (*_STORAGE, CONSOLE, XEN, MIGRATION, REBOOT)
RHCS = (*_STORAGE, XEND, CONSOLE, REBOOT)
