"""The script that arms Xen's watchdog in the initramfs, where there may be nothing but a shell and modprobe."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from assets import template


@pytest.mark.parametrize(
    ("cmdline", "kind", "armed"),
    [
        ("placeholder root=UUID=1 ro console=hvc0 hv.wdt=600", "xen", "xen_wdt timeout=600\n"),
        ("hv.wdt=600 quiet", "xen", "xen_wdt timeout=600\n"),
        ("placeholder root=UUID=1 ro console=hvc0", "xen", ""),
        ("hv.wdt= quiet", "xen", ""),
        ("hv.wdt=6$(id)0", "xen", ""),
        ("BOOT_IMAGE=/vmlinuz hv.wdt=600", "kvm", ""),
        ("BOOT_IMAGE=/vmlinuz hv.wdt=600", None, ""),
    ],
)
def test_it_is_armed_by_the_shell_alone(tmp_path: Path, cmdline: str, kind: str | None, armed: str) -> None:
    (tmp_path / "cmdline").write_text(f"{cmdline}\n")
    if kind:
        (tmp_path / "type").write_text(f"{kind}\n")
    modprobe = tmp_path / "bin" / "modprobe"
    modprobe.parent.mkdir()
    modprobe.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/loaded\n')
    modprobe.chmod(0o755)
    script = template("corosync/xen-watchdog")
    for path, name in (("/proc/cmdline", "cmdline"), ("/sys/hypervisor/type", "type"), ("/dev/watchdog", "watchdog")):
        assert path in script
        script = script.replace(path, f"{tmp_path}/{name}")
    ran = subprocess.run(["/bin/sh", "-c", script], env={"PATH": str(modprobe.parent)}, capture_output=True, check=True)
    assert (ran.stdout, ran.stderr) == (b"", b"")
    loaded = tmp_path / "loaded"
    assert (loaded.read_text() if loaded.exists() else "") == armed
    assert (tmp_path / "watchdog").exists() == bool(armed)
