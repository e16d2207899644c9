"""What can be in the way of a session."""

from __future__ import annotations

from collections.abc import Iterator

from tui_installer.formats import keyvalue
from tui_installer.formats.text import FormatError
from tui_installer.model.answers import Secret
from tui_installer.model.site import Site
from tui_installer.model.step import Level, Problem
from tui_installer.model.text import count
from tui_installer.probes.discovery import Discovery
from tui_installer.probes.iscsi import Iscsi, values
from tui_installer.steps.iscsi.changes import conf_file, name_file
from tui_installer.steps.iscsi.facts import IscsiAnswers, IscsiFacts
from tui_installer.steps.iscsi.names import ACCEPTED, in_use, refused_name, taken_by
from tui_installer.steps.iscsi.wanted import credentials, mutual, settled, wanted_offers

SECRET_LENGTH = range(12, 17)
"""Bytes of a CHAP secret that practically every target accepts (RFC 3720 8.2.1 wants 12; many take 16 at most)."""


def unreadable(facts: IscsiFacts, answers: IscsiAnswers) -> str:
    """Why a file cannot be edited; empty: it can."""
    try:
        name_file(facts.here, answers)
        conf_file(facts.here, answers, False)
        for record in facts.here.records:
            keyvalue.items(record.file.content if record.file else b"")
    except FormatError as error:
        return str(error)
    return ""


