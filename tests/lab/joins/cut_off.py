"""A host that is driven from another one, while a change waits for its confirmation: the cable between them is pulled,
or the process that drives dies. The host takes the change back by itself."""

import json
from collections.abc import Callable

from tests.lab.host import Host
from tests.lab.joins import product, seen
from tests.lab.joins.remote import reach
from tests.lab.joins.unconfirmed import CARD, as_before, in_use
from tests.lab.lab import Lab
from tests.lab.waiting import poll

Say = Callable[[str], None]
WITHIN = 150
"""Seconds in which the host has taken it back: 90 to confirm, 10 more that it waits, and what it takes to do it."""


def tell(lab: Lab, say: Say) -> None:
    """The storage network's VLAN with larger frames, on a host that the array's host drives. Raises LabError."""
    fresh, driver = lab["fresh"], lab["san"]
    product.install(driver)
    there = reach(lab, driver, fresh)
    in_use(fresh)
    code, out = product.run(driver, f"{there} apply --answers {product.ANSWERS} site packages")
    seen.demand("the packages are in place", code == 0, out)
    say("fresh: packages in place, driven from san")
    before = seen.snapshots(lab)
    waits(driver, there)
    lab.cable("fresh", "eth0", up=False)
    taken_back(fresh)
    say("the cable to the host that drives was pulled: taken back there")
    lab.cable("fresh", "eth0", up=True)
    poll("san: the apply ends", lambda: (newest(driver) == "reverted", newest(driver)), WITHIN)
    as_before(lab, before, say, "san's journal says so as well")
    waits(driver, there)
    driver.check("pkill -KILL -f 'tui-installer.* apply'")
    taken_back(fresh)
    code, out = product.run(driver, f"{there} undo storage-network")
    seen.demand("what the journal thinks to stand is taken back", code == 0, out)
    as_before(lab, before, say, "the process that drives was killed")


def waits(driver: Host, there: str) -> None:
    """Start the apply, and see it wait for somebody to confirm."""
    log = "</dev/null >/root/apply.log 2>&1"
    driver.check(f"setsid tui-installer {there} apply --answers {product.ANSWERS} storage-network {log} &")
    poll("san: the apply waits", lambda: (newest(driver) == "confirm", newest(driver)), 300)


def taken_back(fresh: Host) -> None:
    """The host has done it by itself."""

    def gone() -> tuple[bool, str]:
        out = fresh.sh("ip -o link; ls /var/run/tui-installer")[1]
        return f"@{CARD}" not in out and "fires" not in out, out

    poll("fresh: it is taken back", gone, WITHIN)


def newest(driver: Host) -> str:
    """The newest entry in the journal of the host that drives: its kind, or what came of the attempt that it ends."""
    entry = json.loads(driver.check("tail -n 1 /var/lib/tui-installer/targets/*/journal.jsonl"))
    return str(entry.get("outcome", entry["kind"]))
