"""The members: two hosts that an administrator set up by the guide, with the same simulated commands."""

from __future__ import annotations

from typing import Any

from tui_installer.simulator.world import World


def group(uuid: str, wwid: str, size: int, volumes: dict[str, int]) -> dict[str, Any]:
    """A clustered volume group on a LUN; sizes are in bytes."""
    tail = "-9Tfb-Kq2s-Mn5A-vYw0d1"
    lvs = {
        name: {"uuid": f"{name[:2]:x<2}Kd93-" + uuid[-9:] + "-1b2C-h7Rt-Zz40-Wm8Qe2", "size": each}
        for name, each in volumes.items()
    }
    return {"uuid": f"{uuid}{tail}", "pv_uuid": f"{uuid[::-1]}{tail}", "wwid": wwid, "size": size - (4 << 20),
            "clustered": True, "lvs": lvs}  # fmt: skip


def set_up(world: World, variant: str) -> None:
    """Install and join them."""
