"""Kernel modules: which the running kernel has not, be it for a kernel that was removed or one that never had them."""

from __future__ import annotations

import re

from tui_installer.hosts.host import Host, side_by_side


def loaded(host: Host) -> frozenset[str]:
    """Names of the modules that are loaded (/proc/modules). Raises `HostError`."""
    file = host.read("/proc/modules")
    return frozenset(re.findall(r"(?m)^(\S+) ", file.content.decode("ascii", "replace") if file else ""))


def lacking(host: Host, *names: str) -> tuple[str, ...]:
    """Those of the modules that cannot be loaded into the running kernel and are not built in. Raises `HostError`.

    Asked of `modprobe -n`, which looks and loads nothing (modprobe(8), since module-init-tools); built in is what has a
    folder in /sys/module and is no loaded module.
    """
    now = loaded(host)
    found = side_by_side(lambda name: _loadable(host, name), names)
    built_in = {path.rsplit("/", 1)[1] for path in host.list("/sys/module/*")} - now
    return tuple(name for name, there in zip(names, found, strict=True) if not there and name not in built_in)


def _loadable(host: Host, name: str) -> bool:
    said = host.run("modprobe", "-n", "-q", name, within=20)
    said.answer(0, 1, form=r"(?s).*\Z")
    return said.ok()
