"""Hosts and clusters that are not for this program: refused before anything is changed, with what to do instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tui_installer.model.site import Witness
from tui_installer.model.step import Problem
from tui_installer.probes.fitness import Fitness
from tui_installer.probes.system import System

OWN_COMMANDS = {
    "pacemaker": ("pcs cluster node add {name}", "crm cluster join -c {peer}"),
    "proxmox": ("pvecm add {peer}",),
    "ganeti": ("gnt-node add {name}",),
    "xapi": ("xe pool-join master-address={peer} master-username=root master-password=PASSWORD",),
    "opennebula": ("onehost create {name}",),
    "incus": ("incus cluster add {name}",),
}
"""What joins a host to a cluster that another manager owns."""
BETWEEN = ("9", "10", "11")
"""Debian's releases after cman's last one, and before those whose corosync, dlm and lvmlockd were tried."""
_NVME = re.compile(r"/dev/nvme\d|(?:eui|nvme|uuid)\.")
"""A physical volume on an NVMe disk, or the WWID of a map of one (NVM Express base specification, namespace ids)."""


def host(here: System | None, fitness: Fitness) -> Iterator[Problem]:
    """Why this host is none for this program."""
    if here and here.distribution not in ("debian", ""):
        text = f"This host runs {' '.join(filter(None, (here.distribution, here.version)))}, not Debian."
        hint = "Its packages and files differ in what matters here. Install Debian 12 or 13, or join by its own means."
        yield Problem("site.host-not-debian", text, hint=hint)
    elif here and here.version.partition(".")[0] in BETWEEN:
        text = f"This host runs Debian {here.version}: neither stack was ever tried on it."
        yield Problem("site.host-release", text, hint="Upgrade it to Debian 12 or 13 first; members must be alike.")
    if fitness.owner not in ("", "pacemaker"):
        text = f"{fitness.owner} owns this host ({fitness.owned_by}): it changes the same files and packages."
        hint = f"Join by its own command: {OWN_COMMANDS[fitness.owner][0].format(name='NAME', peer='MEMBER')}"
        yield Problem("site.host-managed", text, hint=hint)
    if fitness.on_san:
        text = "This host's own file systems lie on the SAN: what keeps hands off the SAN's disks would stop its boot."
        hint = (
            "Install it on a disk of its own. Hosts without one are set up by hand: multipath in the initramfs first."
        )
        yield Problem("site.root-on-san", text, fitness.on_san, hint)


def cluster(witness: Witness, here: System | None, peer: str) -> Iterator[Problem]:
    """Why the cluster of a member must not be joined by this program."""
    part = witness.cluster
    if witness.system.distribution not in ("debian", ""):
        text = f"{witness.name} runs {witness.system.distribution}: only clusters of Debian hosts are supported."
        yield Problem("site.not-debian", text, hint="Join by that distribution's own means.")
    if part.manager in OWN_COMMANDS:
        yield _managed(witness, here, peer)
    if groups := [group.name for group in witness.lvm.groups if group.lock_type == "sanlock"]:
        text = f"Volume groups are locked by sanlock: {', '.join(groups)}. Only dlm is supported."
        yield Problem("site.sanlock", text, hint="Each host needs its own host_id there: see lvmlockd(8).")
    if volumes := tuple(_on_nvme(witness)):
        text = f"{witness.name} has shared volume groups on NVMe: this program joins hosts to iSCSI storage alone."
        hint = "NVMe over fabrics is set up by hand: nvme-cli, /etc/nvme/discovery.conf, hostnqn known to the array."
        yield Problem("site.nvme", text, volumes, hint)


def _on_nvme(witness: Witness) -> Iterator[str]:
    wwids = {f"/dev/mapper/{each.name}": each.wwid for each in witness.multipath.maps}
    for group in witness.lvm.groups:
        for pv in group.pvs if group.lock_type or group.clustered else ():
            if _NVME.match(pv) or _NVME.match(wwids.get(pv, "")):
                yield f"{group.name}: {pv}"


def _managed(witness: Witness, here: System | None, peer: str) -> Problem:
    part = witness.cluster
    names = {"name": here.hostname if here else "NAME", "peer": peer or witness.name}
    commands = tuple(line.format(**names) for line in OWN_COMMANDS[part.manager])
    text = f"{part.manager} owns the membership of this cluster ({part.managed_by}): this program does not touch it."
    if part.manager == "pacemaker":  # the storage may be prepared; step "cluster" stops there
        text += " The storage can be prepared here; joining is left to its own command."
    hint = f"What joins this host: {' or '.join(commands)}"
    return Problem("site.managed-by", text, commands, hint, "warn" if part.manager == "pacemaker" else "stop")
