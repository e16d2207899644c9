"""The product on a laboratory host: installed from its .deb, asked over the command line."""

import json
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from tests.lab.errors import LabError
from tests.lab.host import SHARE, Host
from tests.lab.lab import Lab

REPOSITORY = Path(__file__).parents[3]
ANSWERS = "/root/answers.toml"
PASSWORD = "root"


def install(host: Host) -> None:
    """Install the newest .deb that was built."""
    debs = sorted((REPOSITORY / "build").glob("tui-installer_*_all.deb"), key=lambda path: path.stat().st_mtime)
    if not debs:
        raise LabError("there is no .deb; `make deb` builds it")
    (host.share / debs[-1].name).write_bytes(debs[-1].read_bytes())
    host.check(f"dpkg -i {SHARE}/{host.name}/{debs[-1].name}", timeout=400)


def fingerprint(host: Host) -> str:
    """A member's ed25519 host key as an operator would read it there."""
    return host.check("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split()[1]


def answers(lab: Lab, **changed: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What an administrator would write down for this scenario; `changed` replaces answers of a step (- for _)."""
    members = [lab[plan.name] for plan in lab.scenario.members]
    chap = lab.scenario.chap
    iscsi: dict[str, Any] = {"targets": [lab.scenario.cluster.target]}
    for prefix, login in (("chap", chap.session), ("discovery", chap.discovery)):
        if login:
            iscsi |= {f"{prefix}-user": login.user, f"{prefix}-password": login.password}
    if chap.mutual:
        iscsi |= {"chap-user-in": chap.mutual.user, "chap-password-in": chap.mutual.password}
    sections: dict[str, dict[str, Any]] = {
        "site": {
            "peer": members[0].plan.mgmt.ip,
            "password": PASSWORD,
            "host-keys": [fingerprint(member) for member in members],
        },
        "iscsi": iscsi,
        "cluster": {"confirm": lab.scenario.cluster.name, "fence": "lab", "fence-settings": ["port=fresh"]},
    }
    for step, values in changed.items():
        sections.setdefault(step.replace("_", "-"), {}).update(values)
    return sections


def give(host: Host, sections: dict[str, dict[str, Any]]) -> None:
    """Put an answers file onto a host, readable by root alone."""
    text = tomli_w.dumps(sections)
    tomllib.loads(text)
    host.put(ANSWERS, text.encode(), 0o600)


def run(host: Host, words: str, timeout: float = 900) -> tuple[int, str]:
    """Run `tui-installer WORDS`; returns its exit code and what it said."""
    return host.sh(f"tui-installer {words}", timeout)


def status(host: Host) -> tuple[int, dict[str, Any]]:
    """The exit code of `status --json`, and what it says."""
    code, out = run(host, "status --json", 300)
    return code, parsed(code, out)


def parsed(code: int, out: str) -> dict[str, Any]:
    """The object that was printed beside text for people. Raises LabError."""
    try:
        found: dict[str, Any] = json.loads(out[out.index("{") : out.rindex("}") + 1])
    except ValueError as error:
        raise LabError(f"--json said, with exit code {code}:\n{out}") from error
    return found
