"""A join of real hosts, by the product and by the script: each on fresh clones of one scenario."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from tests.by_hand import spent
from tests.lab.host import Host
from tests.lab.joins import product, seen
from tests.lab.lab import Lab

SCENARIO = "vlan-trixie"
SCRIPT = Path(__file__).with_name("join.sh")
TEMPLATES = product.REPOSITORY / "assets/templates/corosync"
FOLDER = "/root/by-hand"
PATIENCE = 900.0
"""Seconds that a join may take."""
Say = Callable[[str], None]


def round_of(say: Say) -> tuple[float, float]:
    """One join each; returns the seconds of the product and of the script. Raises LabError if one did not succeed."""
    return measured(with_product, say), measured(with_script, say)


def measured(join: Callable[[Lab, Say], float], say: Say) -> float:
    """The seconds of a join in a laboratory of its own, which is checked afterwards."""
    with Lab(SCENARIO, name="bench-join") as lab:
        seconds = join(lab, say)
        fresh, members = lab["fresh"], [lab[plan.name] for plan in lab.scenario.members]
        say(seen.every_path(lab, fresh))
        say(seen.quorate(lab, [*(member.name for member in members), fresh.name]))
        say(seen.volumes(lab, fresh, members[0]))
        return seconds


def with_product(lab: Lab, say: Say) -> float:
    """`tui-installer apply --answers FILE`, from its start until it ends."""
    fresh = lab["fresh"]
    product.install(fresh)
    product.give(fresh, product.answers(lab))
    start = time.monotonic()
    code, out = product.run(fresh, f"apply --answers {product.ANSWERS}", PATIENCE)
    seconds = time.monotonic() - start
    seen.demand("apply ends with 0", code == 0, out)
    own = spent.changes(fresh.get("/var/lib/tui-installer/journal.jsonl").decode())
    say(f"product: {seconds:.1f} s, {spent.told(own, seconds)}\n" + "\n".join(f"{each:7.2f} {of}" for each, of in own))
    return seconds


def with_script(lab: Lab, say: Say) -> float:
    """join.sh, from its start until it ends; its secret, its templates and a key for the member are there before."""
    fresh, peer, scenario = lab["fresh"], lab[lab.scenario.members[0].name], lab.scenario
    session = scenario.chap.session
    fresh.put("/root/chap", f"{session.password if session else ''}\n".encode(), 0o600)
    for path in (SCRIPT, *TEMPLATES.iterdir()):
        fresh.put(f"{FOLDER}/{path.name}", path.read_bytes(), 0o755)
    give_key(fresh, peer)
    start = time.monotonic()
    code, out = fresh.sh(f"bash {FOLDER}/join.sh", PATIENCE)
    seconds = time.monotonic() - start
    seen.demand("join.sh ends with 0", code == 0, out)
    say(f"by hand: {seconds:.1f} s\n" + "\n".join(stages(out)))
    return seconds


def give_key(fresh: Host, peer: Host) -> None:
    """Have root of one host log in to another by key, the host's key known."""
    address = peer.plan.mgmt.ip
    fresh.check("mkdir -p -m 0700 /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519")
    key = fresh.get("/root/.ssh/id_ed25519.pub").decode().strip()
    peer.check(f"mkdir -p -m 0700 /root/.ssh && echo '{key}' >>/root/.ssh/authorized_keys")
    host_key = " ".join(peer.get("/etc/ssh/ssh_host_ed25519_key.pub").decode().split()[:2])
    fresh.check(f"echo '{address} {host_key}' >>/root/.ssh/known_hosts && ssh -o BatchMode=yes root@{address} true")


def stages(out: str) -> Iterator[str]:
    """Seconds of each part of the script, by the times that it says."""
    said = [line.split(" ", 1) for line in out.splitlines() if line[:10].isdigit() and line[10:11] == "."]
    for (at, title), (until, _) in pairwise(said):
        yield f"{float(until) - float(at):7.2f} {title}"
