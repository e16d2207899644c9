"""A join in numbered lines, at the serial console: `--plain` alone, as screen readers and expect scripts have it."""

from collections.abc import Callable

from tests.lab.console import PROMPT as SHELL
from tests.lab.host import Host
from tests.lab.joins import product, seen
from tests.lab.joins.unattended import joined
from tests.lab.lab import Lab
from tests.screens.plain.operator import PROMPT, Operator

Say = Callable[[str], None]
PROMPTS = 120
"""More than a join has."""


def join(lab: Lab, say: Say) -> None:
    """From the first question to member, everything checked. Raises LabError."""
    fresh, peer = lab["fresh"], lab[lab.scenario.members[0].name]
    product.install(fresh)
    sampler = seen.Sampler(peer)
    sampler.start()
    operator = Operator(_typed(lab), {"Host keys accepted": 99, "Targets": 1})
    prompts = _walk(fresh, operator)
    samples = sampler.stop()
    seen.demand("everything is in place", prompts < PROMPTS, operator.seen[-3000:])
    seen.demand("every line is ASCII", operator.seen.isascii())
    seen.demand("the member was never inquorate", samples.always_quorate, samples.words)
    say(f"fresh: from the first question to member in numbered lines, {prompts} prompts; {peer.name}: {samples}")
    joined(lab, say)


def _walk(fresh: Host, operator: Operator) -> int:
    """Answer until everything is in place; how many prompts that took."""
    fresh.console.login()
    fresh.console.said(SHELL)
    fresh.console.send("tui-installer --plain\r")
    for count in range(PROMPTS):
        reply = operator.reply(fresh.console.said(PROMPT, 900))
        if reply is None:
            fresh.console.send("q\r")
            return count
        fresh.console.send(f"{reply}\r")
    return PROMPTS


def _typed(lab: Lab) -> dict[str, str]:
    login = lab.scenario.chap.session
    return {
        "Member": lab[lab.scenario.members[0].name].plan.mgmt.ip,
        "Password": product.PASSWORD,
        "Fence device": "lab",
        "Fence settings": "port=fresh",
        "Cluster's name": lab.scenario.cluster.name,
        **({"CHAP user": login.user, "CHAP password": login.password} if login else {}),
    }
