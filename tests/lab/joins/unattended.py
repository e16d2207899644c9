"""A join from an answers file, without anybody at the console."""

from collections.abc import Callable
from typing import Any

from tests.lab.joins import product, seen
from tests.lab.lab import Lab

Say = Callable[[str], None]


def live(lab: Lab, say: Say) -> None:
    """Join, and leave again. Raises LabError."""
    take_back(lab, join(lab, say), say)


def join(lab: Lab, say: Say, **changed: dict[str, Any]) -> seen.States:
    """From nothing to member with one command, then everything checked; `changed`: see `product.answers`. Raises
    LabError.

    Returns the hosts' states before.
    """
    fresh, members = lab["fresh"], [lab[plan.name] for plan in lab.scenario.members]
    product.install(fresh)
    say("fresh: the package is installed")
    before = seen.snapshots(lab)
    samplers = [seen.Sampler(member) for member in members]
    product.give(fresh, product.answers(lab, **changed))
    for sampler in samplers:
        sampler.start()
    code, out = product.run(fresh, f"apply --answers {product.ANSWERS}")
    figures = [sampler.stop() for sampler in samplers]
    seen.demand("apply ends with 0", code == 0, out)
    say("fresh: applied")
    seen.demand("no member was ever inquorate", all(samples.always_quorate for samples in figures), figures)
    say(f"members: never inquorate in {', '.join(map(str, figures))}")
    joined(lab, say)
    return before


def take_back(lab: Lab, before: seen.States, say: Say) -> None:
    """Undo of the whole join leaves all hosts as they were. Raises LabError."""
    fresh = lab["fresh"]
    product.give(fresh, {"site": product.answers(lab)["site"]})  # the password is forgotten at a reboot
    code, out = product.run(fresh, f"leave {lab.scenario.cluster.name} --answers {product.ANSWERS}")
    seen.demand("leave ends with 0", code == 0, out)
    say("fresh: has left the cluster")
    code, out = product.run(fresh, f"undo --answers {product.ANSWERS}")
    seen.demand("undo ends with 0", code == 0, out)
    fresh.check(f"rm -f {product.ANSWERS}")
    left = seen.differences(before, seen.snapshots(lab))
    seen.demand("undo leaves all hosts as before", not left, "\n".join(left))
    say("undo: all hosts are as before")


def joined(lab: Lab, say: Say) -> None:
    """What must be so on a member that has joined. Raises LabError."""
    fresh, members = lab["fresh"], [lab[plan.name] for plan in lab.scenario.members]
    say(seen.every_path(lab, fresh))
    say(seen.quorate(lab, [*(member.name for member in members), fresh.name]))
    say(seen.volumes(lab, fresh, members[0]))
    code, told = product.status(fresh)
    seen.demand("status exits 0", code == 0, told)
    code, out = product.run(fresh, "plan")
    seen.demand("plan is empty", code == 0 and not out.strip(), out)
    say("fresh: status exits 0, plan is empty")
