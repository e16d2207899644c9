"""What is asked about the initiator, and what is seen of it."""

from __future__ import annotations

from dataclasses import dataclass

from tui_installer.hosts.host import Link
from tui_installer.model.answers import Secret, ask
from tui_installer.probes.discovery import Discovery
from tui_installer.probes.iscsi import Iscsi


@dataclass(frozen=True, slots=True)
class IscsiAnswers:
    """What the operator is asked."""

    initiator: str = ask("Initiator name", "This host's own IQN; the array grants access to it.")
    alias: str = ask("Initiator alias", "A name that the array may show beside the IQN.")
    portals: tuple[str, ...] = ask("Portals", "Addresses of the array; port 3260 unless given.", default=(), typed=True)
    targets: tuple[str, ...] = ask("Targets", "The IQNs to log in to.", default=())
    chap_user: str = ask("CHAP user", "For the sessions; empty: none, or as the files have it.")
    chap_password: Secret = ask("CHAP password", "Empty: as the files have it.", default=Secret())
    chap_user_in: str = ask("Mutual CHAP user", "The name by which the target proves itself to this host.")
    chap_password_in: Secret = ask("Mutual CHAP password", "Another one than the CHAP password.", default=Secret())
    discovery_user: str = ask("Discovery user", "CHAP for asking a portal for its targets.")
    discovery_password: Secret = ask("Discovery password", "Empty: as the file has it.", default=Secret())
    discovery_user_in: str = ask("Mutual discovery user", "")
    discovery_password_in: Secret = ask("Mutual disc. password", "", default=Secret())
    accept: tuple[str, ...] = ask("Accept", "Codes of problems that you have looked at and accept.", default=())


@dataclass(frozen=True, slots=True)
class IscsiFacts:
    """The initiator here, and what the portals offer."""

    here: Iscsi
    links: tuple[Link, ...]
    discoveries: tuple[Discovery, ...]
    """Of the portals that were asked: those where anything is missing."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A target at a portal, through an iface record, that there is to be a session to."""

    iqn: str
    portal: str
    tpgt: int
    iface: str

    @property
    def words(self) -> tuple[str, ...]:
        """Its part of iscsiadm's command line."""
        bound = () if self.iface == "default" else ("-I", self.iface)
        return ("-T", self.iqn, "-p", self.portal, *bound)
