"""Whether each host reaches the device that is to fence this one: its agent is asked for its status, and nothing else.

Agents read key=value lines on stdin, so no password is in an argv. Those of fence-agents 4.x exit with 0 if the power
is on and with 2 if it is off, and refuse an action that they do not know (lib/fencing.py.py: `Unrecognised action`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tui_installer.formats.dlm_conf import DEFAULT
from tui_installer.formats.fencing import FenceDevice, FenceUse
from tui_installer.model import ends
from tui_installer.model.change import Run
from tui_installer.model.text import host_name
from tui_installer.steps.cluster.fencing import Wanted

STATUS = "cluster:fence-status"
ACTIONS = ("action", "option")
"""Parameters that say what is to be done; the second is the name of before 3.0."""


def name(device: FenceDevice) -> str:
    """The agent's name without its folder."""
    return device.agent.rpartition("/")[2]


def speaks(device: FenceDevice) -> bool:
    """Whether a device's agent is one of fence-agents, which all know `status`."""
    return name(device).startswith("fence_") and name(device) != DEFAULT


def checks(ways: Wanted, devices: Collection[FenceDevice], hosts: Collection[str]) -> Iterator[Run]:
    """Each host asks each device about this host's power. This host runs: "off" is another machine's answer."""
    known = {each.name: each for each in (*devices, *((ways.device,) if ways.device else ()))}
    asked = dict.fromkeys(_question(known[use.device], use) for method in ways.methods for use in method.devices
                          if use.device in known and speaks(known[use.device]))  # fmt: skip
    for host in hosts:
        for device, agent, question in asked:
            title = f"See that {host_name(host)} reaches {device}: its status alone"
            yield Run(title, host, (agent,), within=ends.COMMAND, stdin=question, id=STATUS)


def _question(device: FenceDevice, use: FenceUse) -> tuple[str, str, bytes]:
    """(device, agent, what it gets on stdin)."""
    settings = {**dict(device.settings), **dict(device.secrets), **dict(use.attributes)}
    lines = [f"{key}={value}\n" for key, value in settings.items() if key not in ACTIONS]
    return device.name, device.agent, "".join((*lines, "action=status\n")).encode()
