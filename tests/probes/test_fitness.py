"""Hosts that are not for this program, by files of real ones."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from typing import NoReturn

import pytest

from tests.steps.storage_site import witness
from tui_installer.hosts.host import File, Link, one_by_one
from tui_installer.model.site import Witness
from tui_installer.probes import fitness
from tui_installer.probes.rhcs.system import parse_lsb_release
from tui_installer.probes.system import System
from tui_installer.steps.site import refused


class Files:
    """A host of files alone: nothing of this needs a tool."""

    name = "here"

    def __init__(self, files: Mapping[str, str | File]) -> None:
        self._files = {path: each if isinstance(each, File) else File(each.encode()) for path, each in files.items()}

    def read(self, path: str) -> File | None:
        return self._files.get(path)

    def list(self, pattern: str) -> tuple[str, ...]:
        depth = pattern.count("/")
        tops = {"/".join(path.split("/")[: depth + 1]) for path in self._files if path.count("/") >= depth}
        return tuple(sorted(path for path in tops if fnmatch.fnmatch(path, pattern)))

    def read_all(self, *patterns: str) -> dict[str, File]:
        return one_by_one(self, patterns)

    def run(self, *argv: str, **_: object) -> NoReturn:
        raise AssertionError(argv)

    def write(self, path: str, file: File | None) -> NoReturn:
        raise AssertionError(path)

    def links(self) -> tuple[Link, ...]:
        raise AssertionError


def link(target: str) -> File:
    return File(b"", 0o777, "root:root", target)


ROOT = "{} / ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\n"
VIRTIO = {"/proc/self/mounts": ROOT.format("/dev/vda1"), "/sys/class/block/vda1": link("../../devices/pci/vda/vda1")}
LVM = {
    "/proc/self/mounts": ROOT.format("/dev/mapper/vg0-root"),
    "/sys/block/dm-0/dm/name": "vg0-root\n",
    "/sys/block/dm-0/dm/uuid": "LVM-abc\n",
    "/sys/block/dm-0/slaves/sda2": link(
        "../../../pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda2"
    ),
    "/sys/class/block/sda2": link("../../devices/pci0000:00/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda2"),
}
MAP = {
    **LVM,
    "/sys/block/dm-0/slaves/dm-3": link("../../dm-3"),
    "/sys/block/dm-3/dm/name": "mpatha-part2\n",
    "/sys/block/dm-3/dm/uuid": "part2-mpath-360000000000000000e00000000010001\n",
}
SESSION = {
    "/proc/self/mounts": "/dev/sda1 /boot ext4 rw 0 0\n",
    "/sys/class/block/sda1": link("../../devices/platform/host2/session1/target2:0:0/2:0:0:1/block/sda/sda1"),
}
OLD_SESSION = {
    "/proc/self/mounts": ROOT.format("/dev/sda1"),
    "/sys/block/sda/device": link("../../devices/platform/host0/session1/target0:0:0/0:0:0:0"),
}
NVME = {"/proc/self/mounts": ROOT.format("/dev/nvme0n1p2"), "/sys/class/nvme/nvme0/transport": "tcp\n"}
PCIE = {"/proc/self/mounts": ROOT.format("/dev/nvme0n1p2"), "/sys/class/nvme/nvme0/transport": "pcie\n"}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (VIRTIO, ""),
        (LVM, ""),
        (PCIE, ""),
        ({**VIRTIO, "/proc/self/mounts": "overlay / overlay rw 0 0\n"}, ""),
        (MAP, "/ lies on the multipath map mpatha-part2"),
        (SESSION, "/boot lies on /dev/sda1, a disk of an iSCSI session"),
        (OLD_SESSION, "/ lies on /dev/sda1, a disk of an iSCSI session"),
        (NVME, "/ lies on /dev/nvme0n1p2, NVMe over tcp"),
        ({**VIRTIO, "/sys/firmware/ibft/target0/target-name": "x"}, "the firmware started this host from an iSCSI"),
    ],
)
def test_where_the_root_file_system_lies(files: Mapping[str, str | File], why: str) -> None:
    found = fitness.probe(Files(files)).on_san
    assert (len(found) == 1 and found[0].startswith(why)) if why else not found


@pytest.mark.parametrize(("owner", "path"), fitness.OWNERS)
def test_who_owns_a_host(owner: str, path: str) -> None:
    found = fitness.probe(Files({path.replace("*", "cluster_name"): ""}))
    assert found.owner == owner and found.owned_by


def _here(distribution: str, version: str) -> System:
    return System("bottom", distribution, version, "", "6.1.0", 0.0, 0.0)


@pytest.mark.parametrize(
    ("here", "code"),
    [
        (_here("debian", "12"), ""),
        (_here("debian", "13"), ""),
        (_here("debian", ""), ""),
        (_here("debian", "6"), ""),
        (_here("debian", "9"), "site.host-release"),
        (_here("debian", "10.13"), "site.host-release"),
        (_here("debian", "11"), "site.host-release"),
        (_here("ubuntu", "22.04"), "site.host-not-debian"),
        (_here("devuan", "5"), "site.host-not-debian"),
        (_here("linuxmint", "21"), "site.host-not-debian"),
    ],
)
def test_which_hosts_are_refused(here: System, code: str) -> None:
    found = list(refused.host(here, fitness.Fitness()))
    assert [(each.code, each.level) for each in found] == ([(code, "stop")] if code else [])
    assert all(each.hint for each in found)


def test_nvme_of_the_members_is_refused() -> None:
    def told(pv: str, wwid: str, lock_type: str = "dlm") -> list[str]:
        member = _with_pv(pv, wwid, lock_type)
        return [each.code for each in refused.cluster(member, None, "") if each.code == "site.nvme"]

    assert told("/dev/mapper/vm0", "36001405f0000000000000000000000001") == []
    assert told("/dev/nvme0n1", "") == ["site.nvme"]
    assert told("/dev/nvme0n1p3", "", lock_type="") == [], "a disk of its own"
    assert told("/dev/mapper/vm0", "eui.0025385b71b00001") == ["site.nvme"]


def _with_pv(pv: str, wwid: str, lock_type: str) -> Witness:
    from dataclasses import replace

    member = witness()
    group = replace(member.lvm.groups[0], pvs=(pv,), lock_type=lock_type)
    maps = (replace(member.multipath.maps[0], name="vm0", wwid=wwid),)
    return replace(member, lvm=replace(member.lvm, groups=(group,)), multipath=replace(member.multipath, maps=maps))


def test_ubuntu_of_old_has_a_debian_version_too() -> None:
    assert parse_lsb_release(File(b'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE="8.04"\n')) == "ubuntu"
    assert parse_lsb_release(None) == ""
