"""What would not come back from a restart: each cause by its own check, with its remedy. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tui_installer.formats.grub_cfg import BootEntry
from tui_installer.formats.interfaces import stanzas
from tui_installer.formats.text import FormatError
from tui_installer.model.step import Problem
from tui_installer.probes.boot import TRIAL
from tui_installer.probes.units import brought_along
from tui_installer.steps.reboot.facts import RebootFacts

KERNEL_ROOM = 1.2
"""How much larger than today's a new kernel with its initrd may be."""
COPIED = ("/etc/lvm/lvm.conf", "/etc/mdadm/mdadm.conf", "/etc/multipath.conf")


def losses(facts: RebootFacts) -> Iterator[Problem]:
    """Everything, the boot's own order: loader, kernel, network, storage, cluster, volumes."""
    yield from _loader(facts)
    yield from _kernel(facts)
    yield from _network(facts)
    yield from _storage(facts)
    yield from _units(facts)
    yield from _volumes(facts)


def _loss(code: str, text: str, hint: str, *evidence: str) -> Problem:
    return Problem(code, text, evidence, hint, acceptable=True)


def next_entry(facts: RebootFacts) -> BootEntry | None:
    """What the restart is to boot: the hypervisor's entry if there is one, else what boots by itself."""
    return facts.grub.xen or facts.grub.default


def _loader(facts: RebootFacts) -> Iterator[Problem]:
    entry = next_entry(facts)
    if not facts.grub.installed:
        return
    default = facts.grub.default
    if default is None:
        named = facts.grub.environment.get("saved_entry", facts.grub.set_default)
        yield _loss(
            "reboot.default-entry",
            f"GRUB's default, {named!r}, is no entry of its menu.",
            "update-grub; then grub-set-default with an entry that there is.",
        )
    elif facts.dom0 and facts.grub.xen and not default.hypervisor and not _on_trial(facts):
        yield _loss(
            "reboot.default-entry",
            f"Xen runs, but what boots by itself is without it: {default.title}.",
            f"grub-set-default {facts.grub.xen.name!r}, or plan this step again.",
        )
    if entry and entry.hypervisor and facts.boot.secure:
        yield _loss(
            "reboot.secure-boot",
            "Secure Boot is on, and Debian's hypervisor is not signed.",
            "Switch Secure Boot off in the firmware's setup.",
        )


def _on_trial(facts: RebootFacts) -> bool:
    return facts.files.get(TRIAL) is not None


def _kernel(facts: RebootFacts) -> Iterator[Problem]:
    entry = next_entry(facts)
    if entry is None or not entry.release:
        return
    release, files = entry.release, facts.boot.files
    initrd = f"/boot/initrd.img-{release}"
    if initrd not in files:
        yield _loss(
            "reboot.no-initrd",
            f"There is no initramfs for the kernel {release}.",
            "update-initramfs -c -k all; update-grub",
        )
    elif newer := [path for path in COPIED if path in files and files[path][1] > files[initrd][1]]:
        yield _loss(
            "reboot.old-initrd",
            f"The initramfs was built before {', '.join(newer)} was written: it has the old one.",
            f"update-initramfs -u -k {release}",
            initrd,
        )
    if facts.initrd and not any(re.search(r"(^|/)s?bin/lvm$", path) for path in facts.initrd):
        yield _loss(
            "reboot.initrd-root",
            f"/ is on LVM ({facts.boot.root}), and the initramfs has no lvm: it finds no root.",
            "Is lvm2's hook there? update-initramfs -u -k all",
            initrd,
        )
    if facts.on("dlm") and release not in facts.boot.dlm:
        yield _loss(
            "reboot.no-dlm",
            f"The kernel {release} has no module dlm: no lockspace would start.",
            "Install Debian's own kernel: linux-image-amd64.",
        )
    yield from _names(facts, entry)
    needed = sum(files.get(path, (0, 0))[0] for path in (initrd, f"/boot/vmlinuz-{release}"))
    if needed and facts.boot.room * 1024 < needed * KERNEL_ROOM:
        yield _loss(
            "reboot.boot-full",
            f"{facts.boot.room // 1024} MB are free in /boot; a kernel needs {needed >> 20} MB.",
            "apt-get autoremove --purge takes old kernels away.",
        )


def _names(facts: RebootFacts, entry: BootEntry) -> Iterator[Problem]:
    """Names of cards follow the kernel's options: with others a card has another name, and ifupdown finds none."""
    for word in ("net.ifnames=0", "biosdevname=0"):
        now, then = word in facts.boot.options, word in entry.options
        if now != then:
            which = "has now, and would not have" if now else "has not now, and would have"
            yield _loss(
                "reboot.card-names",
                f"The kernel {which} {word}: cards would be called otherwise than in the files.",
                "Have it in GRUB_CMDLINE_LINUX and in GRUB_CMDLINE_LINUX_XEN_REPLACE alike; or in neither.",
                *facts.network.configured,
            )


