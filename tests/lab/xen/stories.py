"""What is tried on the machine: from plain Linux by the program's own screens into Xen, and what fails on the way."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.lab.errors import LabError
from tests.lab.joins.operator import SETTLED, STEP, Entry, Operator, seen
from tests.lab.joins.seen import demand
from tests.lab.xen.machine import SPEED, Machine

Say = Callable[[str], None]
LAST = "Restart and check"
WATCHDOG = 600
"""Real seconds, the fewest that the program takes: Xen's own timer runs as fast as anywhere."""
PATIENT = 1800
"""The same where it is not to end what is slow: a machine that is busy with other tests."""
CHECKED = re.compile(r"boot check: (?!waits)[^\r\n]+(?=[\r\n])")


def into_xen(machine: Machine, say: Say, watchdog: int) -> None:
    """Plain Linux; console, hypervisor and restart by keys; Xen. Raises LabError."""
    machine.login()
    demand("plain Linux boots through GRUB on the line", "BOOT_IMAGE=" in machine.shell("cat /proc/cmdline"))
    say("plain Linux, logged in to on the line")
    by_keys(machine, say, watchdog)
    said = machine.login(200)
    demand("Xen is on trial, on the same line", "(XEN)" in said or "Xen" in said, said[-2000:])
    verdict = checked(machine, said)
    demand("all came back", "came back; Xen is what boots from now on. The watchdog is off" in verdict, verdict)
    say(verdict)
    demand("xl answers", "xen_version" in machine.shell("xl info", seconds=60))
    environment = machine.shell("grub-editenv list")
    demand("the entry is permanent now", "saved_entry=xen-gnulinux" in environment, environment)


def stays(machine: Machine, say: Say) -> None:
    """A second restart. Raises LabError."""
    machine.console.send("systemctl reboot\r")
    said = machine.login(200)
    demand("a second restart stays in Xen", "xen" in machine.shell("cat /sys/hypervisor/type"))
    say(f"after a second restart: {checked(machine, said)}")


def by_keys(machine: Machine, say: Say, watchdog: int) -> None:
    """Every step into place by keys; the last one restarts the machine."""
    operator = Operator(machine.console)
    machine.console.send("tui-installer\r")
    operator.expect(re.compile(r"Next: |In the way: |Everything is in place"), 300)
    operator.press("\x1b[H\r", SETTLED, 300)
    while True:
        found = STEP.search(operator.text())
        if found is None:
            raise LabError(f"no step is shown:\n{operator.text()}")
        if found[3] == LAST:
            break
        say(f"{found[3]}: {found[4]}")
        operator.into_place({})
        key = "\r"
        if "[*Form*]" in operator.text():  # the first step, never answered, begins with it
            operator.press("\x1b", "n next")
            key = "n"
        operator.press(key, seen(int(found[1]) + 1), 300)
        operator.arrive(int(found[1]) + 1)
    operator.settle()
    operator.fill_in({"Watchdog": Entry(str(watchdog)), "This host's name": Entry("vm")})
    operator.press("a", "[ Apply now ]")
    operator.to_button("Apply now")
    say(f"{LAST}: applied")
    machine.console.said(re.compile(r"\Z"), 5)
    machine.console.send("\r")


def checked(machine: Machine, said: str) -> str:
    """The boot check's words: on the line already, or as soon as it ends."""
    found = CHECKED.findall(said)
    found = found or CHECKED.findall(machine.expect(CHECKED, 120))
    return str(found[-1])


@dataclass(frozen=True)
class Failure:
    """A way in which Xen does not come through."""

    name: str
    spoil: str
    """What is done to the machine, in its shell, before it is restarted."""
    mend: str
    words: str
    """What the next login is told."""
    fired: str = ""
    """What Xen says when its watchdog ends it before that login; empty: it is off, and somebody restarts it."""


CFG = "/boot/grub/grub.cfg"
NO_STORAGE = "chmod a-x /usr/sbin/tgtd; sed -i 's/^[1-9][0-9]*/90/' /etc/boot-check/expected"
FAILURES = (
    Failure(
        "a wrong root",
        f"sed -i 's/placeholder root=UUID=[0-9a-f]*/placeholder root=UUID=00000000/' {CFG}",
        "update-grub 2>/dev/null",
        "is no file system of this host",
    ),
    Failure(
        "too little memory for dom0",
        f"sed -i 's/dom0_mem=[0-9]*M,max:[0-9]*M/dom0_mem=16M,max:16M/' {CFG}",
        "update-grub 2>/dev/null",
        "is too little for its kernel",
    ),
    Failure(
        "the hypervisor's file is gone",
        "mv /boot/xen-4.20-amd64.gz /root/",
        "mv /root/xen-4.20-amd64.gz /boot/",
        "which its entry loads, is not there",
    ),
    Failure(
        "a panic in dom0",
        f"sed -i 's/\\(placeholder root=UUID=[^ ]*\\)/\\1 rdinit=\\/nope init=\\/nope/' {CFG}",
        "update-grub 2>/dev/null",
        "it never came to its boot check",
    ),
    Failure(
        "storage that is not there, without the watchdog",
        f"{NO_STORAGE}; sed -i 's/ hv[.]wdt=[0-9]*//' {CFG}",
        "chmod a+x /usr/sbin/tgtd; update-grub 2>/dev/null",
        "The next boot is the old entry",
    ),
    Failure(
        "storage that is not there, with the watchdog",
        f"{NO_STORAGE}; sed -i 's/ hv[.]wdt=[0-9]*/ hv.wdt={WATCHDOG}/' {CFG}",
        "chmod a+x /usr/sbin/tgtd; update-grub 2>/dev/null",
        "did not come through: it booted, but ",
        "Watchdog timer fired for domain 0",
    ),
)


def fails(machine: Machine, failure: Failure, say: Say) -> None:
    """From plain Linux at its prompt: spoilt, tried, back by itself, and told. Raises LabError."""
    menu = machine.shell("grep -o \"'xen-gnulinux-simple-[^']*'\" /boot/grub/grub.cfg | head -n 1 | tr -d \"'\"")
    entry = re.search(r"xen-gnulinux-simple-[0-9a-f-]+", menu)
    if entry is None:
        raise LabError(f"there is no entry for Xen:\n{menu}")
    trial = f"entry={entry[0]}\\nboot=%s\\n"
    machine.shell(f'printf "{trial}" "$(cat /proc/sys/kernel/random/boot_id)" >/etc/boot-check/trial')
    machine.shell(
        'grub-set-default "$(grep -o "\'gnulinux-simple-[^\']*\'" /boot/grub/grub.cfg | head -n 1 | tr -d "\'")"'
    )
    machine.shell(failure.spoil)
    machine.shell(f"grub-reboot {entry[0]}; sync")
    machine.console.send("systemctl reboot\r")
    if failure.fired:  # on a slow machine before anybody could log in
        machine.expect(re.compile(re.escape(failure.fired)), 300 + WATCHDOG / SPEED)
        say(f"{failure.name}: {failure.fired}")
    said = machine.login(300)
    verdict = checked(machine, said)
    demand(f"{failure.name}: the next login is told", failure.words in verdict, verdict)
    say(f"{failure.name}: {verdict}")
    if "xen" in machine.shell("cat /sys/hypervisor/type 2>/dev/null"):
        machine.console.send("systemctl reboot\r")
        said = machine.login(300)
        say(f"{failure.name}: and then: {checked(machine, said)}")
    demand(f"{failure.name}: back on the old entry", "BOOT_IMAGE=" in machine.shell("cat /proc/cmdline"))
    machine.shell(failure.mend, seconds=120)
