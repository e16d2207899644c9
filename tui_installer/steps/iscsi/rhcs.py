"""Sessions to the targets by open-iscsi of 2006 to 2010, which has no private databases and no interfaces to bind to.

A discovery makes the records here, as in the guide; so it is a change, made only where a record is missing, and the
records of targets that nobody chose go again. What a login prints differs from version to version: the session list
is waited for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tui_installer.formats import keyvalue
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Edit, Run, Stops, WriteFiles
from tui_installer.model.diagnosis import Cause, diagnosed
from tui_installer.model.site import Site
from tui_installer.model.step import Context, Failure, Problem, Step
from tui_installer.probes.rhcs import iscsi_text
from tui_installer.steps import subjects
from tui_installer.steps.iscsi.changes import NAME_HEAD, login, record
from tui_installer.steps.iscsi.defaults import with_defaults
from tui_installer.steps.iscsi.facts import IscsiAnswers, IscsiFacts, Offer
from tui_installer.steps.iscsi.names import in_use, made_name, refused_name
from tui_installer.steps.iscsi.problems import found, unreadable
from tui_installer.steps.iscsi.shown import choices, lines
from tui_installer.steps.iscsi.wanted import (
    STARTUP,
    discovery_chap,
    find,
    has_session,
    session_chap,
    wanted_offers,
)
from tui_installer.steps.rhcs.release import Release, unfit

NAME, CONF = "initiatorname.iscsi", "iscsid.conf"
SCRIPT = "/etc/init.d/open-iscsi"
NOTHING = (0, 6, 19, 21, 255)
"""Exit codes of a deletion: done, or there was none to delete (ENODEV); else the old ones say -1."""
DISCOVER = (
    'offered=$(iscsiadm -m discovery -t sendtargets -p "$0") && echo "$offered" && echo "$offered" | '
    'while read portal target; do case " $* " in *" $target "*) ;; '
    '*) iscsiadm -m node -o delete -T "$target" -p "${portal%,*}";; esac; done'
)
"""Discovers at portal $0; records of targets that are not among the arguments go again: each would log in at boot."""
_LOGIN = r"-T (?P<iqn>\S+) -p (?P<portal>\S+) .*--login"

CAUSES = (
    Cause(
        "iscsi.session-exists",
        rf"(?s){_LOGIN}.*\(15 - ",
        "There is a session to {iqn} at {portal} already, or one that is being made.",
        "Plan again: one that works counts. One that hangs ends by itself: iscsiadm -m session -i.",
    ),
    Cause(
        "iscsi.login-refused",
        rf"(?s){_LOGIN}.*\((?:5|24|19) - ",
        "The array refuses this host at {portal}: CHAP user, password or initiator name are not as it has them, or its "
        "own secret (mutual CHAP) is not as it is here.",
        "Compare all of them with the array's entry for this host. Correct the answer, then apply again.",
        field="chap_password",
    ),
    Cause(
        "iscsi.login-timeout",
        rf"(?s){_LOGIN}.*\((?:4|8|11) - ",
        "{portal} did not answer the login in time.",
        "Is the portal up, and the storage network as before: ping it. Then apply again.",
    ),
    Cause(
        "iscsi.no-driver",
        r"\(12 - |Module iscsi_tcp not found",
        "The running kernel has no iSCSI driver (iscsi_tcp).",
        "Reboot into the kernel whose modules are installed; then apply again.",
    ),
    Cause(
        "iscsi.no-daemon",
        r"\((?:18|20) - |can not connect to iSCSI daemon",
        "iscsid does not answer.",
        f"See {SCRIPT} status and /var/log/syslog; then apply again.",
    ),
    Cause(
        "iscsi.no-session",
        "",
        "iscsiadm logged in to {iqn} at {portal}, and there is no session all the same.",
        "See /var/log/syslog: the array may have ended it, as when another host has this initiator's name.",
        run=r"iscsi:session (?P<iqn>\S+) (?P<portal>\S+)",
    ),
    Cause(
        "iscsi.not-offered",
        "",
        "{portal} does not offer the chosen targets to this host.",
        "Its words say whether it answered at all. Have the array let this initiator's name in, then apply again.",
        run=r"iscsi:discovery (?P<portal>\S+)",
    ),
)


@dataclass(frozen=True, slots=True)
class RhcsIscsiFacts:
    """The initiator, and both places of its files."""

    seen: IscsiFacts
    """What is seen of an initiator of any release; nothing is discovered."""
    places: tuple[tuple[str, File | None], ...] = ()
    """/etc/NAME and /etc/iscsi/NAME of both files, links as links."""

    def file(self, path: str) -> File | None:
        """What is at one of the places."""
        return dict(self.places).get(path)


class IscsiStep(Step[RhcsIscsiFacts, IscsiAnswers]):
    """Logs in to the chosen targets by an open-iscsi whose discovery makes the records itself."""

    id, title = subjects.ISCSI
    asks = IscsiAnswers
    modules = ("iscsi_tcp", "libiscsi_tcp", "libiscsi", "scsi_transport_iscsi")
    shuts_down = True

    def __init__(self, release: Release) -> None:
        self._release = release

    def probe(self, ctx: Context, site: Site, answers: IscsiAnswers) -> RhcsIscsiFacts:
        """Look; nobody is asked, because a discovery would write."""
        places = (*iscsi_text.places(ctx.here, NAME), *iscsi_text.places(ctx.here, CONF))
        return RhcsIscsiFacts(IscsiFacts(iscsi_text.probe(ctx.here), ctx.here.links(), ()), places)

    def with_defaults(self, facts: RhcsIscsiFacts, site: Site, answers: IscsiAnswers) -> IscsiAnswers:
        """As this host has it, else as the member has it; a name that the package made up is no choice."""
        filled, seen = with_defaults(facts.seen, site, answers), facts.seen
        made_up = re.match(r"iqn\.(1993-08\.org\.debian|20\d\d-\d\d\.\w+\.open-iscsi):", seen.here.name)
        if answers.initiator or seen.here.sessions or not made_up:
            return filled
        hostname = site.here.hostname.split(".")[0] if site.here else ""
        return replace(filled, initiator=made_name(hostname, seen.links, site))

    def plan(self, facts: RhcsIscsiFacts, site: Site, answers: IscsiAnswers) -> Iterator[Change]:
        """The initiator's name and secrets, the daemon, then each record, setting and session that is missing."""
        here, offers = facts.seen.here, offered(facts.seen, site, answers)
        renamed = answers.initiator != here.name
        if (
            not here.installed
            or refused_name(answers.initiator)
            or (renamed and here.sessions and answers.initiator != in_use(here))
        ):
            return
        if unreadable(facts.seen, answers):
            return
        arrived = bool(offers) and all(find(here, offer) and has_session(here, offer) for offer in offers)
        edits = tuple(self._files(facts, answers, arrived))
        all_of_them, title = (Stops("session"),), "Restart iscsid: no session is in use"
        restart = Run(title, "here", (SCRIPT, "restart"), within=ends.SERVICE, stops=all_of_them)
        if edits:
            restarts = (restart,) * (renamed and here.daemon and answers.initiator != in_use(here))
            yield WriteFiles("Name this initiator, and say how it logs in", edits, restarts)
        if not here.daemon:
            back = Run("Stop iscsid", "here", (SCRIPT, "stop"), within=ends.SERVICE, stops=all_of_them)
            yield Run("Start iscsid", "here", (SCRIPT, "start"), within=ends.SERVICE, undo=(back,))
        yield from _discover(facts.seen, answers, offers)
        for offer in offers:
            if find(here, offer):
                yield from record(facts.seen, offer, answers)
        for offer in offers:
            if not has_session(here, offer):
                yield from (_login(offer), _session(offer))
        if offers and not here.login_at_boot:
            off = Run("Do not log in at boot", "here", ("update-rc.d", "-f", "open-iscsi", "remove"))
            argv = ("update-rc.d", "open-iscsi", "defaults")
            yield Run("Log in at every boot", "here", argv, undo=(off,), strand="boot")

    def problems(self, facts: RhcsIscsiFacts, site: Site, answers: IscsiAnswers) -> Iterator[Problem]:
        """What is in the way."""
        yield from unfit(site.here)
        yield from found(facts.seen, site, answers)

    def plan_shutdown(self, facts: RhcsIscsiFacts, site: Site) -> Iterator[Change]:
        """See `Step.plan_shutdown`: every session, seen to be gone while iscsid can tell, then iscsid."""
        all_of_them = (Stops("session"),)
        if facts.seen.here.sessions:
            argv = ("iscsiadm", "-m", "node", "--logoutall=all")
            yield Run("Log out of the array", "here", argv, ok=NOTHING, within=ends.LOGIN, stops=all_of_them)
            none = r"(?s)\A(?!.*:\d+,-?\d+ )"
            title = "Wait until no session is left"
            yield Run(title, "here", _SESSIONS, ok=NOTHING, within=ends.SESSION, expect=none, id="iscsi:none")
        if facts.seen.here.daemon:
            yield Run("Stop iscsid", "here", (SCRIPT, "stop"), within=ends.SERVICE, stops=all_of_them)

    def diagnose(self, failure: Failure) -> Problem:
        """See `Step.diagnose`."""
        return diagnosed(failure, self.id, CAUSES)

    def shown(self, facts: RhcsIscsiFacts, site: Site) -> dict[str, str]:
        """The initiator name, and the state of each session."""
        return lines(facts.seen)

    def choices(self, facts: RhcsIscsiFacts, site: Site) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """See `Step.choices`: targets and portals."""
        return choices(facts.seen, site)

    def _files(self, facts: RhcsIscsiFacts, answers: IscsiAnswers, arrived: bool) -> Iterator[Edit]:
        """The two files where the release has them, and the links to them. Where all sessions are there only new
        passwords count, wherever the file lies."""
        here, keys = facts.seen.here, conf_keys(facts.seen, answers)
        if arrived and answers.initiator == here.name:
            if keys and (answers.chap_password or answers.chap_password_in):
                yield Edit("here", here.conf_path, here.conf, _set(here.conf, keys, " = "), "passwords")
            return
        name = {"InitiatorName": answers.initiator, **({"InitiatorAlias": answers.alias} if answers.alias else {})}
        wanted = {NAME: _set(here.name_file or File(NAME_HEAD), name, "="), CONF: _set(here.conf, keys, " = ")}
        for base, file in wanted.items():
            path, link = f"{self._release.iscsi_folder}/{base}", f"{self._release.iscsi_links}/{base}"
            for where, after in ((path, file), (link, File(link=path))):
                if not _same(facts.file(where), after):
                    yield Edit("here", where, facts.file(where), after, "passwords" if base == CONF else "")


