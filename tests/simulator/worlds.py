"""Worlds and captures, as the tests of the simulator use them."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tui_installer import simulator
from tui_installer.hosts.host import File, Host, Result

CAPTURES = Path(__file__).parent / "captures"
IQN = "iqn.2024-01.lab.san:cluster"
PACKAGES = ("open-iscsi", "multipath-tools", "corosync", "dlm-controld", "lvm2", "lvm2-lockd", "vlan")
UNITS = ("corosync", "dlm", "lvmlockd", "lvmlocks", "multipathd")
INSTALL = ("apt-get", "-y", "-q", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", "install")


@dataclass(frozen=True)
class Capture:
    """What a real tool printed, and its exit code."""

    code: int
    out: str
    err: str


def capture(name: str) -> Capture:
    """A capture by its file's name."""
    text = (CAPTURES / f"{name}.txt").read_text()
    code = re.search(r"(?m)exit(?: code: |=)(\d+)", text)
    body = re.split(r"(?m)^# -{3,4} stdout\n", text)[1]
    out, _, err = re.sub(r"(?m)^# -{3,4} stderr\n?", "\0", body).partition("\0")
    return Capture(int(code[1]) if code else 0, out, err)


SAME = (
    (r"\bcluster-lun1\b", "vm0"),
    (r"\bcluster-lun2\b", "vm1"),
    (r"\bpeer\b", "node1"),
    (r"\bfresh\b", "node2"),
    (r"Date: .*", "Date:"),
    (r"Ring ID: .*", "Ring ID:"),
    (r"ring seq \d+ \d+", "ring seq"),
    (r"daemon now \d+", "daemon now"),
    (r"\b(M add) \d+", r"\1"),
    (r"seq \d+,\d+", "seq"),
    (r"Initiatorname: \S+", "Initiatorname:"),
    (r"IPaddress: 10\.16\.\S+", "IPaddress:"),
    (r'"host_adapter" : "10\.\S+"', '"host_adapter" : ""'),
    (r"\bver \d+", "ver"),
    (r"pid \d+", "pid"),
    (r"(?m)^\w{3} \d+ [\d:]{8} ", ""),
    (r"process \d+", "process"),
    (r"time=[\d.]+ ms|time \d+ms|mdev = .*", "time"),
)


def alike(text: str) -> str:
    """A text without what differs from run to run and from lab to lab."""
    for pattern, replacement in SAME:
        text = re.sub(pattern, replacement, text)
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def made(folder: Path, scenario: str = "corosync") -> Path:
    """A new world."""
    simulator.create(folder, scenario)
    return folder


def copied(world: Path, to: Path) -> Path:
    """A copy of a world."""
    return Path(shutil.copytree(world, to, symlinks=True))


def member(world: Path, name: str = "node1") -> Host:
    """A member, without ssh."""
    return simulator.SimulatedHost(world, name, name)


def fault(world: Path, name: str, value: object) -> None:
    """Ask for a fault."""
    with simulator.opened(world) as opened:
        opened.state["faults"][name] = value


def run(host: Host, command: str, *more: str) -> Result:
    """Run a command line of simple words, and more arguments."""
    return host.run(*command.split(), *more)


def ok(host: Host, command: str, *more: str) -> str:
    """Run it; it must succeed. Returns stdout."""
    result = run(host, command, *more)
    assert result.ok(), (command, result)
    return result.out


def install(host: Host) -> Result:
    """Install all packages, with the units masked, so that nothing starts."""
    for unit in UNITS:
        host.write(f"/etc/systemd/system/{unit}.service", File(link="/dev/null"))
    result = host.run(*INSTALL, *PACKAGES)
    for unit in UNITS:
        host.write(f"/etc/systemd/system/{unit}.service", None)
    return result


def storage_network(host: Host, vlan: int = 16) -> None:
    """Bring up the storage VLAN on the fresh host."""
    name = f"eth1.{vlan}"
    text = f"auto {name}\niface {name} inet static\n    address 10.16.1.13/16\n    vlan-raw-device eth1\n"
    host.write("/etc/network/interfaces.d/storage", File(text.encode()))
    ok(host, f"ifup {name}")


def login(world: Path, host: Host) -> None:
    """iSCSI and multipath on the fresh host, with the members' files."""
    for path in ("/etc/iscsi/iscsid.conf", "/etc/multipath.conf"):
        host.write(path, member(world).read(path))
    for portal in ("10.16.0.1:3260", "10.16.0.2:3260"):
        ok(host, f"iscsiadm -m node -o new -T {IQN} -p {portal},1")
        ok(host, f"iscsiadm -m node -T {IQN} -p {portal} --login")
    for disk in ("sda", "sdb"):
        ok(host, f"multipath -a /dev/{disk}")
    ok(host, "systemctl enable --now multipathd")


def corosync_conf(world: Path, version: int, votes: str = "", name: str = "fresh") -> File:
    """The members' corosync.conf with the fresh host in it."""
    file = member(world).read("/etc/corosync/corosync.conf")
    assert file is not None
    text = re.sub(r"config_version: \d+", f"config_version: {version}", file.content.decode())
    text = re.sub(r"(?s)\tnode \{\n\t\tname: fresh.*?\t\}\n", "", text)
    node = f"\tnode {{\n\t\tname: {name}\n\t\tnodeid: 3\n\t\tring0_addr: 10.0.1.13\n{votes}\t}}\n"
    end = text.rindex("}")
    return File((text[:end] + node + text[end:]).encode())
