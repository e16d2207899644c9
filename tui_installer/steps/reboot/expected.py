"""What has to be back after a boot, as lines for the boot check: in the order of the boot, each with its deadline."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tui_installer.formats.grub_cfg import BootEntry
from tui_installer.steps.reboot.facts import RebootFacts
from tui_installer.steps.reboot.losses import next_entry

EARLY, STORAGE, CLUSTER, LAST = 300, 420, 600, 720
"""Seconds from the boot on; servers of a slow start, and an array that boots beside them, are waited for."""


def lines(facts: RebootFacts) -> bytes:
    """The file: seconds, what it is, the command that succeeds once it is so; separated by tabs."""
    rows = [f"{seconds}\t{what}\t{command}" for seconds, what, command in _rows(facts)]
    return "".join(f"{row}\n" for row in ("# written by tui-installer; see /usr/local/sbin/boot-check", *rows)).encode()


def _rows(facts: RebootFacts) -> Iterator[tuple[int, str, str]]:
    entry = next_entry(facts)
    if entry is not None and entry.hypervisor:
        yield EARLY, "Xen's toolstack", "xl info"
    yield from _network(facts)
    yield from _storage(facts)
    yield from _cluster(facts)


def _network(facts: RebootFacts) -> Iterator[tuple[int, str, str]]:
    ways = {each.address for each in facts.iscsi.sessions if each.address}
    for one in facts.network.interfaces:
        for address in one.addresses:
            plain = address.partition("/")[0]
            if plain in ways or one.name == facts.network.main:
                command = f"ip -o -4 addr show dev {shlex.quote(one.name)} | grep -qF {shlex.quote(f' {plain}/')}"
                yield EARLY, f"{plain} on {one.name}", command


def _storage(facts: RebootFacts) -> Iterator[tuple[int, str, str]]:
    for each in facts.iscsi.sessions:
        if each.up:
            command = (
                f"iscsiadm -m session | grep -F {shlex.quote(each.portal)} | grep -qF {shlex.quote(f' {each.iqn} ')}"
            )
            yield STORAGE, f"the session to {each.portal}", command
    for found in facts.multipath.maps:
        yield STORAGE, f"the map {found.name}", f"test -e {shlex.quote(f'/dev/mapper/{found.name}')}"


def _cluster(facts: RebootFacts) -> Iterator[tuple[int, str, str]]:
    if facts.cluster.quorum is not None:
        yield CLUSTER, "the quorum", "corosync-quorumtool -s"
    for name in ("dlm", "lvmlockd"):
        if facts.on(name):
            yield CLUSTER, name, f"systemctl is-active {name}"
    for each in facts.lvm.lockspaces:
        if each.name:
            pattern = shlex.quote(f"^LS dlm lvm_{each.name.replace('.', '[.]')} *$")
            yield LAST, f"the lockspace of {each.name}", f"lvmlockctl -i | grep -q {pattern}"
    for path, _ in facts.lvm.activated_at_boot:
        yield LAST, f"the volume {path}", f"test -e {shlex.quote(f'/dev/{path}')}"


def trial(entry: BootEntry, boot: str) -> bytes:
    """What the boot check needs to know of an entry that is tried: nothing is tried before the next boot."""
    return f"entry={entry.name}\nboot={boot}\n".encode()