def _same(one: File | None, other: File) -> bool:
    """Alike; the mode of a link says nothing."""
    if one is None or one.link is not None or other.link is not None:
        return one is not None and one.link == other.link
    return one == other


def _set(file: File | None, keys: dict[str, str], separator: str) -> File:
    content = file.content if file else b""
    for key, value in keys.items():
        content = keyvalue.set_counting(content, key, value, separator)
    return replace(file or File(), content=content, mode=0o600)


def conf_keys(facts: IscsiFacts, answers: IscsiAnswers) -> dict[str, str]:
    """The keys of iscsid.conf that are to be set, as in the guide: credentials alone make CHAP. See `keyvalue.set`."""
    there = keyvalue.counting(facts.here.conf.content, " = ") if facts.here.conf else {}
    chap = {key: value for key, value in session_chap(answers).items() if not key.endswith(".authmethod")}
    wanted = {STARTUP: "automatic", **chap, **discovery_chap(answers)}
    return {key: value for key, value in wanted.items() if there.get(key, "") != value}


def offered(facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> tuple[Offer, ...]:
    """The sessions that there are to be. Without a member to tell: each target at each portal."""
    told = wanted_offers(facts, site, answers)
    if not told:
        told = tuple(Offer(iqn, portal, 1, "default") for iqn in answers.targets for portal in answers.portals)
    return tuple(dict.fromkeys(replace(offer, iface="default") for offer in told))


def _discover(facts: IscsiFacts, answers: IscsiAnswers, offers: tuple[Offer, ...]) -> Iterator[Run]:
    """The records that are missing, a portal at a time."""
    missing: dict[str, list[Offer]] = {}
    for offer in offers:
        if find(facts.here, offer) is None:
            missing.setdefault(offer.portal, []).append(offer)
    known = {each.iqn for each in facts.here.records}
    for portal, those in missing.items():
        kept = sorted({*answers.targets, *known})
        seen = "".join(rf"(?=.*^{re.escape(portal)},-?\d+ {re.escape(offer.iqn)}$)" for offer in those)
        delete = ("iscsiadm", "-m", "node", "-o", "delete")
        gone = [Run(f"Delete the record of {each.iqn}", "here", (*delete, *each.words), ok=NOTHING) for each in those]
        discovery = ("iscsiadm", "-m", "discovery", "-p", portal, "-o", "delete")
        forget = Run(f"Forget what {portal} offered", "here", discovery, ok=NOTHING)
        yield Run(
            title=f"Discover the targets at {portal}",
            host="here",
            argv=("sh", "-c", DISCOVER, portal, *kept),
            within=ends.COMMAND,
            expect=f"(?ms){seen}",
            undo=(*gone, forget),
            strand=portal,
            id=f"iscsi:discovery {portal}",
        )


def _login(offer: Offer) -> Run:
    """Its end is no proof either way; nor is that of the logout which takes it back: both are followed by a look."""
    run = login(offer)
    gone = rf"(?s)\A(?!.*{_listed(offer)})"
    title = f"Wait until {offer.iqn} at {offer.portal} is logged out"
    look = Run(title, "here", _SESSIONS, ok=NOTHING, within=ends.SESSION, expect=gone)
    return replace(run, undo=(*(replace(each, ok=NOTHING) for each in run.undo), look))


def _session(offer: Offer) -> Run:
    title, name = f"Wait for the session to {offer.iqn} at {offer.portal}", f"iscsi:session {offer.iqn} {offer.portal}"
    return Run(title, "here", _SESSIONS, within=ends.SESSION, expect=_listed(offer), id=name)


_SESSIONS = ("iscsiadm", "-m", "session")


def _listed(offer: Offer) -> str:
    """How a session is listed."""
    return rf"{re.escape(offer.portal)},-?\d+ {re.escape(offer.iqn)}(?:\s|\Z)"
