"""What would not come back from a restart, each in turn on a member: named before it, really missing after it, and
there again with the remedy."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.joins import product, seen, unattended
from tests.lab.lab import Lab
from tests.lab.waiting import poll

Say = Callable[[str], None]
EXPECTED, RESULT = "/etc/boot-check/expected", "/var/lib/boot-check/result"
SOON = 60
"""Seconds after which the boot check gives up where something is missing; its own patience is for where all is back."""
CHECKED = 780
"""Seconds in which a boot check has ended, on a busy machine too."""


@dataclass(frozen=True)
class Loss:
    """A cause, and what it costs."""

    code: str
    """What the program calls it."""
    about: str
    spoil: str
    """Makes it so, in a shell on the member."""
    missing: str
    """What the boot check then says, as a pattern."""
    remedy: str
    """What the program advises, in a shell."""
    gone: str
    """Succeeds if it is really not there."""


def masked(name: str, missing: str, gone: str) -> Loss:
    """A unit that runs, and that no boot starts."""
    unmask = f"systemctl unmask {name}"
    return Loss("reboot.masked", f"{name} is masked", f"systemctl mask {name}", missing, unmask, gone)


def disabled(names: str, missing: str, gone: str) -> Loss:
    """Units that run, and are not enabled, nor what would bring them along."""
    enable = f"systemctl enable {names}"
    return Loss("reboot.not-enabled", f"{names} are disabled", f"systemctl disable {names}", missing, enable, gone)


def losses(lab: Lab) -> tuple[Loss, ...]:
    """What a host of the laboratory can lose."""
    iqn, portal = lab.scenario.cluster.target, f"{lab.scenario.portals[-1]}:3260"
    record = f"iscsiadm -m node -T {iqn} -p {portal} -o update -n node.startup -v"
    every = f"iscsiadm -m node -T {iqn} -o update -n node.startup -v"
    no_session = "! iscsiadm -m session"
    no_lockspace = "! dlm_tool ls | grep -q 'name  *lvm_vg'"
    files = "/etc/network/interfaces.d"
    return (
        disabled("open-iscsi san-volumes", "the session", no_session),
        disabled("multipathd san-volumes", "the map", "! ls /dev/mapper | grep -qv control"),
        disabled("dlm lvmlockd san-volumes", "dlm", "! dlm_tool ls"),
        disabled("lvmlockd san-volumes", "lvmlockd", "! lvmlockctl -i"),
        Loss(
            "reboot.no-lockspace", "san-volumes is not enabled", "systemctl disable san-volumes", "the lockspace",
            "systemctl enable san-volumes", no_lockspace,
        ),
        Loss(
            "reboot.not-auto", "the storage's interface is not auto",
            f"cp -a {files} /root/kept && sed -i '/^auto/d' {files}/*", r" on eth",
            f"cp -a /root/kept/. {files}/ && rm -r /root/kept", no_session,
        ),
        Loss(
            "reboot.not-configured", "the storage's interface is in no file",
            f"mkdir /root/kept && mv {files}/* /root/kept", r" on eth",
            f"mv /root/kept/* {files}/ && rmdir /root/kept", no_session,
        ),
        Loss(
            "reboot.not-automatic", f"one record of {portal}", f"{record} manual", re.escape(portal),
            f"{record} automatic", f"! iscsiadm -m session | grep -F {portal}",
        ),
        Loss("reboot.not-automatic", "all records", f"{every} manual", "the session", f"{every} automatic", no_session),
        masked("open-iscsi", "the session", no_session),
        masked("multipathd", "the map", "! ls /dev/mapper | grep -qv control"),
        masked("corosync", "the quorum", "! corosync-quorumtool -s"),
        masked("dlm", "dlm", "! dlm_tool ls"),
        masked("lvmlockd", "lvmlockd", "! lvmlockctl -i"),
    )  # fmt: skip


def tell(lab: Lab, say: Say) -> None:
    """Join, prove that all comes back, then lose each thing in turn. Raises LabError."""
    unattended.join(lab, say)
    fresh = lab["fresh"]
    restarted(lab, fresh)
    say("restarted by the program: all came back, says the boot check")
    brought_along(lab, fresh, say)
    for loss in losses(lab):
        lost(lab, fresh, loss, say)
    unattended.joined(lab, say)


def brought_along(lab: Lab, fresh: Host, say: Say) -> None:
    """What an enabled unit wants or requires is no loss, though it is disabled. Raises LabError."""
    for name in ("open-iscsi", "dlm"):
        fresh.check(f"systemctl disable {name}", timeout=60)
    product.give(fresh, product.answers(lab, reboot={"anyway": fresh.name}))
    _, out = product.run(fresh, f"plan reboot --answers {product.ANSWERS}", 300)
    seen.demand("what is brought along is not named", "reboot.not-enabled" not in out, out)
    product.give(fresh, product.answers(lab))
    fresh.reboot(timeout=600)
    said = checked(fresh)
    seen.demand("what is brought along is back", "verdict=back" in said, said)
    fresh.check("systemctl enable open-iscsi dlm", timeout=60)
    say("open-iscsi and dlm disabled: san-volumes brings them along, not named, and back")


def lost(lab: Lab, fresh: Host, loss: Loss, say: Say) -> None:
    """Named, missing without the remedy, there with it. Raises LabError."""
    fresh.check(f"cp -p {EXPECTED} /root/expected && sed -i 's/^[1-9][0-9]*/{SOON}/' {EXPECTED}")
    fresh.check(loss.spoil, timeout=60)
    product.give(fresh, product.answers(lab, reboot={"anyway": fresh.name}))
    code, out = product.run(fresh, f"plan reboot --answers {product.ANSWERS}", 300)
    seen.demand(f"{loss.about}: {loss.code} is named before the restart", code and loss.code in out, out)
    product.give(fresh, product.answers(lab))
    fresh.reboot(timeout=600)
    said = checked(fresh)
    seen.demand(
        f"{loss.about}: the boot check says so", "verdict=missing" in said and re.search(loss.missing, said), said
    )
    code, out = fresh.sh(loss.gone, timeout=60)
    seen.demand(f"{loss.about}: it is really missing", code == 0, out)
    fresh.check(f"mv /root/expected {EXPECTED} && {loss.remedy}", timeout=60)
    fresh.reboot(timeout=600)
    said = checked(fresh)
    seen.demand(f"{loss.about}: with the remedy all comes back", "verdict=back" in said, said)
    say(f"{loss.code}, {loss.about}: named, missing, and back with the remedy")


def restarted(lab: Lab, fresh: Host) -> None:
    """The program restarts the member, though nothing waits for that. Raises LabError."""
    product.give(fresh, product.answers(lab, reboot={"anyway": fresh.name}))
    before = fresh.boots
    fresh.check(f"systemd-run --quiet tui-installer apply reboot --answers {product.ANSWERS}")
    poll("the program restarts the host", lambda: (fresh.boots > before, fresh.console.text()), 600, every=0.5)
    fresh.wait_booted(400)
    said = checked(fresh)
    seen.demand("all came back", "verdict=back" in said, said)


def checked(fresh: Host) -> str:
    """What the boot check of this boot found, once it has ended. The others may have fenced the host meanwhile: without
    its dlm it goes down as a host that failed does."""

    def ended() -> tuple[bool, str]:
        try:
            said = fresh.sh(f"cat {RESULT}")[1]
            return fresh.sh("cat /proc/sys/kernel/random/boot_id")[1].strip() in said, said
        except LabError as error:
            return False, str(error)

    poll("the boot check ends", ended, CHECKED)
    return fresh.sh(f"cat {RESULT}")[1]
