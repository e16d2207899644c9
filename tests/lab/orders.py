"""What a keeper is told to keep: a file in the run folder."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.lab.machine import Disks
from tests.lab.scenario import Scenario, load

FILE = "orders.json"


def write_orders(run: Path, scenario: Scenario, disks: Mapping[str, Disks]) -> None:
    """Say in the run folder what the keeper shall keep."""
    hosts = {
        name: {"base": str(disk.base), "clone": str(disk.clone), "luns": [str(lun) for lun in disk.luns]}
        for name, disk in disks.items()
    }
    (run / FILE).write_text(json.dumps({"scenario": str(scenario.source), "disks": hosts}, indent=1))


def read_orders(run: Path) -> tuple[Scenario, dict[str, Disks]]:
    """The scenario of a run folder and its hosts' disks."""
    orders = json.loads((run / FILE).read_text())
    disks = {
        name: Disks(Path(entry["base"]), Path(entry["clone"]), tuple(map(Path, entry["luns"])))
        for name, entry in orders["disks"].items()
    }
    return load(orders["scenario"]), disks