def _network(facts: RebootFacts) -> Iterator[Problem]:
    ways = {each.address for each in facts.iscsi.sessions if each.address}
    used = [one for one in facts.network.interfaces if any(a.split("/")[0] in ways for a in one.addresses)]
    names = [*(one.name for one in used), *(one.parent for one in used if one.parent)]
    if facts.network.manager != "ifupdown":
        return
    automatic = _automatic(facts)
    for name in dict.fromkeys(names):
        if name in facts.network.configured and name not in automatic:
            yield _loss(
                "reboot.not-auto",
                f"{name} carries the storage, and is not brought up at the boot.",
                f"Write `auto {name}` before its stanza in /etc/network/interfaces.",
            )
        elif name not in facts.network.configured:
            yield _loss(
                "reboot.not-configured",
                f"{name} carries the storage, and no file says so: it was made by hand.",
                "Plan the storage network again; or describe it in /etc/network/interfaces.",
            )
    vlans = [one.name for one in used if one.vlan]
    if vlans and not facts.network.boot_modules:
        yield _loss(
            "reboot.not-auto",
            f"8021q, which {vlans[0]} needs, is not loaded at the boot.",
            "echo 8021q > /etc/modules-load.d/vlan.conf",
        )


def _automatic(facts: RebootFacts) -> set[str]:
    """Interfaces that networking.service waits for; allow-hotplug it does not."""
    found: set[str] = set()
    for _, file in facts.network.files:
        try:
            found.update(name for each in stanzas(file.content) if each.kind == "auto" for name in each.names)
        except FormatError:
            continue
    return found


def _storage(facts: RebootFacts) -> Iterator[Problem]:
    up = {(each.iqn, each.portal) for each in facts.iscsi.sessions if each.up}
    automatic = {(each.iqn, each.portal) for each in facts.iscsi.records if each.startup == "automatic"}
    for iqn, portal in sorted(up - automatic):
        yield _loss(
            "reboot.not-automatic",
            f"The session to {iqn} at {portal} is not opened at the boot.",
            f"iscsiadm -m node -T {iqn} -p {portal} -o update -n node.startup -v automatic",
        )
    shared = {each.name for each in facts.lvm.groups if each.lock_type == "dlm"}
    maps = {each.name for each in facts.multipath.maps}
    for device, folder, options in facts.boot.fstab:
        late = {"_netdev", "noauto"} & set(options.split(","))
        if _on_san(device, shared, maps) and not late:
            yield _loss(
                "reboot.netdev",
                f"{folder} is on the SAN, and has no _netdev: the boot would wait in vain.",
                "Add _netdev to its options in /etc/fstab; nofail or noauto as it suits.",
                device,
            )


def _on_san(device: str, groups: set[str], maps: set[str]) -> bool:
    name = device.removeprefix("/dev/mapper/") if device.startswith("/dev/mapper/") else ""
    group = name.replace("--", "\0").partition("-")[0].replace("\0", "-") if name else device.split("/")[2:3]
    return name in maps or (group in groups if name else bool(group) and group[0] in groups)


def _units(facts: RebootFacts) -> Iterator[Problem]:
    others = brought_along({name: unit for name, unit in facts.units.items() if name not in facts.masked})
    for name, unit in facts.units.items():
        if name in facts.masked:
            if unit.active:
                yield _loss(
                    "reboot.masked",
                    f"{name} runs, and is masked: the boot does not start it.",
                    f"systemctl unmask {name}",
                )
        elif unit.active and not unit.enabled and name not in others and _own_start(name):
            yield _loss(
                "reboot.not-enabled",
                f"{name} runs, and neither is it enabled nor does an enabled unit want it: the boot does not start it.",
                f"systemctl enable {name}",
            )
    for program in facts.boot.restarting:
        remedy = {
            "needrestart": "$nrconf{override_rc}{qr(^(corosync|dlm|lvmlockd))} = 0; in /etc/needrestart/conf.d/x.conf",
            "unattended-upgrades": 'Unattended-Upgrade::Package-Blacklist { "corosync"; "dlm-controld"; "lvm2"; '
            '"multipath-tools"; }; in /etc/apt/apt.conf.d/52cluster',
        }[program]
        text = f"{program} would restart the cluster's daemons under their locks, by itself."
        yield Problem("reboot.restarts", text, hint=remedy, level="warn")


def _own_start(name: str) -> bool:
    """What nothing else starts."""
    return name.removesuffix(".service") in ("open-iscsi", "multipathd", "corosync", "dlm", "lvmlockd", "san-volumes")


def _volumes(facts: RebootFacts) -> Iterator[Problem]:
    started = [each.name for each in facts.lvm.lockspaces if each.name]
    if lost := [name for name in started if name not in facts.lvm.locks_at_boot]:
        yield _loss(
            "reboot.no-lockspace",
            f"No unit starts the lockspace of {', '.join(lost)} once its maps are there.",
            "Plan the shared volume groups again.",
        )
    if started and not facts.lvm.stops_in_order:
        yield _loss(
            "reboot.order",
            "At a shutdown the cluster's daemons stop before the volumes: others would fence.",
            "Plan the shared volume groups again.",
        )
