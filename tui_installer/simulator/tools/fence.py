"""A fence agent and the management boards that it talks to.

Source: lib/fencing.py.py of fence-agents 4.12 and 4.16 (process_input, check_input, fence_action): parameters are lines
on stdin if there are no arguments, an unknown action is refused, `status` exits with 0 for on and with 2 for off.
"""

from __future__ import annotations

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import World

BOARDS = {"10.0.1.111": "node1", "10.0.1.112": "node2", "10.0.1.113": "fresh"}
"""Address of a board -> the host whose power it switches."""
ACTIONS = ("on", "off", "reboot", "status", "monitor", "list", "diag", "metadata", "manpage", "validate-all")
SILENT = "Failed: Unable to obtain correct plug status or plug is not available\n"


def fence_ipmilan(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """fence_ipmilan, its parameters on stdin."""
    if host.text("/usr/sbin/fence_ipmilan") is None:
        return 127, "", "fence_ipmilan: not found\n"
    if len(argv) > 1:
        world.incidents.append(f"{host.name}: a fence agent was given its parameters where everybody can read them")
        return 1, "", "ERROR:root:Please use '-h' for usage\n"
    given = dict(line.split("=", 1) for line in stdin.decode().splitlines() if "=" in line and line[0] != "#")
    action, address = given.get("action", given.get("option", "reboot")), given.get("ip", given.get("ipaddr", ""))
    if action not in ACTIONS:
        return 1, "", f"ERROR: Failed: Unrecognised action '{action}'\n"
    if not address:
        return 1, "", "ERROR: Failed: You have to enter fence address\n"
    if address not in BOARDS or host.name in (world.fault("board-silent") or ()):
        return 1, "", f"ERROR: {SILENT}"
    if action not in ("status", "monitor"):
        world.incidents.append(f"{host.name}: fenced {BOARDS[address]} ({action})")
        return 0, f"Success: {action}\n", ""
    off = BOARDS[address] in (world.fault("board-off") or ())
    return (2, "Status: OFF\n", "") if off else (0, "Status: ON\n", "")