def found(facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> Iterator[Problem]:
    """All that is in the way."""
    if not facts.here.installed:
        yield Problem("iscsi.not-installed", "open-iscsi is not installed.", (), "The packages come first.")
        return
    if why := unreadable(facts, answers):
        yield Problem("iscsi.file", "The initiator's files cannot be edited.", (why,), "Mend the line first.")
        return
    yield from _name(facts, site, answers)
    yield from _secrets(facts, site, answers)
    for one in facts.discoveries:
        yield from _portal(one, facts, answers)
    yield from _targets(facts, site, answers)
    for session in facts.here.sessions:
        if session.iqn in answers.targets and not session.up:
            others = any(each.up and each.iqn == session.iqn for each in facts.here.sessions)
            text = f"The session to {session.iqn} at {session.portal} is down."
            hint = "Look at the portal, the cable and the VLAN; iscsid connects again by itself."
            level: Level = "warn" if others else "stop"  # a path less is multipath's affair
            words = (f"session {session.sid}: {session.state}",)
            yield Problem("iscsi.session-down", text, words, hint, level, outside=True)


def _name(facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> Iterator[Problem]:
    name = answers.initiator
    if refused_name(name):
        yield Problem(
            "iscsi.name-invalid", f"{name!r} is no initiator name.", (), f"Accepted: {ACCEPTED}.", field="initiator"
        )
    elif member := taken_by(name, site):
        text = f"{member} has the initiator name {name} already: the two would end each other's sessions."
        yield Problem("iscsi.name-taken", text, (), "Give this host a name of its own.", field="initiator")
    elif name == in_use(facts.here) and name != facts.here.name:
        whose = f", which is the name of {member}" if (member := taken_by(facts.here.name, site)) else ""
        text = f"The sessions run under {name}; the file says {facts.here.name or 'nothing'}{whose}."
        hint = "The name that the array knows is put back; the sessions are left alone."
        yield Problem("iscsi.name-differs", text, (), hint, "warn")
    elif facts.here.sessions and (not facts.here.name or taken_by(facts.here.name, site)):
        told = f"the name of {taken_by(facts.here.name, site)}" if facts.here.name else "no name"
        text = f"The initiator's file has {told}, and this host has sessions, under the name that it had before."
        hint = "Put back the name that the array knows for this host. Until then log in nowhere with this file."
        yield Problem("iscsi.name-differs", text, (), hint)
    elif name != facts.here.name and facts.here.sessions:
        text = f"The initiator cannot be renamed from {facts.here.name} while it has sessions."
        yield Problem(
            "iscsi.name-in-use", text, (), "Log out of the targets first, or keep the name.", field="initiator"
        )
    elif member := taken_by(facts.here.name, site):
        text = f"This host has the initiator name of {member}, {facts.here.name}: copied, as when a host is cloned."
        yield Problem("iscsi.name-taken", text, (), f"It is called {name} before it logs in.", "warn")


def _secrets(facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> Iterator[Problem]:
    pairs = (
        ("CHAP", answers.chap_user, answers.chap_user_in, answers.chap_password, answers.chap_password_in),
        (
            "discovery",
            answers.discovery_user,
            answers.discovery_user_in,
            answers.discovery_password,
            answers.discovery_password_in,
        ),
    )
    for what, user, user_in, out, back in pairs:
        yield from _pair(what, user, user_in, out, back)
    conf = values(facts.here.conf)
    open_ones = [offer for offer in wanted_offers(facts, site, answers) if not settled(facts, offer, answers)]
    if answers.chap_user and not (answers.chap_password or credentials(facts.here)[1]) and open_ones:
        yield _ask_secret(f"The password of the CHAP user {answers.chap_user} is not known.", "chap_password")
    if answers.chap_user_in and not (answers.chap_password_in or mutual(facts.here)[1]) and open_ones:
        yield _ask_secret(
            f"The password of the mutual CHAP user {answers.chap_user_in} is not known.", "chap_password_in"
        )
    key = "discovery.sendtargets.auth.password"
    if answers.discovery_user and not (answers.discovery_password or conf.get(key)):
        yield _ask_secret(
            f"The password of the discovery user {answers.discovery_user} is not known.", "discovery_password"
        )


def _ask_secret(text: str, field: str) -> Problem:
    return Problem("iscsi.secret-missing", text, (), "Type it; it is kept in iscsid.conf (0600) alone.", "ask", field)


def _pair(what: str, user: str, user_in: str, out: Secret, back: Secret) -> Iterator[Problem]:
    if (user_in or back) and not user:
        text = f"Mutual {what} authentication needs the user of this direction too."
        hint = "Give user and password, or leave the mutual ones empty."
        yield Problem("iscsi.chap-incomplete", text, (), hint, field=f"{what.lower()}_user")
    if out and out == back:
        text = f"The two {what} passwords are the same, which RFC 3720 forbids: the target could play ours back."
        yield Problem(
            "iscsi.secrets-equal", text, (), "Give each direction its own.", field=f"{what.lower()}_password_in"
        )
    for secret in (out, back):
        size = len(secret.value.encode()) if secret else 0
        if secret and size not in SECRET_LENGTH:
            text = f"A {what} password has {count(size, 'byte')}; many targets take 12 to 16 only."
            yield Problem("iscsi.secret-length", text, (), "If the login is refused, look here first.", "warn")


def _portal(one: Discovery, facts: IscsiFacts, answers: IscsiAnswers) -> Iterator[Problem]:
    """All of them may be accepted: then the other portals are used alone."""
    if one.failure == "chap":
        text = f"The portal {one.portal} refuses the discovery login."
        hint = "Give discovery user and password as the array has them, for this initiator name."
        wrong = "discovery_password" if answers.discovery_user else "discovery_user"
        yield Problem("iscsi.chap-refused", text, one.evidence, hint, field=wrong, acceptable=True)
    elif one.failure in ("refused", "unreachable"):
        text = f"The portal {one.portal} does not answer ({one.failure})."
        hint = "Look at address, VLAN and cable; accept it to go on with the other portals."
        yield Problem("iscsi.portal-silent", text, one.evidence, hint, acceptable=True)
    elif one.failure == "nothing":
        yield _nothing(one, facts.here, answers)
    elif one.failure == "name":
        hint = "Give an address, or a name that resolves here."
        text = f"{one.portal} is no address, and no known name."
        yield Problem("iscsi.portal-name", text, one.evidence, hint, field="portals", acceptable=True)
    elif one.failure:
        text = f"The portal {one.portal} could not be asked for its targets."
        yield Problem("iscsi.discovery-failed", text, one.evidence, "The tool's words say why.", acceptable=True)


def _nothing(one: Discovery, here: Iscsi, answers: IscsiAnswers) -> Problem:
    text = f"The portal {one.portal} offers nothing to this host."
    hint = f"Ask the storage team to grant {answers.initiator}; read out: {spelled(answers.initiator)}"
    level: Level = "stop"
    if answers.initiator != here.name:
        level = "warn"
        text += f" It was asked under the old name, {here.name or '(none)'}."
    return Problem("iscsi.nothing-offered", text, one.evidence, hint, level, acceptable=True)


def spelled(name: str) -> str:
    """A name in groups of four characters, for the telephone."""
    return " ".join(name[at : at + 4] for at in range(0, len(name), 4))


def _targets(facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> Iterator[Problem]:
    offered = tuple(dict.fromkeys(iqn for one in facts.discoveries for iqn, _, _ in one.targets))
    if not answers.portals:
        yield Problem(
            "iscsi.no-portal", "No portal of the array is known.", (), "Give at least one address.", "ask", "portals"
        )
    elif not answers.targets:
        yield Problem(
            "iscsi.no-target", "No target is chosen.", offered, "Choose from what is offered.", "ask", "targets"
        )
    known = {offer.iqn for offer in wanted_offers(facts, site, answers)}
    for iqn in answers.targets:
        if iqn not in known and any(not one.failure for one in facts.discoveries):
            text = f"No portal offers {iqn}."
            yield Problem(
                "iscsi.target-gone", text, offered, "Choose another, or have it granted to this host.", field="targets"
            )
