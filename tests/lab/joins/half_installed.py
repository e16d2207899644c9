"""What keeps apt and dpkg from their work on a joined host: made for real, said at its console, and mended by keys.

The package that befalls it is vlan, which the host's storage network needs; its sessions, lockspaces and volumes go on.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.lab.host import Host
from tests.lab.joins import product, seen
from tests.lab.joins.at_console import free_volume
from tests.lab.joins.day_two import Say, Stage, home, write, written
from tests.lab.joins.operator import ENDED, LOOKED, Operator, open_step
from tests.lab.joins.unattended import join
from tests.lab.lab import Lab

REMAKE = "/root/remake-package"
REMADE = r'''
import hashlib, pathlib, re, subprocess, sys

def remake(name, script="", words="", fields="", alone=""):
    """Build a package of the pool anew: with a script of these words, other fields, one file alone; and list it."""
    pool, tree = pathlib.Path("/srv/pool"), pathlib.Path("/root/remade")
    subprocess.run(["rm", "-rf", tree], check=True)
    deb = next(pool.glob(f"{name}_*.deb"))
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    if script:
        (tree / "DEBIAN" / script).write_text(f"#!/bin/sh\n{words}\nexit 0\n")
        (tree / "DEBIAN" / script).chmod(0o755)
    control = tree / "DEBIAN/control"
    for field in filter(None, fields.split("|")):
        key, _, value = field.partition(":")
        text = re.sub(f"(?m)^{key}:.*\n", "", control.read_text())
        control.write_text(text.replace("Description:", f"{key}:{value}\nDescription:", 1))
    if alone:
        text = control.read_text()
        subprocess.run(["rm", "-rf", tree], check=True)
        for path, content in ((control, text), (tree / alone.lstrip("/"), "there")):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    new = re.search(r"(?m)^Package: (.*)$", control.read_text())[1]
    made = pool / deb.name.replace(name, new, 1)
    subprocess.run(["dpkg-deb", "-b", tree, made], check=True, stdout=subprocess.DEVNULL)
    data = made.read_bytes()
    stanza = f"{control.read_text().strip()}\nFilename: ./{made.name}\nSize: {len(data)}\n"
    stanza += f"SHA256: {hashlib.sha256(data).hexdigest()}\n"
    stanzas = [each for each in (pool / "Packages").read_text().split("\n\n") if each.strip()]
    kept = [each.strip("\n") for each in stanzas if not re.search(f"(?m)^Package: {re.escape(new)}$", each)]
    (pool / "Packages").write_text("\n\n".join([*kept, stanza.strip("\n")]) + "\n")

remake(*sys.argv[1:])
'''
HOLD = "python3 -c \"import fcntl, time; f = open('/var/lib/dpkg/lock-frontend', 'a'); fcntl.lockf(f, fcntl.LOCK_EX); "
RELEASE = r"""
import email.utils, hashlib, pathlib, sys, time
begun, until = (time.time() + float(each) for each in sys.argv[1:])
text = pathlib.Path("/srv/pool/Packages").read_bytes()
date = lambda at: email.utils.formatdate(at).replace("-0000", "UTC")
release = f"Origin: pool\nSuite: stable\nDate: {date(begun)}\nValid-Until: {date(until)}\nSHA256:\n"
pathlib.Path("/srv/pool/Release").write_text(f"{release} {hashlib.sha256(text).hexdigest()} {len(text)} Packages\n")
"""
UNREAD = "rm -rf /var/lib/apt/lists; mkdir -p /var/lib/apt/lists/partial"
SOURCE = "/etc/apt/sources.list"


@dataclass(frozen=True)
class Cause:
    """Something that apt or dpkg stops at."""

    what: str
    code: str
    """Under which the card has it, behind "packages."."""
    made: str
    """By these words of shell; vlan is not installed then."""
    gone: str = "true"
    """What somebody does by hand once the card is read."""
    after: str = "true"
    """What is taken back of the laboratory's own once all is mended."""
    key: str = "m"
    """What is pressed on the card: m where it offers to mend it, else t."""


