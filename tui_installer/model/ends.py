"""How long what changes something may take: a deadline is for what hangs, not for what is slow. The one table.

An end is the time in which a command may show no progress at all: no output, hardly any processor time of it and its
children; one that gets on is waited for several times as long (`hosts.progress`). Of a wait (`Run.expect`) it is the
whole time, for what is waited for shows no progress.
"""

from __future__ import annotations

COMMAND = 300.0
"""What answers at once on any host: ten times what `systemctl enable` of one unit takes on a tenth of a core (20 s)."""
PACKAGES = 1800.0
"""apt and dpkg: a download may stall for as long as a mirror's own time-out (120 s), three times over and for each
source; a trigger (initramfs, man-db) says nothing for ten minutes on a slow disk."""
INITRD = 1800.0
"""update-initramfs for all kernels: minutes each where it is compressed on a slow core, without a word."""
SERVICE = 600.0
"""A daemon's start or stop. The work is not done by our command's children: systemd gives up after 90 s a unit
(DefaultTimeoutStartSec), of which a chain may need several; cman's script waits 60, 20 and 45 s one after the other."""
LINK = 90.0
"""ifup and ifdown: DAD and bridges settle within 60 s (ifupdown's own waits). Short: a fallback may wait for it."""
LOGIN = 180.0
"""An iSCSI login: 8 tries (initial_login_retry_max) of 15 s (login_timeout) by open-iscsi's own settings."""
SETTLE = 180.0
"""udevadm settle gives up by itself after 120 s."""
LOCKSPACE = 180.0
"""vgchange --lock-start waits in the kernel until dlm has recovered with the slowest node."""
VOLUMES = 1000.0
"""Our own unit for boot and shutdown: 320 s until the maps are there, then a lockspace and a volume after the other."""

CARRIER = 60.0
"""Until a card has its link: 30 s with spanning tree at the switch port, and once more."""
ADDRESS = 30.0
"""Until an address is there that ifup has set."""
PORTAL = 90.0
"""Until a portal answers: spanning tree lets the port learn for 2 x 15 s, old switches for 50."""
SESSION = 60.0
"""Until a session is listed, or gone."""
MAP = 180.0
"""Until multipathd has a map with all its paths: a checker's round (20 s) and udev's queue."""
MEMORY = 120.0
"""Until a reload has come to every member: a token round, or a slow member's parser."""
MEMBERSHIP = 300.0
"""Until a host that was started and the others see each other: cman's own waits (60 + 20 + 45 s), or corosync's
consensus on a host of a tenth of a core."""
QUORUM = 120.0
"""Until quorum is told of, where it is there."""
LOCKS = 120.0
"""Until lvmlockd has a lockspace that was started."""
UNUSED = 30.0
"""Until the last lockspace is gone: a look, and a second one."""
PROCESS = 120.0
"""Until a daemon that was started is listed."""
BACK = 1800.0
"""Until a host is back: memory tests and controllers of servers of that time took ten minutes."""
SETTLED = 600.0
"""Until a stack that is started by the boot has come to its end."""
GUESTS = 900.0
"""Until guests have shut themselves down: a database takes minutes, a Windows with updates ten."""
RESTART = 1800.0
"""Seconds until a host that was restarted must answer."""
