"""xl of Xen 4.20 in the verbs that are needed, and ssh with a key for moving guests.

Sources: `xl info` as captured under Xen 4.20.4; the words of xl outside of Xen (xl.c: it needs privcmd).
"""

from __future__ import annotations

import re

from tui_installer.simulator import net
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import World

OUTSIDE = """\
xencall: error: Could not obtain handle on privileged command interface: No such file or directory
libxl: error: libxl.c:102:libxl_ctx_alloc: cannot open libxc handle: No such file or directory
cannot init xl context
"""
INFO = """\
host                   : {name}
release                : {kernel}
version                : #1 SMP PREEMPT_DYNAMIC Debian 6.12.107-1 (2026-08-29)
machine                : x86_64
nr_cpus                : {cpus}
hw_caps                : 078bfbfd:c2982203:20100800:00000001:00000000:00000000:00000000:00000000
virt_caps              : pv hvm hvm_directio
total_memory           : {memory}
free_memory            : {free}
xen_major              : 4
xen_minor              : 20
xen_extra              : .4-pre
xen_version            : 4.20.4-pre
xen_commandline        : {options}
xend_config_format     : 4
"""
CHANGED = f"""\
{"@" * 59}
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
{"@" * 59}
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Someone could be eavesdropping on you right now (man-in-the-middle attack)!
It is also possible that a host key has just been changed.
"""
"""How ssh begins of another key than the one that is known (OpenSSH's sshconnect.c, warn_changed_key)."""
CONFIG = "/etc/ssh/ssh_config.d/tui-installer-migrate.conf"


def xl(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """xl info | list"""
    if not host.data["hypervisor"]:
        return 1, "", OUTSIDE
    memory, options = host.data["memory"], host.data["hypervisor"]
    own = re.search(r"dom0_mem=(\d+)M", options)
    mine = int(own[1]) if own else memory
    match argv[1:]:
        case ("info",):
            words = {"name": host.data["hostname"], "kernel": host.data["kernel"], "cpus": host.data["cpus"],
                     "memory": memory, "free": memory - mine, "options": options}  # fmt: skip
            return 0, INFO.format(**words), ""
        case ("list",):
            head = "Name                                        ID   Mem VCPUs\tState\tTime(s)\n"
            return 0, f"{head}Domain-0                                     0 {mine:5}     1     r-----     104.1\n", ""
    return 1, "", f"command not implemented: {' '.join(argv[1:2])}\n"


def ssh(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ssh [-o OPTION] xen-NODE COMMAND: by the blocks of the file for moving guests alone."""
    words = [word for at, word in enumerate(argv[1:], 1) if word != "-o" and argv[at - 1] != "-o"]
    if len(words) < 2 or words[0].startswith("-"):
        return (
            255,
            "",
            "usage: ssh [-46AaCfGgKkMNnqsTtVvXxYy] [-B bind_interface] destination [command [argument ...]]\n",
        )
    alias, command = words[0], " ".join(words[1:])
    options = _block(host, alias)
    if options is None:
        return 255, "", f"ssh: Could not resolve hostname {alias}: Name or service not known\n"
    address = options.get("HostName", alias)
    other = next((each for each in world.machines() if address in _addresses(each)), None)
    if other is None or not net.reaches(world, host, address):
        return 255, "", f"ssh: connect to host {address} port 22: No route to host\n"
    known = _known(host, options.get("UserKnownHostsFile", ""), options.get("HostKeyAlias", address))
    if known != f"ssh-ed25519 {other.data['ssh_key']}":
        why = f"{CHANGED}Host key for {alias} has changed" if known else f"No ED25519 host key is known for {alias}"
        return 255, "", f"{why} and you have requested strict checking.\nHost key verification failed.\n"
    return _let_in(host, other, options, address, command)


def _let_in(host: Machine, other: Machine, options: dict[str, str], address: str, command: str) -> Answer:
    """By authorized_keys of the other: key, from=, and the command that it is bound to."""
    key = (host.text(f"{options.get('IdentityFile', '')}.pub") or "").split()[1:2]
    denied = f"root@{address}: Permission denied (publickey).\n"
    for line in (other.text("/root/.ssh/authorized_keys") or "").splitlines():
        if not key or key[0] not in line.split():
            continue
        sources = re.search(r'from="([^"]*)"', line)
        if sources and not set(sources[1].split(",")) & set(_addresses(host)):
            return 255, "", denied
        forced = re.search(r'command="([^"]*)"', line)
        if forced is None:
            return 0, "", ""
        if other.read(forced[1]) is None:
            return 127, "", f"sh: 1: {forced[1]}: not found\n"
        if re.fullmatch(r"xl( -t| -T| -v+)* migrate-receive( -[eTdp])*", command):
            return 0, "", ""
        return 77, "", "tui-installer: this key lets guests be moved here, by xl migrate, and nothing else\n"
    return 255, "", denied


def _addresses(host: Machine) -> list[str]:
    return [each.split("/")[0] for link in host.data["links"].values() for each in link["addresses"]]


def _block(host: Machine, alias: str) -> dict[str, str] | None:
    found = re.search(rf"(?m)^Host {re.escape(alias)}\n((?:[ \t]+.*\n)*)", host.text(CONFIG) or "")
    return dict(re.findall(r"(?m)^[ \t]+(\S+) (.*)$", found[1])) if found else None


def _known(host: Machine, path: str, name: str) -> str:
    rows = [line.split(" ", 1) for line in (host.text(path) or "").splitlines() if " " in line]
    return next((key for names, key in rows if name in names.split(",")), "")


def ssh_keygen(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """ssh-keygen -q -t ed25519 -N "" -C COMMENT -f FILE"""
    match argv[1:]:
        case ("-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path):
            if not host.real(path).parent.is_dir():
                return 1, "", f'Saving key "{path}" failed: No such file or directory\n'
            if host.read(path):
                return 1, "", f"{path} already exists.\n"
            blob = f"AAAAC3NzaC1lZDI1NTE5AAAAI{host.name:x<43}"
            host.put(path, "-----BEGIN OPENSSH PRIVATE KEY-----\n", 0o600)
            host.put(f"{path}.pub", f"ssh-ed25519 {blob} {comment}\n")
            return 0, "", ""
    return 1, "", "usage: ssh-keygen [-q] [-a rounds] [-b bits] [-C comment] [-f output_keyfile] [-N new_passphrase]\n"