def failing(script: str) -> str:
    """A script of vlan that fails as long as /run/lab-cause is there."""
    words = f"[ ! -e /run/lab-cause ] || {{ echo vlan: no {script} today >&2; exit 3; }}"
    return f"touch /run/lab-cause; python3 {REMAKE} vlan {script} '{words}'; apt-get -q update"


KILLED = "[ ! -e /run/lab-cause ] || { kill -9 $PPID; sleep 2; }"
SERVED = "systemd-run -q --unit=lab-mirror -p WorkingDirectory=/srv/pool python3 -m http.server --bind 127.0.0.1 8000"
NO_CAUSE = "rm -f /run/lab-cause"
CAUSES = (
    Cause("a failing preinst", "script-failed", failing("preinst"), NO_CAUSE),
    Cause("a failing postinst", "script-failed", failing("postinst"), NO_CAUSE),
    Cause("dpkg killed while it unpacks", "interrupted",
          f"touch /run/lab-cause; python3 {REMAKE} vlan preinst '{KILLED}'; apt-get -q update", NO_CAUSE),
    Cause("dpkg killed while it configures", "interrupted",
          f"touch /run/lab-cause; python3 {REMAKE} vlan postinst '{KILLED}'; apt-get -q update", NO_CAUSE),
    Cause("installed without what it needs", "half-configured",
          f"python3 {REMAKE} vlan '' '' 'Package: lab-needed|Depends: libc6' /opt/lab-needed; "
          f"python3 {REMAKE} vlan '' '' 'Depends: lab-needed'; "
          f"dpkg --force-depends --unpack /srv/pool/vlan_*.deb; {UNREAD}",
          after="dpkg -P --force-depends lab-needed"),
    Cause("dpkg's lock held", "locked",
          f"dpkg --unpack /srv/pool/vlan_*.deb; systemd-run -q --unit=lab-lock {HOLD} time.sleep(1e6)\"; sleep 2",
          "systemd-run -q --on-active=15 systemctl stop lab-lock"),
    Cause("a dependency that is nowhere", "unmet",
          f"python3 {REMAKE} vlan '' '' 'Depends: lab-nowhere (= 1)'; {UNREAD}", "lists", key="t"),
    Cause("no source that has it", "no-candidate",
          f"sed -i 's/^Package: vlan$/Package: lab-none/' /srv/pool/Packages; {UNREAD}", "pool"),
    Cause("a file that another package has", "file-conflict",
          f"python3 {REMAKE} vlan '' '' 'Package: lab-other'; dpkg -i /srv/pool/lab-other_*.deb; apt-get -q update",
          "dpkg -P lab-other", key="t"),
    Cause("a mirror that does not answer", "mirror-silent",
          f"echo 'deb [trusted=yes] http://127.0.0.1:8000/ ./' >{SOURCE}; {UNREAD}", f"{SERVED}; sleep 5",
          "systemctl stop lab-mirror", key="t"),
    Cause("a mirror's name that nobody knows", "no-dns",
          f"echo 'deb [trusted=yes] http://mirror.example/ ./' >{SOURCE}; {UNREAD}", "source", key="t"),
    Cause("lists that are older than the mirror", "list-outdated",
          f"apt-get clean; {SERVED}; sleep 5; echo 'deb [trusted=yes] http://127.0.0.1:8000/ ./' >{SOURCE}; "
          "apt-get -q update; "
          f"python3 {REMAKE} vlan '' '' 'Version: 99'; mv /srv/pool/vlan_*.deb /srv/pool/vlan_99_all.deb; "
          "sed -i 's#^Filename: ./vlan_.*#Filename: ./vlan_99_all.deb#' /srv/pool/Packages",
          after="systemctl stop lab-mirror"),
    Cause("lists that have expired", "lists-expired",
          f"python3 -c '{RELEASE}' -900000 -500000; {UNREAD}",
          "echo 'Acquire::Check-Valid-Until \"false\";' >/etc/apt/apt.conf.d/90archive",
          "rm /etc/apt/apt.conf.d/90archive", key="t"),
    Cause("no room for the archives", "no-space",
          f"echo 'deb [trusted=yes] copy:/srv/pool ./' >{SOURCE}; apt-get -q update; "
          "mount -t tmpfs -o size=64k lab /var/cache/apt/archives; mkdir /var/cache/apt/archives/partial; "
          "dd if=/dev/zero of=/var/cache/apt/archives/old_1_all.deb bs=1k count=64 || true",
          after="umount /var/cache/apt/archives"),
)  # fmt: skip
"""Sources: the same causes, each with this version's words, in `tests/apt/test_recovery.py`."""
HANDS = {
    "pool": "rm -f /srv/pool/vlan_*.deb /srv/pool/lab-*.deb /srv/pool/Release; cp /root/pool/* /srv/pool",
    "lists": "rm -f /srv/pool/vlan_*.deb; cp /root/pool/* /srv/pool; apt-get -q update",
    "source": f"cp /root/sources.list {SOURCE}",
}


