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
from tui_installer.probes import discovery, iscsi
from tui_installer.steps import subjects
from tui_installer.steps.iscsi.causes import CAUSES
from tui_installer.steps.iscsi.changes import bind, conf_file, files, login, name_file, record, switch
from tui_installer.steps.iscsi.defaults import with_defaults
from tui_installer.steps.iscsi.facts import IscsiAnswers, IscsiFacts
from tui_installer.steps.iscsi.names import in_use, refused_name
from tui_installer.steps.iscsi.problems import found, unreadable
from tui_installer.steps.iscsi.shown import choices, lines
from tui_installer.steps.iscsi.wanted import find, has_session, incomplete, wanted_offers


class IscsiStep(Step[IscsiFacts, IscsiAnswers]):
    """Logs in to the targets, and makes it last."""

    id, title = subjects.ISCSI
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
        found = discovery.discover_all(ctx.here, asked, *files)
        # the discovery has started iscsid at the latest, and with a name to keep: look again
        return replace(facts, here=iscsi.probe(ctx.here), discoveries=found)

    def with_defaults(self, facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> IscsiAnswers:
        """As this host has it, else as the member has it."""
        return with_defaults(facts, site, answers)

    def plan(self, facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> Iterator[Change]:
        """The initiator's name and secrets, the daemon, then each record, setting and session that is missing."""
        offers = wanted_offers(facts, site, answers)
        here, renamed = facts.here, answers.initiator != facts.here.name
        if not here.installed or refused_name(answers.initiator) or unreadable(facts, answers):
            return
        if renamed and here.sessions and answers.initiator != in_use(here):
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
        return lines(facts)

    def choices(self, facts: IscsiFacts, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """See `Step.choices`: targets and portals."""
        return choices(facts, site)
