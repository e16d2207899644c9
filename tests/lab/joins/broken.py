"""What befalls a member: each broken on entering, and as it was before on leaving."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.host import Host
from tests.lab.joins.seen import RISES

POOL = "/srv/pool"
SCRIPT = r"""
set -e
cd /srv/pool
deb=$(ls vlan_*.deb)
rm -rf /root/vlan; cp $deb Packages /root
dpkg -P vlan
dpkg-deb -R $deb /root/vlan
printf '#!/bin/sh\necho "vlan: this script fails" >&2\nexit 1\n' >/root/vlan/DEBIAN/postinst
chmod 755 /root/vlan/DEBIAN/postinst
dpkg-deb -b /root/vlan $deb
python3 - $deb <<'END'
import hashlib, re, sys
from pathlib import Path
data = Path(sys.argv[1]).read_bytes()
new = {"Size": len(data), "MD5sum": hashlib.md5(data).hexdigest(), "SHA1": hashlib.sha1(data).hexdigest(),
       "SHA256": hashlib.sha256(data).hexdigest()}
stanzas = Path("Packages").read_text().split("\n\n")
for at, stanza in enumerate(stanzas):
    if f"/{sys.argv[1]}\n" in stanza:
        for field, value in new.items():
            stanza = re.sub(f"(?m)^{field}: .*$", f"{field}: {value}", stanza)
        stanzas[at] = stanza
Path("Packages").write_text("\n\n".join(stanzas))
END
apt-get -q update
"""
STOP = "systemctl stop cluster-volumes lvmlocks lvmlockd dlm corosync"
START = "systemctl start corosync dlm lvmlockd lvmlocks cluster-volumes"


@contextmanager
def script(host: Host) -> Iterator[None]:
    """A package that the host needs is gone, and the one in its pool has a script that fails."""
    host.check(SCRIPT, timeout=180)
    yield
    host.check(f"mv /root/vlan_*.deb /root/Packages {POOL}; rm -rf /root/vlan; apt-get -q update", timeout=120)


@contextmanager
def edit(host: Host) -> Iterator[bytes]:
    """A newer corosync.conf that nobody has loaded, with another timeout; gives its text."""
    before = host.get(RISES)
    lines = before.decode().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "config_version:" in line)
    version = int(lines[at].split(":")[1])
    lines[at : at + 1] = [f"    config_version: {version + 1}\n", "    token: 4321\n"]
    text = "".join(lines).encode()
    host.put(RISES, text)
    yield text
    host.put(RISES, before)


@contextmanager
def hangs(host: Host, tool: str) -> Iterator[None]:
    """A tool that never answers, and whose processes do not die by themselves."""
    host.check(f"mv {tool} {tool}.lab && printf '#!/bin/sh\\nexec sleep 100000\\n' >{tool} && chmod 755 {tool}")
    yield
    host.check(f"mv {tool}.lab {tool}")


@contextmanager
def stopped(host: Host, volume: str) -> Iterator[bytes]:
    """A member that was stopped in order, and has the file of a version before; gives the file that is in force."""
    in_force = host.get(RISES)
    host.check(f"lvchange -an {volume} && {STOP}", timeout=120)
    lines = in_force.decode().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "config_version:" in line)
    lines[at] = f"    config_version: {int(lines[at].split(':')[1]) - 1}\n"
    host.put(RISES, "".join(lines).encode())
    yield in_force
    host.check(START, timeout=180)
