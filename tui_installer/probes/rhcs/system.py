"""What machine this is, on releases without os-release(5): /etc/debian_version tells."""

from __future__ import annotations

import re
import time

from tui_installer.hosts.host import File, Host
from tui_installer.probes.system import KERNEL, System

CODENAMES = {"3.1": "sarge", "4": "etch", "5": "lenny", "6": "squeeze", "7": "wheezy", "8": "jessie"}


def parse_debian_version(text: str) -> tuple[str, str]:
    """(version, codename): "5.0.10" is ("5", "lenny"), "squeeze/sid" ("", "squeeze"); ("", "") if it is neither."""
    word = text.strip()
    number = re.fullmatch(r"(3\.1|\d+)(?:\.\d+|r\d+)*", word, re.ASCII)
    if number:
        return number[1], CODENAMES.get(number[1], "")
    name = word.partition("/")[0]
    return "", name if name in CODENAMES.values() else ""


def parse_lsb_release(file: File | None) -> str:
    """The distribution that /etc/lsb-release names, as in "ubuntu", which has a debian_version too; empty: none."""
    text = file.content.decode("utf-8", "replace") if file else ""
    found = re.search(r"(?m)^DISTRIB_ID=[\"']?(\w+)", text)
    return found[1].lower() if found else ""


def probe(host: Host) -> System:
    """Look at a host. Raises `HostError`."""
    file = host.read("/etc/debian_version")
    version, codename = parse_debian_version(file.content.decode("utf-8", "replace") if file else "")
    before = time.time()
    said = host.run("date", "+%s", within=20)
    after = time.time()
    told = said.answer(form=r"\d{1,12}\n\Z")
    return System(
        hostname=host.run("hostname", within=20).answer(form=r"\S+\n\Z").strip(),
        distribution=parse_lsb_release(host.read("/etc/lsb-release")) or ("debian" if file else ""),
        version=version,
        codename=codename,
        kernel=host.run("uname", "-r", within=20).answer(form=rf"{KERNEL}\n\Z").strip(),
        clock=float(told),
        asked=(before + after) / 2,
    )
