"""The changes that make an initiator what it is to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tui_installer.formats import keyvalue
from tui_installer.hosts.host import File
from tui_installer.model import ends
from tui_installer.model.change import Change, Edit, Run, Stops, WriteFiles
from tui_installer.probes.iscsi import Iscsi
from tui_installer.steps.iscsi.facts import IscsiAnswers, IscsiFacts, Offer
from tui_installer.steps.iscsi.names import in_use
from tui_installer.steps.iscsi.wanted import conf_keys, find, missing

NAME_HEAD = b"""\
## DO NOT EDIT OR REMOVE THIS FILE!
## If you remove this file, the iSCSI daemon will not start.
## If you change the InitiatorName, existing access control lists
## may reject this initiator.  The InitiatorName must be unique
## for each iSCSI initiator.  Do NOT duplicate iSCSI InitiatorNames.
"""


def conf_file(here: Iscsi, answers: IscsiAnswers, arrived: bool) -> File:
    """iscsid.conf as it is to be. Raises `FormatError`."""
    return _set(here.conf or File(), conf_keys(here.conf, answers, arrived), " = ")


def name_file(here: Iscsi, answers: IscsiAnswers) -> File:
    """initiatorname.iscsi as it is to be. Raises `FormatError`."""
    keys = {"InitiatorName": answers.initiator, **({"InitiatorAlias": answers.alias} if answers.alias else {})}
    return _set(here.name_file or File(NAME_HEAD), keys, "=")


def _set(file: File, keys: Mapping[str, str], separator: str) -> File:
    content = file.content
    for key, value in keys.items():
        content = keyvalue.set(content, key, value, separator)
    return replace(file, content=content, mode=0o600)


def files(facts: IscsiFacts, answers: IscsiAnswers, arrived: bool) -> Iterator[Change]:
    """The two files, where they must change. A new name needs iscsid anew; it is only given without sessions."""
    here, edits = facts.here, []
    renamed = answers.initiator != here.name
    if renamed or (answers.alias != here.alias and not arrived):
        edits.append(Edit("here", here.name_path, here.name_file, name_file(here, answers)))
    if conf_keys(here.conf, answers, arrived):
        edits.append(Edit("here", here.conf_path, here.conf, conf_file(here, answers, arrived), "passwords"))
    restart = Run("Let iscsid take its new name", "here", ("systemctl", "restart", "iscsid"), within=ends.SERVICE)
    again = renamed and here.daemon and answers.initiator != in_use(here)  # iscsid has the name that is put back
    if edits:
        yield WriteFiles("Name this initiator, and say how it logs in", tuple(edits), (restart,) * again)


def switch(title: str, *argv: str, back: tuple[str, ...], strand: str = "") -> Run:
    """A unit switched, and how to switch it back."""
    return Run(title, "here", argv, undo=(Run(f"Take back: {title}", "here", back),), strand=strand)


def bind(name: str) -> Iterator[Run]:
    """An iface record: sessions that use it go out through this interface."""
    base = ("iscsiadm", "-m", "iface")
    gone = Run(f"Remove the iface record {name}", "here", (*base, "-o", "delete", "-I", name), ok=(0, 21))
    yield Run(f"Make an iface record for {name}", "here", (*base, "-o", "new", "-I", name), undo=(gone,))
    update = (*base, "-o", "update", "-I", name, "-n", "iface.net_ifacename", "-v", name)
    yield Run(f"Bind it to {name}", "here", update)


def record(facts: IscsiFacts, offer: Offer, answers: IscsiAnswers) -> Iterator[Change]:
    """A new record takes all from iscsid.conf, so that no password is in a command; an old one is corrected."""
    there = find(facts.here, offer)
    if there is None:
        target, _, portal, *bound = offer.words[1:]
        new = ("-o", "new", "-T", target, "-p", f"{portal},{offer.tpgt}", *bound)
        gone = Run("Remove the record", "here", ("iscsiadm", "-m", "node", "-o", "delete", *offer.words), ok=(0, 21))
        title = f"Record {offer.iqn} at {offer.portal}"
        yield Run(title, "here", ("iscsiadm", "-m", "node", *new), undo=(gone,), strand=offer.portal)
    elif there.file is not None and (keys := missing(there, answers)):
        edit = Edit("here", there.path, there.file, _set(there.file, keys, " = "), "passwords")
        yield WriteFiles(f"Correct the record of {offer.iqn} at {offer.portal}", (edit,), strand=offer.portal)


def login(offer: Offer) -> Run:
    """A session. Code 15: there is one already; 21: there is none to end."""
    node = ("iscsiadm", "-m", "node", *offer.words)
    stops = (Stops("session", (f"{offer.iqn} {offer.portal}",)),)
    out = Run(f"Log out of {offer.iqn} at {offer.portal}", "here", (*node, "--logout"), ok=(0, 21), stops=stops)
    title = f"Log in to {offer.iqn} at {offer.portal}"
    return Run(title, "here", (*node, "--login"), ok=(0, 15), within=ends.LOGIN, undo=(out,), strand=offer.portal)
