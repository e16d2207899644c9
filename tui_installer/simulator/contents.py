"""The files and units that simulated packages bring: conffiles as Debian ships them, abridged, and unit files."""

from __future__ import annotations

from dataclasses import dataclass

from tui_installer.simulator.iscsid_conf import INITIATOR, ISCSID_CONF


@dataclass(frozen=True, slots=True)
class Unit:
    """A systemd unit of a package."""

    name: str
    after: str = ""
    wants: str = ""
    requires: str = ""
    wanted_by: str = ""
    """Where `enable` links it; empty: a static unit."""
    start: bool = False
    """Started right after installation."""
    sub: str = "running"
    """Its state while active."""
    runs: str = ""
    """Lines of its [Service] section."""

    @property
    def text(self) -> str:
        """The unit file."""
        head = f"[Unit]\nDescription={self.name}\nAfter={self.after}\nWants={self.wants}\nRequires={self.requires}\n"
        kind = "\n[Socket]\n" if self.name.endswith(".socket") else f"\n[Service]\nType=notify\n{self.runs}"
        install = f"\n[Install]\nWantedBy={self.wanted_by}\n" if self.wanted_by else ""
        return head + kind + install


LOCKS = (
    "ExecStart=/sbin/lvm vgchange --lock-start --lock-opt auto\nExecStop=/sbin/lvmlockctl --stop-lockspaces --wait 1\n"
)
DEACTIVATE = "ExecStop=/sbin/blkdeactivate -u -l wholevg -m disablequeueing -r wait\n"
BOOT = "multi-user.target"
UNITS: dict[str, tuple[Unit, ...]] = {
    "ifupdown": (Unit("networking.service", "local-fs.target network-pre.target", wanted_by=BOOT, sub="exited"),),
    "openssh-server": (Unit("ssh.service", "network.target auditd.service", wanted_by=BOOT),),
    "udev": (Unit("systemd-udevd.service", "systemd-sysusers.service"),),
    "systemd": (
        Unit("serial-getty@.service", "systemd-user-sessions.service", wanted_by="getty.target"),
        Unit("systemd-networkd.service", "network-pre.target", wanted_by=BOOT),
        Unit("systemd-timesyncd.service", "", wanted_by="sysinit.target"),
    ),
    "open-iscsi": (
        Unit("iscsid.socket", wanted_by="sockets.target", start=True, sub="listening"),
        Unit("iscsid.service", "network.target iscsiuio.service systemd-remount-fs.service", "remote-fs-pre.target"),
        Unit(
            "open-iscsi.service",
            "network-online.target multipathd.service iscsid.service systemd-remount-fs.service",
            "remote-fs-pre.target network-online.target iscsid.service",
            wanted_by="sysinit.target",
            sub="exited",
        ),
    ),
    "multipath-tools": (
        Unit(
            "multipathd.service",
            "systemd-journald.socket multipathd-queueing.service systemd-udevd-kernel.socket",
            "systemd-udevd-kernel.socket",
            wanted_by="sysinit.target",
            start=True,
        ),
        Unit("multipathd.socket", sub="listening"),
    ),
    "corosync": (
        Unit("corosync.service", "network-online.target", requires="network-online.target", wanted_by=BOOT, start=True),
        Unit("corosync-notifyd.service", "corosync.service", requires="corosync.service", wanted_by=BOOT),
    ),
    "dlm-controld": (
        Unit(
            "dlm.service",
            "corosync.service sys-kernel-config.mount",
            requires="corosync.service sys-kernel-config.mount",
            wanted_by=BOOT,
            start=True,
        ),
    ),
    "lvm2": (
        Unit(
            "blk-availability.service", "iscsi.service iscsid.service", wanted_by="sysinit.target", start=True,
            sub="exited", runs=DEACTIVATE,
        ),
        Unit("lvm2-monitor.service", "dm-event.socket", wanted_by="sysinit.target", start=True, sub="exited"),
        Unit("lvm2-lvmpolld.socket", wanted_by="sysinit.target", start=True, sub="listening"),
    ),
    "xen-utils-common": (
        Unit("xen.service", "local-fs.target network.target", wanted_by=BOOT, sub="active"),
        Unit("xendomains.service", "xen.service network-online.target", wanted_by=BOOT, sub="active"),
    ),
    "lvm2-lockd": (
        Unit("lvmlockd.service", "dlm.service", wanted_by=BOOT, start=True),
        Unit("lvmlocks.service", "lvmlockd.service", wanted_by=BOOT, start=True, sub="exited", runs=LOCKS),
    ),
}  # fmt: skip

COROSYNC_CONF = """\
# Please read the corosync.conf.5 manual page
totem {
	version: 2

	# Corosync itself works without a cluster name, but DLM needs one.
	cluster_name: debian

	# crypto_cipher and crypto_hash: Used for mutual node authentication.
	crypto_cipher: none
	crypto_hash: none
}

logging {
	fileline: off
	to_stderr: yes
	to_logfile: yes
	logfile: /var/log/corosync/corosync.log
	to_syslog: yes
	debug: off
	logger_subsys {
		subsys: QUORUM
		debug: off
	}
}

quorum {
	# Enable and configure quorum subsystem (default: off)
	provider: corosync_votequorum
}

nodelist {
	node {
		# Hostname of the node
		name: node1
		# Cluster membership node identifier
		nodeid: 1
		# Address of first link
		ring0_addr: 127.0.0.1
	}
}
"""

