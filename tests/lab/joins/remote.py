"""A join of the fresh host driven from another one, over ssh: nothing of the product is on the host that joins."""

from collections.abc import Callable

from tests.lab.host import Host
from tests.lab.joins import product, seen
from tests.lab.lab import Lab

Say = Callable[[str], None]
KEY = "/root/driver"


def join(lab: Lab, say: Say) -> None:
    """From nothing to member with one command on the array's host, everything checked, and taken back from there.
    Raises LabError."""
    fresh, driver, members = lab["fresh"], lab["san"], [lab[plan.name] for plan in lab.scenario.members]
    product.install(driver)
    there = reach(lab, driver, fresh)
    before = seen.snapshots(lab)
    samplers = [seen.Sampler(member) for member in members]
    for sampler in samplers:
        sampler.start()
    code, out = product.run(driver, f"{there} apply --answers {product.ANSWERS}")
    figures = [sampler.stop() for sampler in samplers]
    seen.demand("apply ends with 0", code == 0, out)
    seen.demand("no member was ever inquorate", all(samples.always_quorate for samples in figures), figures)
    say(f"fresh: applied from {driver.name}; members: never inquorate in {', '.join(map(str, figures))}")
    say(seen.every_path(lab, fresh))
    say(seen.quorate(lab, [*(member.name for member in members), fresh.name]))
    say(seen.volumes(lab, fresh, members[0]))
    code, out = product.run(driver, f"{there} plan")
    seen.demand("plan is empty", code == 0 and not out.strip(), out)
    code, out = product.run(driver, f"{there} leave {lab.scenario.cluster.name}")
    seen.demand("leave ends with 0", code == 0, out)
    code, out = product.run(driver, f"{there} undo")
    seen.demand("undo ends with 0", code == 0, out)
    left = seen.differences(before, seen.snapshots(lab))
    seen.demand("undo leaves all hosts as before", not left, "\n".join(left))
    say("undo: all hosts are as before")


def reach(lab: Lab, driver: Host, fresh: Host) -> str:
    """Give the driver a key that opens the fresh host, and the answers; returns the option that drives it."""
    driver.check(f"rm -f {KEY} {KEY}.pub && ssh-keygen -q -t ed25519 -N '' -f {KEY}")
    fresh.check("mkdir -p -m 700 /root/.ssh")
    fresh.put("/root/.ssh/authorized_keys", driver.get(f"{KEY}.pub"), 0o600)
    target = {"key": KEY, "host-keys": [product.fingerprint(fresh)]}
    product.give(driver, {"target": target, **product.answers(lab)})
    return f"--host ssh://root@{fresh.plan.mgmt.ip}"
