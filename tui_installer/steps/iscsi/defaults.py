"""What the operator need not answer: how this host and the member have it."""

from __future__ import annotations

from dataclasses import replace

from tui_installer.model.site import Site
from tui_installer.probes import iscsi
from tui_installer.probes.iscsi import Iscsi
from tui_installer.steps.iscsi.facts import IscsiAnswers, IscsiFacts
from tui_installer.steps.iscsi.names import in_use, made_name, taken_by
from tui_installer.steps.iscsi.wanted import credentials, mutual


def with_defaults(facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> IscsiAnswers:
    """As this host has it, else as the member has it."""
    theirs = site.witness.iscsi if site.witness else None
    models = [facts.here, *([theirs] if theirs else [])]
    targets = answers.targets or next((found for found in map(targets_of, reversed(models)) if found), ())
    portals = tuple(map(iscsi.portal, answers.portals))
    portals = portals or next((found for found in map(portals_of, reversed(models)) if found), ())
    offered = tuple(dict.fromkeys(iqn for one in facts.discoveries for iqn, _, _ in one.targets))
    own = facts.here.name if facts.here.name and not taken_by(facts.here.name, site) else ""
    own = in_use(facts.here) or own
    hostname = site.here.hostname.split(".")[0] if site.here else ""
    return replace(
        answers,
        initiator=answers.initiator or own or made_name(hostname, facts.links, site),
        alias=answers.alias or facts.here.alias or hostname,
        portals=tuple(dict.fromkeys(portals)),
        targets=targets or (offered if len(offered) == 1 else ()),
        chap_user=answers.chap_user or next((user for model in models if (user := credentials(model)[0])), ""),
        chap_user_in=answers.chap_user_in or next((user for each in models if (user := mutual(each)[0])), ""),
    )


def targets_of(model: Iscsi) -> tuple[str, ...]:
    """The targets that a host uses."""
    return tuple(dict.fromkeys([each.iqn for each in model.sessions] + [each.iqn for each in model.records]))


def portals_of(model: Iscsi) -> tuple[str, ...]:
    """The portals that a host uses."""
    return tuple(dict.fromkeys([each.portal for each in model.sessions] + [each.portal for each in model.records]))
