"""Sessions to the targets: this host's name, CHAP, a record and a session for each target at each portal.

What is there already is kept: a discovery is made in a private database, because it would reset the records,
and a portal whose sessions and records are as wanted is not asked at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tui_installer.model.change import Change
from tui_installer.model.diagnosis import diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.probes import iscsi
from tui_installer.steps.iscsi.causes import CAUSES
from tui_installer.steps.iscsi.changes import bind, conf_file, files, login, name_file, record, switch
from tui_installer.steps.iscsi.facts import IscsiAnswers, IscsiFacts, Offer
from tui_installer.steps.iscsi.names import made_name, refused_name, taken_by
from tui_installer.steps.iscsi.problems import found, unreadable
from tui_installer.steps.iscsi.wanted import (
    credentials,
    find,
    has_session,
    incomplete,
    mutual,
    portals_of,
    targets_of,
    wanted_offers,
)

__all__ = ["IscsiAnswers", "IscsiFacts", "IscsiStep", "Offer"]


class IscsiStep(Step[IscsiFacts, IscsiAnswers]):
    """Logs in to the targets, and makes it last."""

    id = "iscsi"
    title = "iSCSI sessions"
    asks = IscsiAnswers
    modules = ("iscsi_tcp", "libiscsi_tcp", "libiscsi", "scsi_transport_iscsi")

    def probe(self, ctx: Context, site: Site, answers: IscsiAnswers) -> IscsiFacts:
        """Look at the initiator, and ask the portals where something is missing."""
        facts = IscsiFacts(iscsi.probe(ctx.here), ctx.here.links(), ())
        wanted = self.with_defaults(facts, site, answers)
        if not facts.here.installed or refused_name(wanted.initiator):
            return facts
        asked = incomplete(facts, site, wanted)
        if not asked or unreadable(facts, wanted):
            return facts
        files = name_file(facts.here, wanted), conf_file(facts.here, wanted, False)
        found = iscsi.discover_all(ctx.here, asked, *files)
        # the discovery has started iscsid at the latest, and with a name to keep: look again
        return replace(facts, here=iscsi.probe(ctx.here), discoveries=found)

    def with_defaults(self, facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> IscsiAnswers:
        """As this host has it, else as the member has it."""
        theirs = site.witness.iscsi if site.witness else None
        models = [facts.here, *([theirs] if theirs else [])]
        targets = answers.targets or next((found for found in map(targets_of, reversed(models)) if found), ())
        portals = tuple(map(iscsi.portal, answers.portals))
        portals = portals or next((found for found in map(portals_of, reversed(models)) if found), ())
        offered = tuple(dict.fromkeys(iqn for one in facts.discoveries for iqn, _, _ in one.targets))
        own = facts.here.name if facts.here.name and not taken_by(facts.here.name, site) else ""
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

    def plan(self, facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> Iterator[Change]:
        """What is missing."""
        offers = wanted_offers(facts, site, answers)
        here, renamed = facts.here, answers.initiator != facts.here.name
        if not here.installed or refused_name(answers.initiator) or unreadable(facts, answers):
            return
        if renamed and here.sessions:
            return
        arrived = bool(offers) and all(find(here, offer) and has_session(here, offer) for offer in offers)
        yield from files(facts, answers, arrived)
        if not here.iscsid:
            back = ("systemctl", "disable", "--now", "iscsid.socket")
            yield switch("Start iscsid when needed", "systemctl", "enable", "--now", "iscsid.socket", back=back)
        for name in sorted({offer.iface for offer in offers} - {"default", *here.ifaces}):
            yield from bind(name)
        for offer in offers:
            yield from record(facts, offer, answers)
        yield from (login(offer) for offer in offers if not has_session(here, offer))
        if offers and not here.login_at_boot:
            off = ("systemctl", "disable", "open-iscsi")
            yield switch("Log in at every boot", "systemctl", "enable", "open-iscsi", back=off, strand="boot")

    def problems(self, facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> Iterator[Problem]:
        """What is in the way."""
        yield from found(facts, site, answers)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: IscsiFacts, site: Site) -> dict[str, str]:
        """The initiator name, and the state of each session."""
        up = sum(session.up for session in facts.here.sessions)
        lines = {"Initiator": facts.here.name or "(none)", "Sessions": f"{up} of {len(facts.here.sessions)} logged in"}
        for session in facts.here.sessions:
            lines[f"Session {session.sid}"] = f"{session.iqn} at {session.portal}: {session.state}"
        return lines | {"At boot": "logs in" if facts.here.login_at_boot else "does not log in"}

    def choices(self, facts: IscsiFacts, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """The targets that are offered, with their portals."""
        offered = [(iqn, where) for one in facts.discoveries for iqn, where, _ in one.targets]
        seen: dict[str, list[str]] = {}
        for iqn, where in offered + [(each.iqn, each.portal) for each in facts.here.records]:
            seen.setdefault(iqn, []).append(where)
        return {"targets": tuple((iqn, f"{iqn}  {' '.join(dict.fromkeys(where))}") for iqn, where in seen.items())}
