"""What a screen shows of the initiator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tui_installer.model.site import Site
from tui_installer.model.text import count
from tui_installer.steps.iscsi.defaults import portals_of
from tui_installer.steps.iscsi.facts import IscsiFacts
from tui_installer.steps.iscsi.wanted import leads_to

Offered = tuple[tuple[str, str], ...]
"""(value, how it is shown)."""
REFUSED = {"chap": "refuses the discovery login", "nothing": "answers: no target for this host"}
"""What a failed discovery tells of a portal that answers."""


def lines(facts: IscsiFacts) -> dict[str, str]:
    """The initiator name, and the state of each session."""
    up = sum(session.up for session in facts.here.sessions)
    found = {"Initiator": facts.here.name or "(none)", "Sessions": f"{up} of {len(facts.here.sessions)} logged in"}
    for session in facts.here.sessions:
        found[f"Session {session.sid}"] = f"{session.iqn} at {session.portal}: {session.state}"
    return found | {"At boot": "logs in" if facts.here.login_at_boot else "does not log in"}


def choices(facts: IscsiFacts, site: Site) -> Mapping[str, Offered]:
    """See `Step.choices`: the targets with their portals, and the portals with what is known of each."""
    return {"targets": offered_targets(facts), "portals": tuple(_portals(facts, site))}


def _portals(facts: IscsiFacts, site: Site) -> Iterator[tuple[str, str]]:
    """Those that the member uses, that this host uses, and that were asked."""
    member = site.witness if not site.itself else None
    theirs = portals_of(member.iscsi) if member else ()
    for portal in dict.fromkeys([*theirs, *portals_of(facts.here), *(each.portal for each in facts.discoveries)]):
        names = [link.name for link in facts.links if any(leads_to(address, portal) for address in link.addresses)]
        way = f"through {' '.join(names)}" if names else "no address in its network here"
        used = [f"{member.name} uses it"] if member and portal in theirs else []
        yield portal, f"{portal}  {'; '.join((', '.join((*_told(facts, portal), way)), *used))}"


def _told(facts: IscsiFacts, portal: str) -> Iterator[str]:
    """What its sessions tell, else what it answered if it was asked, else its records."""
    sessions = [each for each in facts.here.sessions if each.portal == portal]
    asked = next((each for each in facts.discoveries if each.portal == portal), None)
    if sessions:
        yield f"{sum(each.up for each in sessions)} of {count(len(sessions), 'session')} logged in"
    elif asked and not asked.failure:
        yield f"answers: {count(len(asked.targets), 'target')}"
    elif asked:
        yield REFUSED.get(asked.failure, f"does not answer ({asked.failure})")
    elif any(each.portal == portal for each in facts.here.records):
        yield "recorded, not asked"


def offered_targets(facts: IscsiFacts) -> Offered:
    """(IQN, IQN with its portals) of the targets that are offered or recorded."""
    offered = [(iqn, where) for one in facts.discoveries for iqn, where, _ in one.targets]
    seen: dict[str, list[str]] = {}
    for iqn, where in offered + [(each.iqn, each.portal) for each in facts.here.records]:
        seen.setdefault(iqn, []).append(where)
    return tuple((iqn, f"{iqn}  {' '.join(dict.fromkeys(where))}") for iqn, where in seen.items())
