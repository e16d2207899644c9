"""Six things that are wrong: what an operator mistypes or the laboratory breaks, and what is to be said then."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from tests.lab.joins import seen
from tests.lab.joins.at_console import forms
from tests.lab.joins.operator import Entry, Form
from tests.lab.lab import Lab
from tests.lab.waiting import poll


def nothing(lab: Lab) -> AbstractContextManager[None]:
    """Nothing is broken: an answer is wrong."""
    return nullcontext()


ASKED = (
    *("iscsid.service active running", "iscsid.socket active running", "iscsid.socket active listening"),
    *("iscsi_tcp", "libiscsi_tcp", "libiscsi", "scsi_transport_iscsi", "scsi_mod", "scsi_common"),
)
"""What asking a portal for its targets leaves until the packages go: its socket starts iscsid, which loads these. It is
not stopped after a look, for another program may log in by it just then."""


@dataclass(frozen=True)
class Case:
    """Something wrong. In a later case what an earlier one has made `ready` is there."""

    about: str
    title: str
    """Of the step at which it shows, on the screen."""
    told: Mapping[str, tuple[str, str]]
    """In `status`: step -> (its state, the code of a problem); first the step at which it shows."""
    words: tuple[str, ...]
    """What the screen says beside the first code."""
    form: Form = field(default_factory=dict)
    """What is entered; one of the answers may be the wrong one."""
    wrong: Callable[[Lab], AbstractContextManager[None]] = nothing
    """Breaks something, and mends it at the end; what fails in between is looked at as it is."""
    applied: bool = False
    """Whether it shows only in an apply; else nothing may be applied."""
    ready: tuple[str, ...] = ()
    """The steps that are brought into place first."""
    left: tuple[str, ...] = ()
    """The ends of a snapshot's lines that may differ."""

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its problems; the first one is on the screen."""
        return tuple(code for _, code in self.told.values())


def cases(lab: Lab) -> tuple[Case, ...]:
    """All of them, in the order of a join."""
    return (*_at_the_site(lab), *_on_the_way_to_the_array(lab), _without_quorum(lab))


def _at_the_site(lab: Lab) -> tuple[Case, ...]:
    right, member = forms(lab), lab.scenario.members[0]
    nobody = member.mgmt.ip.rpartition(".")[0] + ".254"
    return (
        Case(
            "unknown member",
            "Site",
            {"site": ("problem", "site.unreachable")},
            (f"{nobody} cannot be reached by ssh.",),
            {"Member": Entry(nobody)},
        ),
        Case(
            "wrong ssh password",
            "Site",
            {"site": ("problem", "site.password-refused")},
            (f"{member.mgmt.ip} does not let root in with this password.", "Permission denied"),
            {**right["Site"], "Password": Entry("not-the-password")},
        ),
    )


def _on_the_way_to_the_array(lab: Lab) -> tuple[Case, ...]:
    right, portals = forms(lab), lab.scenario.portals
    vlan = (lab.scenario.members[0].storage[0].vlan or 0) + 1
    return (
        Case(
            "wrong VLAN id",
            "Storage network",
            {"storage-network": ("problem", "storage-network.portal-silent")},
            (f"eth1.{vlan} is up, but portal {portals[0]}", "a wrong VLAN id looks the same"),
            {"VLAN": Entry(str(vlan))},
            applied=True,
            ready=("site", "packages"),
        ),
        Case(
            "dead portal",
            "iSCSI sessions",
            {
                "iscsi": ("waits", "iscsi.portal-silent"),
                "storage-network": ("problem", "storage-network.portal-silent"),
            },
            (f"The portal {portals[-1]}:3260 does not answer",),
            wrong=dead_portal,
            ready=("storage-network", "storage-guard"),
            left=ASKED,
        ),
        Case(
            "wrong CHAP secret",
            "iSCSI sessions",
            {"iscsi": ("problem", "iscsi.login-refused")},
            ("CHAP user, password or initiator name are not as it has them", "authorization failure"),
            {**right["iSCSI sessions"], "CHAP password": Entry("not-the-secret")},
            applied=True,
        ),
    )


def _without_quorum(lab: Lab) -> Case:
    return Case(
        "member without quorum",
        "Site",
        {"site": ("problem", "site.inquorate"), "cluster": ("waits", "cluster.inquorate")},
        (f"The cluster has no quorum, says {lab.scenario.members[0].name}.",),
        wrong=no_quorum,
    )


@contextmanager
def dead_portal(lab: Lab) -> Iterator[None]:
    """The array's last portal has no cable; at the end the member has its paths back."""
    nic = f"eth{len(lab.scenario.san.nics) - 1}"
    lab.cable(lab.scenario.san.name, nic, up=False)
    yield
    lab.cable(lab.scenario.san.name, nic, up=True)
    seen.every_path(lab, lab[lab.scenario.members[0].name])


@contextmanager
def no_quorum(lab: Lab) -> Iterator[None]:
    """The member expects more votes than there are, in corosync's memory alone."""
    member = lab[lab.scenario.members[0].name]
    votes = len(lab.scenario.members)

    def quorate(word: str) -> None:
        poll(f"{member.name}: quorate: {word}", lambda: _quorate(lab, member.name, word), 30)

    member.check(f"corosync-cmapctl -s quorum.expected_votes u32 {2 * votes + 1}")
    quorate("No")
    yield
    member.check(f"corosync-cmapctl -d quorum.expected_votes && corosync-quorumtool -e {votes}")
    quorate("Yes")


def _quorate(lab: Lab, name: str, word: str) -> tuple[bool, str]:
    out = lab[name].sh("corosync-quorumtool -s")[1]
    return f"Quorate:          {word}" in out, out
