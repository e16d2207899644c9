"""What a screen shows of the initiator."""

from __future__ import annotations

from tui_installer.steps.iscsi.facts import IscsiFacts


def lines(facts: IscsiFacts) -> dict[str, str]:
    """The initiator name, and the state of each session."""
    up = sum(session.up for session in facts.here.sessions)
    found = {"Initiator": facts.here.name or "(none)", "Sessions": f"{up} of {len(facts.here.sessions)} logged in"}
    for session in facts.here.sessions:
        found[f"Session {session.sid}"] = f"{session.iqn} at {session.portal}: {session.state}"
    return found | {"At boot": "logs in" if facts.here.login_at_boot else "does not log in"}


def offered_targets(facts: IscsiFacts) -> tuple[tuple[str, str], ...]:
    """(IQN, IQN with its portals) of the targets that are offered or recorded."""
    offered = [(iqn, where) for one in facts.discoveries for iqn, where, _ in one.targets]
    seen: dict[str, list[str]] = {}
    for iqn, where in offered + [(each.iqn, each.portal) for each in facts.here.records]:
        seen.setdefault(iqn, []).append(where)
    return tuple((iqn, f"{iqn}  {' '.join(dict.fromkeys(where))}") for iqn, where in seen.items())
