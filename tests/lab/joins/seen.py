"""What must be so after a join, seen with the tools themselves and never with the product's code."""

import json
import re
import time
from collections import Counter
from dataclasses import dataclass

from tests.lab import folders
from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.lab import Lab
from tests.lab.waiting import poll


def demand(what: str, holds: object, shown: object = "") -> None:
    """Raise LabError unless it holds."""
    if not holds:
        raise LabError(f"not so: {what}\n{shown}")


def every_path(lab: Lab, host: Host) -> str:
    """Every LUN of the cluster has as many active paths as there are portals; returns the figures."""
    wanted = {lun.wwid: len(lab.scenario.portals) for lun in lab.scenario.luns}

    def active() -> tuple[bool, str]:
        code, out = host.sh("multipathd show maps json")
        return code == 0 and _active_paths(out) == wanted, out

    poll(f"{host.name}: {wanted} active paths", active, 60)
    return f"{host.name}: {len(wanted)} LUNs with {len(lab.scenario.portals)} active paths each"


def _active_paths(text: str) -> dict[str, int]:
    maps = json.loads(text)["maps"]
    return {
        each["uuid"]: sum(
            path["dm_st"] == "active" and path["chk_st"] == "ready"
            for group in each["path_groups"]
            for path in group["paths"]
        )
        for each in maps
    }


def quorate(lab: Lab, names: list[str]) -> str:
    """On each of the hosts: quorate, and exactly these are members."""
    for name in names:

        def together(host: Host = lab[name]) -> tuple[bool, str]:
            code, out = host.sh("corosync-quorumtool -s")
            found = re.findall(r"^ +\d+ +1 +(\S+)(?: \(local\))?$", out, re.MULTILINE)
            return code == 0 and "Quorate:          Yes" in out and sorted(found) == sorted(names), out

        poll(f"{name}: quorate with {names}", together, 60)
    return f"{len(names)} members, quorate, each with one vote, as each of them sees it"


def volumes(lab: Lab, fresh: Host, peer: Host) -> str:
    """A volume that a member holds is refused here; a free one is activated, written here and read there."""
    group = next(lun.vg for lun in lab.scenario.luns if lun.vg)
    held = next(lv.name for lv in lab.scenario.cluster.lvs if lv.active_on)
    free = next(lv.name for lv in lab.scenario.cluster.lvs if not lv.active_on)
    demand("the group is visible", group in fresh.check("vgs --noheadings -o vg_name"))
    demand("its lockspace is started", f"lvm_{group}" in fresh.check("dlm_tool ls"))
    code, out = fresh.sh(f"lvchange -aey {group}/{held}")
    demand(f"{held} is refused here", code == 5 and "LV locked by other host" in out, out)
    fresh.check(f"lvchange -aey {group}/{free}")
    word = f"written by {fresh.name}"
    write = f"dd of=/dev/{group}/{free} bs=512 conv=sync,fsync oflag=direct status=none"
    fresh.check(f"printf %s {word!r} | {write} && lvchange -an {group}/{free}")
    peer.check(f"lvchange -aey {group}/{free}")
    read = peer.check(f"dd if=/dev/{group}/{free} bs=512 count=1 iflag=direct status=none | tr -d '\\0'")
    peer.check(f"lvchange -an {group}/{free}")
    demand("what was written here is read there", read.strip() == word, read)
    return f"{group}/{held} refused (exit code 5), {group}/{free} written here and read on {peer.name}"


@dataclass(frozen=True)
class Samples:
    """What was seen of a member over a time."""

    seconds: float
    words: Counter[str]
    """How often what was seen; the words are those of guest/sampler.py."""

    @property
    def always_quorate(self) -> bool:
        """Whether it was looked at, and was quorate each time."""
        return self.words["quorate"] > 0 and not self.words["inquorate"] + self.words["gone"]

    def __str__(self) -> str:
        looks = sum(self.words.values()) - self.words["fencing"]
        return f"{looks} samples ({looks / self.seconds:.1f} a second)"


class Sampler:
    """Looks at a member ten times a second, from the member itself."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._since = 0.0

    def start(self) -> None:
        """Note the time from which on the log counts."""
        self._host.put("/run/lab-sampler", (folders.GUEST / "sampler.py").read_bytes())
        run = "systemd-run --quiet --collect --unit=lab-sampler python3 /run/lab-sampler /run/lab-samples"
        self._host.check(f"rm -f /run/lab-samples; {run}")
        self._since = time.monotonic()

    def stop(self) -> Samples:
        """End; returns what was seen."""
        self._host.check("systemctl stop lab-sampler")
        seconds = time.monotonic() - self._since
        return Samples(seconds, Counter(self._host.get("/run/lab-samples").decode().split()))


States = dict[str, str]
"""What hosts are like, by host, one fact a line."""


def snapshots(lab: Lab) -> States:
    """The state of every host but the array, as the laboratory's script prints it, and the members' configuration."""
    script = (folders.GUEST / "snapshot.sh").read_bytes()
    found = {}
    for name, host in lab.hosts.items():
        if host.plan.role != "san":
            host.put("/run/lab-snapshot", script, 0o755)
            found[name] = host.check("bash /run/lab-snapshot", timeout=200)
    return {**found, **configurations(lab)}


RISES = "/etc/corosync/corosync.conf"
"""Its config_version only ever rises; see `configurations`."""


LEFT = {
    "/etc/lvm": "LVM's copies of metadata keep the folder",
    "/var/lib/iscsi/nodes": "iscsiadm keeps the folder of its records",
    "/etc/multipath": "multipath keeps its list of WWIDs by itself, and purging leaves it",
    "/etc/multipath/wwids": "the same",
    "sctp": "its own control sockets hold it: once loaded (dlm needs it), no kernel lets it go",
    "udp_tunnel": "sctp holds it",
    "ip6_udp_tunnel": "sctp holds it",
    "network-online.target active active": "a target that was reached stays reached",
    "remote-fs-pre.target active active": "the same",
}
"""What taking back leaves on this host, and why; the tools' own, none of the product's."""


def differences(before: States, after: States, besides: tuple[str, ...] = ()) -> list[str]:
    """The lines in which two snapshots differ, with the host's name; but for the file whose version rises.

    What ends like one of `besides` may differ as well.
    """
    found = []
    for name in before:
        old, new = before[name].splitlines(), after[name].splitlines()
        gone, come = set(old), set(new)
        found += [f"{name}: - {line}" for line in old if line not in come]
        found += [f"{name}: + {line}" for line in new if line not in gone]
    allowed = (RISES, *(f" {left}" for left in (*LEFT, *besides)))
    return [line for line in found if not line.rstrip().endswith(allowed)]


def configurations(lab: Lab) -> dict[str, str]:
    """The members' corosync.conf without its version; under names of their own, beside the hosts' states."""
    members = [lab[plan.name] for plan in lab.scenario.members]
    return {
        f"{host.name}, corosync.conf": re.sub(r"config_version: \d+", "config_version: N", host.check(f"cat {RISES}"))
        for host in members
    }
