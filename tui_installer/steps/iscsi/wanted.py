"""Which sessions there are to be, and how their records and iscsid.conf are to read."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from tui_installer.hosts.host import File
from tui_installer.model.answers import Secret
from tui_installer.model.site import Site
from tui_installer.probes.iscsi import Iscsi, Record, values
from tui_installer.steps.iscsi.facts import IscsiAnswers, IscsiFacts, Offer

STARTUP, TIMEOUT = "node.startup", "node.session.timeo.replacement_timeout"
DEFAULTS = {
    "node.conn[0].timeo.noop_out_interval": "5",
    "node.conn[0].timeo.noop_out_timeout": "5",
    "node.session.iscsi.InitialR2T": "No",
    "node.session.iscsi.ImmediateData": "Yes",
    "node.session.iscsi.FirstBurstLength": "262144",
    "node.session.iscsi.MaxBurstLength": "16776192",
    "node.conn[0].iscsi.MaxRecvDataSegmentLength": "262144",
}
"""Written only where the file says nothing: see docs/iscsid.md."""


def wanted_offers(facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> tuple[Offer, ...]:
    """A target at a portal, for every chosen one that is known: discovered, recorded here, or used by the member.

    The member's word counts only where this host was not asked, or where the portal hides the target as long as
    it does not know the new name (a discovery speaks with the name that iscsid started with).
    """
    silent = {one.portal for one in facts.discoveries if one.failure and one.failure != "nothing"}
    hiding = {one.portal for one in facts.discoveries if one.failure == "nothing"}
    if answers.initiator == facts.here.name:
        silent |= hiding
    found = [target for one in facts.discoveries for target in one.targets]
    known = [*facts.here.records, *(site.witness.iscsi.records if site.witness else ())]
    asked = {one.portal for one in facts.discoveries} - hiding
    found += [(each.iqn, each.portal, each.tpgt) for each in known if each.portal not in silent | asked]
    pairs = {(iqn, where): tpgt for iqn, where, tpgt in reversed(found)}
    bound = {where: bindings(where, facts) for where in answers.portals}
    return tuple(
        Offer(iqn, where, pairs[iqn, where], iface)
        for iqn in answers.targets
        for where in answers.portals
        if (iqn, where) in pairs
        for iface in bound[where]
    )


def incomplete(facts: IscsiFacts, site: Site, answers: IscsiAnswers) -> tuple[str, ...]:
    """The portals that have to be asked: nothing is known of them, or not all of it is there as wanted."""
    offers = wanted_offers(facts, site, answers)
    known = {offer.portal for offer in offers}
    there = {offer for offer in offers if settled(facts, offer, answers) and has_session(facts.here, offer)}
    lacking = {offer.portal for offer in offers if offer not in there}
    return tuple(portal for portal in answers.portals if portal not in known or portal in lacking)


def settled(facts: IscsiFacts, offer: Offer, answers: IscsiAnswers) -> bool:
    """Whether its record is as wanted."""
    record = find(facts.here, offer)
    return record is not None and record.file is not None and not missing(record, answers)


def find(here: Iscsi, offer: Offer) -> Record | None:
    """Its record; None if there is none."""
    return here.recorded.get((offer.iqn, offer.portal, offer.iface))


def has_session(here: Iscsi, offer: Offer) -> bool:
    """Whether the kernel has its session, up or down."""
    return (offer.iqn, offer.portal, offer.iface) in here.connected


def bindings(portal: str, facts: IscsiFacts) -> tuple[str, ...]:
    """The iface records for a portal: one for each interface in its subnet if there are several, else the default.

    A portal that already has a session without one keeps it so: sessions in use are not moved.
    """
    if any(each.portal == portal and each.iface == "default" for each in facts.here.sessions):
        return ("default",)
    near = sorted({link.name for link in facts.links if any(leads_to(address, portal) for address in link.addresses)})
    return tuple(near) if len(near) > 1 else ("default",)


def leads_to(address: str, portal: str) -> bool:
    """Whether a portal is in the network of an address."""
    try:
        return ipaddress.ip_address(portal.rpartition(":")[0].strip("[]")) in ipaddress.ip_interface(address).network
    except ValueError:
        return False


# --- CHAP and keys


def credentials(model: Iscsi) -> tuple[str, bool]:
    """The CHAP user that a host's records or its iscsid.conf name, and whether there is a password with it."""
    return _chap_of(model, "username", "password")


def mutual(model: Iscsi) -> tuple[str, bool]:
    """The user by which targets prove themselves, and whether there is a password with it; see `credentials`."""
    return _chap_of(model, "username_in", "password_in")


def _chap_of(model: Iscsi, user: str, password: str) -> tuple[str, bool]:
    """The first record, else iscsid.conf, that has such a user; records of many targets name none at all."""
    key = f"node.session.auth.{user}"
    for file in (*(record.file for record in model.records), model.conf):
        found = values(file) if file and key.encode() in file.content else {}
        if named := found.get(key, ""):
            return named, bool(found.get(f"node.session.auth.{password}"))
    return "", False


def session_chap(answers: IscsiAnswers) -> dict[str, str]:
    """The answered CHAP keys of sessions."""
    passwords = answers.chap_password, answers.chap_password_in
    return _chap("node.session", answers.chap_user, answers.chap_user_in, *passwords)


def discovery_chap(answers: IscsiAnswers) -> dict[str, str]:
    """The answered CHAP keys of discoveries."""
    passwords = answers.discovery_password, answers.discovery_password_in
    return _chap("discovery.sendtargets", answers.discovery_user, answers.discovery_user_in, *passwords)


def _chap(prefix: str, user: str, user_in: str, password: Secret, password_in: Secret) -> dict[str, str]:
    keys = {"username": user, "password": password.value, "username_in": user_in, "password_in": password_in.value}
    given = {f"{prefix}.auth.{key}": value for key, value in keys.items() if value}
    return {f"{prefix}.auth.authmethod": "CHAP", **given} if given else {}


def missing(record: Record, answers: IscsiAnswers) -> dict[str, str]:
    """The keys of a record that are to be set. The method alone is no reason: iscsid never looks at it."""
    chap = session_chap(answers)
    there = values(record.file) if chap else {STARTUP: record.startup}
    wanted = {STARTUP: "automatic", **chap}
    lacking = {key: value for key, value in wanted.items() if there.get(key, "") != value}
    return {} if all(key.endswith(".authmethod") for key in lacking) else lacking


def conf_keys(conf: File | None, answers: IscsiAnswers, arrived: bool) -> Mapping[str, str]:
    """The keys of iscsid.conf that are to be set. Where all sessions are there, only new passwords count."""
    there = values(conf)
    passwords = (answers.chap_password, answers.chap_password_in)
    chap = {} if arrived and not any(passwords) else session_chap(answers)
    wanted = {**chap, **discovery_chap(answers)}
    if not arrived:
        timeout = there.get(TIMEOUT, "")
        short = timeout.isascii() and timeout.isdigit() and 0 < int(timeout) <= 20
        wanted |= {STARTUP: "automatic", TIMEOUT: timeout if short else "5"}
        wanted |= {key: value for key, value in DEFAULTS.items() if key not in there}
    return {key: value for key, value in wanted.items() if there.get(key, "") != value}