def tell(lab: Lab, say: Say) -> None:
    """Join, one cause after the other while a volume is written to, and all is as before. Raises LabError."""
    join(lab, say)
    fresh, peer = lab["fresh"], lab[lab.scenario.members[0].name]
    at = Stage(lab, Operator(fresh.console), fresh, peer)
    fresh.put(REMAKE, REMADE.encode())
    fresh.check(f"mkdir /root/pool; cp /srv/pool/vlan_*.deb /srv/pool/Packages /root/pool; cp {SOURCE} /root")
    fresh.console.login()
    at.operator.press("clear; tui-installer\r", LOOKED, 300)
    write(fresh, "/".join(free_volume(lab)))
    for cause in CAUSES:
        with befallen(fresh, cause):
            _mended(at, cause)
        say(f"{cause.what}: packages.{cause.code}, key {cause.key}, in place, audit clean")
    written(fresh)
    seen.every_path(lab, fresh)
    code, told = product.status(fresh)
    seen.demand("all is in place again", code == 0, told)


@contextmanager
def befallen(host: Host, cause: Cause) -> Iterator[None]:
    """vlan is not installed, and cannot be; on leaving all is as it was."""
    host.check(f"dpkg -P vlan; {cause.made}", timeout=240)
    yield
    undone = f"{cause.after}; {NO_CAUSE}; {HANDS['pool']}; {HANDS['source']}; apt-get -q update"
    host.check(undone, timeout=240)


def _mended(at: Stage, cause: Cause) -> None:
    """The step fails with the cause's card; then what the card says is done. Raises LabError."""
    operator = at.operator
    home(operator)
    open_step(operator, "Packages")
    operator.settle()
    operator.press("a", "[ Apply now ]", 120)
    operator.decide(re.compile(r" - NOT IN PLACE"), 600)
    operator.settle()
    card = operator.text()
    seen.demand(f"{cause.what} is packages.{cause.code}", f"packages.{cause.code}" in card, card)
    seen.demand("mending is offered where it can be", ("m Mend" in card) == (cause.key == "m"), card)
    at.fresh.check(HANDS.get(cause.gone, cause.gone), timeout=120)
    if cause.key == "m":
        operator.press("m", "[ Mend now ]", 120)
        operator.decide(re.compile(r" - (mended|in place)"), 600)
        operator.settle()
    if " - in place" not in operator.text():
        operator.press("t", "[ Apply now ]", 120)
        operator.decide(ENDED, 600)
    seen.demand("the step is in place", ENDED.findall(operator.text()) == ["in place"], operator.text())
    said = at.fresh.check("dpkg --audit; dpkg-query -W -f '${db:Status-Abbrev}' vlan; systemctl is-active lab-writer")
    seen.demand("vlan is installed, the audit clean", said.split() == ["ii", "active"], said)
