"""Moving guests between real roots: keys both ways, a command that lets nothing else in, and a table that is right."""

from collections.abc import Callable
from typing import Any

from tests.lab.host import Host
from tests.lab.joins import product, seen, unattended
from tests.lab.lab import Lab

Say = Callable[[str], None]
KEY = "/root/.ssh/tui-installer-migrate"
"""Of each root; the step before makes it where the hypervisor is, which no host of the laboratory has."""
REFUSED = 77
"""The receiver's exit code for all that is no guest; who insists on a terminal gets none, and ssh ends with 255."""
SHELLS = ("", "/bin/sh -c id", "id", "xl list", "xl migrate-receive; id", "xl migrate-receive $(id)", "scp -t /root")
"""What may not be had with the key; the first asks for a login."""
FILES = ("/root/.ssh/authorized_keys", "/etc/ssh/tui-installer-known-hosts")


def tell(lab: Lab, say: Say) -> None:
    """Join, let guests be moved, try what else the keys are good for, lose a bridge and a host key, take it back.

    Raises LabError.
    """
    unattended.join(lab, say)
    fresh, *members = (lab[name] for name in ("fresh", *(plan.name for plan in lab.scenario.members)))
    for host in (fresh, *members):
        host.check(f"mkdir -p -m 700 /root/.ssh && ssh-keygen -q -t ed25519 -N '' -f {KEY}")
    before = {host.name: _files(host) for host in (fresh, *members)}
    _applied(lab, fresh)
    for member in members:
        _way(fresh, member)
        _way(member, fresh)
    say(f"keys both ways between {fresh.name} and {', '.join(each.name for each in members)}; no shell, no file")
    _table(lab, fresh, members, say)
    product.give(fresh, product.answers(lab))
    code, out = product.run(fresh, f"undo migration --answers {product.ANSWERS}")
    seen.demand("undo ends with 0", code == 0, out)
    left = {host.name: _files(host) for host in (fresh, *members)}
    seen.demand("undo leaves the files of ssh as they were", left == before, left)
    say("undo: each root's files of ssh are as before")


def _answers(lab: Lab) -> dict[str, dict[str, Any]]:
    return product.answers(lab, migration={"allow": True, "confirm": lab.scenario.cluster.name})


def _applied(lab: Lab, fresh: Host) -> None:
    product.give(fresh, _answers(lab))
    code, out = product.run(fresh, f"apply migration --answers {product.ANSWERS}")
    seen.demand("moving guests is applied", code == 0, out)


def _files(host: Host) -> tuple[str, ...]:
    return tuple(host.sh(f"cat {path}")[1] for path in FILES)


def _way(one: Host, other: Host) -> None:
    """The key is let in, and nothing but a guest with it. Raises LabError."""
    for asked in SHELLS:
        for terminal, wanted, said in (
            ("", REFUSED, "and nothing else"),
            ("-tt ", 255, "PTY allocation request failed"),
        ):
            ssh = f"ssh -o ConnectTimeout=10 {terminal}xen-{other.name} '{asked}' </dev/null"
            code, out = one.sh(ssh, timeout=60)
            refused = code == wanted and said in out and "uid=" not in out
            seen.demand(f"{one.name} gets no {terminal}{asked or 'shell'!r} on {other.name}", refused, (code, out))
    code, out = one.sh(f"ssh -o ConnectTimeout=10 -o ExitOnForwardFailure=yes -W 127.0.0.1:22 xen-{other.name}", 60)
    seen.demand(f"{one.name} gets no port of {other.name}", code and "SSH-2.0" not in out, out)
    code, out = one.sh(f"echo x | ssh -o ConnectTimeout=10 xen-{other.name} 'xl migrate-receive'", timeout=60)
    seen.demand("a guest is handed to xl, which the laboratory has not", code != REFUSED and "xl" in out, out)


def _table(lab: Lab, fresh: Host, members: list[Host], say: Say) -> None:
    """One member has a bridge that this host lacks, another one proves itself by another key. Raises LabError."""
    first, last = members[0], members[-1]
    rows = _rows(lab, fresh)
    for member in members:
        seen.demand("both ways are open", rows["facts"][member.name].startswith("there: yes; back: yes; "), rows)
    first.check("ip link add xenbr0 type bridge")
    last.check("rm /etc/ssh/ssh_host_ed25519_key* && ssh-keygen -A && systemctl restart ssh")
    rows = _rows(lab, fresh)
    seen.demand(f"{first.name}'s bridge is in the table", "; bridge xenbr0; " in rows["facts"][first.name], rows)
    seen.demand(f"{last.name} has none", "; bridge none; " in rows["facts"][last.name], rows)
    said = rows["facts"][last.name]
    seen.demand(f"{last.name}'s other key is not believed", "there: Host key verification failed" in said, rows)
    codes = {each["code"]: each["text"] for each in rows["problems"]}
    seen.demand("the bridge is said", first.name in codes.get("migration.bridge", ""), codes)
    seen.demand("the key is said", last.name in codes.get("migration.refused", ""), codes)
    say(f"the table: {rows['facts']}")
    first.check("ip link del xenbr0")
    _applied(lab, fresh)
    rows = _rows(lab, fresh)
    seen.demand("the accepted key was handed on", rows["facts"][last.name].startswith("there: yes; back: yes; "), rows)
    _way(fresh, last)


def _rows(lab: Lab, fresh: Host) -> dict[str, Any]:
    """What status says of moving guests. Raises LabError."""
    product.give(fresh, _answers(lab))
    code, out = product.run(fresh, f"status --json --answers {product.ANSWERS}", 300)
    found: dict[str, Any] = next(step for step in product.parsed(code, out)["steps"] if step["id"] == "migration")
    return found