LVM_CONF = """\
# This is an example configuration file for the LVM2 system.
# It contains the default settings that would be used if there was no
# /etc/lvm/lvm.conf file.

# Configuration section config.
config {
	# checks = 1
}

# Configuration section devices.
# How LVM uses block devices.
devices {

	# Configuration option devices/use_devicesfile.
	# Enable or disable the use of a devices file.
	# This configuration option has an automatic default value.
	# use_devicesfile = 0

	# Configuration option devices/filter.
	# Limit the block devices that are used by LVM commands.
	# This configuration option has an automatic default value.
	# filter = [ "a|.*|" ]

	# Configuration option devices/global_filter.
	# Limit the block devices that are used by LVM system components.
	# Because devices/filter may be overridden from the command line, it is
	# not suitable for system-wide device filtering, e.g. udev.
	# This configuration option has an automatic default value.
	# global_filter = [ "a|.*|" ]
}

# Configuration section global.
# Miscellaneous global LVM settings.
global {

	# Configuration option global/umask.
	umask = 077

	# Configuration option global/use_lvmlockd.
	# Use lvmlockd for locking among hosts using LVM on shared storage.
	# This configuration option has an automatic default value.
	# use_lvmlockd = 0
}

# Configuration section activation.
activation {
	# auto_activation_volume_list = [ "vg1", "vg2/lvol1", "@tag1", "@*" ]
}
"""

XEN_CFG = """\
echo "Including Xen overrides from /etc/default/grub.d/xen.cfg"

#GRUB_CMDLINE_XEN_DEFAULT=""
#GRUB_CMDLINE_XEN=""
#GRUB_CMDLINE_LINUX_XEN_REPLACE_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT"
#GRUB_CMDLINE_LINUX_XEN_REPLACE="$GRUB_CMDLINE_LINUX"

# Make booting into Xen the default.
#XEN_OVERRIDE_GRUB_DEFAULT=
if [ "$XEN_OVERRIDE_GRUB_DEFAULT" = "" ]; then
	grub_warn "GRUB_DEFAULT changed to boot into Xen by default!"
	XEN_OVERRIDE_GRUB_DEFAULT=1
fi
if [ "$XEN_OVERRIDE_GRUB_DEFAULT" = "1" ]; then
	GRUB_DEFAULT=$(printf "$(gettext "%s, with Xen hypervisor")" "$GRUB_DISTRIBUTOR GNU/Linux")
fi
"""
XENDOMAINS = """\
## Type: string
## Default: /var/lib/xen/save
#
# Directory to save running domains to when the system (dom0) is shut down.
XENDOMAINS_SAVE=/var/lib/xen/save
XENDOMAINS_RESTORE=true
XENDOMAINS_AUTO=/etc/xen/auto
"""

CONFFILES: dict[str, tuple[tuple[str, str, int], ...]] = {
    "corosync": (
        ("/etc/corosync/corosync.conf", COROSYNC_CONF, 0o644),
        ("/etc/default/corosync", "# Corosync runtime directory\n#COROSYNC_RUN_DIR=/var/lib/corosync\n", 0o644),
    ),
    "open-iscsi": (
        ("/etc/iscsi/iscsid.conf", ISCSID_CONF, 0o600),
        ("/etc/iscsi/initiatorname.iscsi", INITIATOR, 0o600),
        ("/etc/default/open-iscsi", "# Handle _netdev devices\nHANDLE_NETDEV=1\n", 0o644),
    ),
    "lvm2": (
        ("/etc/lvm/lvm.conf", LVM_CONF, 0o644),
        ("/etc/lvm/lvmlocal.conf", "# Local settings of LVM.\nlocal {\n\t# host_id = 0\n}\n", 0o644),
    ),
    "xen-hypervisor-common": (("/etc/default/grub.d/xen.cfg", XEN_CFG, 0o644),),
    "xen-hypervisor-4.20-amd64": (("/boot/xen-4.20-amd64.gz", "Xen 4.20\n", 0o644),),
    "xen-utils-common": (("/etc/default/xendomains", XENDOMAINS, 0o644),),
    "dlm-controld": (("/etc/default/dlm", "# DLM_CONTROLD_OPTS=\n", 0o644),),
}
"""(path, text, mode) by package. Debian installs neither multipath.conf nor dlm.conf."""

LEFT = {
    "open-iscsi": (
        "/etc/iscsi/nodes/*/*/*",
        "/var/lib/iscsi/nodes/*/*/*",
        "/etc/iscsi/ifaces/*",
        "/var/lib/iscsi/ifaces/*",
    ),
    "multipath-tools": ("/etc/multipath/wwids", "/etc/multipath/bindings"),
}
"""What a package's tools leave behind at run time, and its purge removes."""
