"""What the reboot step of today's stack asks, and what it sees: what runs, beside what the boot would give."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tui_installer.hosts.host import File
from tui_installer.model.answers import ask
from tui_installer.model.step import Context
from tui_installer.probes import boot, cluster, grub, iscsi, lvm, multipath, network, xen
from tui_installer.probes.boot import TRIAL, Boot
from tui_installer.probes.boot_order import lock_units
from tui_installer.probes.cluster import ClusterState
from tui_installer.probes.grub import Grub
from tui_installer.probes.iscsi import Iscsi
from tui_installer.probes.lvm import Lvm
from tui_installer.probes.multipath import Multipath
from tui_installer.probes.network import Network
from tui_installer.probes.units import Unit, units

FOLDER = "/etc/boot-check"
EXPECTED = f"{FOLDER}/expected"
SCRIPT, UNIT = "/usr/local/sbin/boot-check", "boot-check.service"
UNIT_FILE = f"/etc/systemd/system/{UNIT}"
WATCHDOG = "/etc/initramfs-tools/scripts/init-top/xen-watchdog"
WATCHDOG_MODULES = "/etc/initramfs-tools/modules"
WATCHDOG_GRUB = "/etc/default/grub.d/12-tui-installer-watchdog.cfg"
FILES = (EXPECTED, TRIAL, SCRIPT, UNIT_FILE, WATCHDOG, WATCHDOG_MODULES, WATCHDOG_GRUB)
KEPT = ("/var/lib/boot-check", "/run/motd.d/boot-check", f"{TRIAL}.failed")
DAEMONS = ("networking", "iscsid", "open-iscsi", "multipathd", "corosync", "dlm", "lvmlockd", "san-volumes")
DEBIANS = "lvmlocks.service"
"""Debian's own start of lockspaces (lvm2-lockd): enabled, it brings lvmlockd along."""
SHORTEST = 600
"""Seconds: a healthy but slow boot took more than 150."""


@dataclass(frozen=True, slots=True)
class RebootAnswers:
    """What is asked before the restart."""

    watchdog: int = ask(
        "Watchdog", "Seconds after which Xen resets a boot that did not come through; 0: none.", default=0
    )
    confirm: str = ask("This host's name", "Type it to confirm that it is restarted now.")
    anyway: str = ask("Restart it anyway", "Its name again: it is restarted though nothing waits for that.")
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that are accepted.", default=())


@dataclass(frozen=True, slots=True)
class RebootFacts:
    """What runs, what the boot gives, and what of ours looks after it."""

    boot: Boot
    grub: Grub
    dom0: bool
    network: Network
    iscsi: Iscsi
    multipath: Multipath
    lvm: Lvm
    cluster: ClusterState
    units: dict[str, Unit]
    masked: tuple[str, ...]
    files: dict[str, File | None]
    kept: tuple[str, ...]
    """What the boot check keeps by itself, as far as it is there."""
    initrd: tuple[str, ...]
    """What the next initrd holds, where / needs more of it than a partition does; else empty."""

    def on(self, unit: str) -> bool:
        """Whether that unit is active now."""
        found = self.units.get(f"{unit}.service")
        return found is not None and found.active


def probe(ctx: Context) -> RebootFacts:
    """Look at this host, at everything side by side. Raises `HostError`."""
    here, names = ctx.here, tuple(f"{each}.service" for each in DAEMONS)
    with ThreadPoolExecutor() as pool:
        booted, loader = pool.submit(boot.probe, here), pool.submit(grub.probe, here)
        net, paths = pool.submit(network.probe, here), pool.submit(multipath.probe, here)
        sessions = pool.submit(iscsi.probe, here)
        known, texts = lock_units(here)
        volumes = pool.submit(lvm.probe, here, (known, texts))
        running = pool.submit(cluster.running, here, known)
        found, kept = booted.result(), loader.result()
        return RebootFacts(
            boot=found,
            grub=kept,
            dom0=xen.is_dom0(here),
            network=net.result(),
            iscsi=sessions.result(),
            multipath=paths.result(),
            lvm=volumes.result(),
            cluster=running.result(),
            units=units(here, *names, UNIT, DEBIANS),
            masked=tuple(each for each in names if _masked(here.read(f"/etc/systemd/system/{each}"))),
            files={path: here.read(path) for path in FILES},
            kept=tuple(path for path in KEPT if here.list(path)),
            initrd=_initrd(ctx, kept, found),
        )


def _masked(file: File | None) -> bool:
    return file is not None and file.link == "/dev/null"


def _initrd(ctx: Context, loader: Grub, found: Boot) -> tuple[str, ...]:
    """Only where / is on LVM: a partition needs no more than the kernel's own modules."""
    entry = loader.xen or loader.default
    if not found.root.startswith("/dev/mapper/") or entry is None or not entry.release:
        return ()
    said = ctx.here.run("lsinitramfs", f"/boot/initrd.img-{entry.release}", within=180)
    return tuple(said.answer(absent=True).split())
