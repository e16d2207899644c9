"""A change that may cut the operator off: kept if somebody confirms, else taken back, though its process be gone."""

import re
import time
from collections.abc import Callable

from tests.lab.host import Host
from tests.lab.joins import product, seen
from tests.lab.joins.operator import LOOKED, Operator, open_step
from tests.lab.lab import Lab
from tests.lab.waiting import poll

Say = Callable[[str], None]
CARD, SMALL, MTU = "eth1", 1400, 1500
"""The card, what it carries at first, and what the members' storage network has."""
SITE = "/etc/network/interfaces.d/site"
"""Somebody has the card in use already: then larger frames on it are a change to confirm."""


def tell(lab: Lab, say: Say) -> None:
    """The storage network's VLAN with larger frames: nobody confirms, the process dies, it is kept. Raises LabError."""
    fresh = lab["fresh"]
    product.install(fresh)
    product.give(fresh, product.answers(lab))
    in_use(fresh)
    code, out = product.run(fresh, f"apply --answers {product.ANSWERS} site packages")
    seen.demand("the packages are in place", code == 0, out)
    say(f"fresh: packages in place; {CARD} is configured already, with frames of {SMALL} bytes")
    operator = Operator(fresh.console)
    fresh.console.login()
    before = seen.snapshots(lab)
    nobody(fresh, operator)
    as_before(lab, before, say, "nobody confirmed")
    killed(fresh, operator)
    as_before(lab, before, say, "the process of the apply was killed while it waited")
    kept(fresh, operator)
    say(f"fresh: confirmed, kept: in place, {CARD} carries frames of {MTU} bytes")
    seen.demand("every picture is ASCII", "\n".join(operator.seen).isascii())


def in_use(fresh: Host) -> None:
    """Somebody has the card already, with smaller frames."""
    fresh.put(SITE, f"auto {CARD}\niface {CARD} inet manual\n    mtu {SMALL}\n".encode(), 0o644)
    fresh.check(f"ifup {CARD}")


def nobody(fresh: Host, operator: Operator) -> None:
    """Nobody presses Keep it: the screen says that it was taken back."""
    asked(operator)
    operator.expect(re.compile(r" - NOT IN PLACE"), 150)
    operator.expect("Nobody confirmed, or it failed: it was taken back by itself.", 20)
    operator.leave()


def killed(fresh: Host, operator: Operator) -> None:
    """The process that waits for the confirmation ends without a word, and so does the operator's."""
    asked(operator)
    fresh.check("pkill -KILL -f 'tui-installer.* apply --plan'")
    operator.expect("It ended without a word: its process is gone.", 60)
    operator.leave()

    def back() -> tuple[bool, str]:
        out = fresh.sh("ip -o link; systemctl list-units --all 'tui-installer-revert*'")[1]
        return f"@{CARD}" not in out and "tui-installer-revert" not in out, out

    poll("fresh: it is taken back by what was left behind", back, 60)


def kept(fresh: Host, operator: Operator) -> None:
    """Somebody is there."""
    asked(operator)
    operator.press("\r", re.compile(r" - in place"), 60)
    operator.leave()
    code, told = product.status(fresh)
    state = next(row["state"] for row in told["steps"] if row["id"] == "storage-network")
    seen.demand("the storage network is in place", state == "in-place", (code, told))
    seen.demand(f"{CARD} carries them", f" mtu {MTU} " in fresh.check(f"ip -o link show {CARD}"))


def asked(operator: Operator) -> None:
    """From the shell's prompt to the question whether the host is still reached."""
    operator.press("clear; echo sta''rting; tui-installer\r", re.compile(r"\A(starting|tui-installer)"))
    operator.expect(LOOKED, 300)
    open_step(operator, "Storage network")
    operator.settle()
    operator.press("a", "[ Apply now ]")
    operator.decide(re.compile(r"Is this host still reached\?"), 200)
    operator.expect(">[ Keep it ]", 20)


def as_before(lab: Lab, before: seen.States, say: Say, why: str) -> None:
    """Everything is as it was."""
    start = time.monotonic()
    left = seen.differences(before, seen.snapshots(lab))
    seen.demand(f"{why}: all hosts are as before", not left, "\n".join(left))
    say(f"{why}: taken back by itself, all hosts are as before ({time.monotonic() - start:.0f} s to look)")
