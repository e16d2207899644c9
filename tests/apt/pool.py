"""Packages that are nothing but what apt and dpkg look at, and a source that offers them.

Each script reads /srv/told/NAME.SCRIPT, if that is there: so a test tells it to fail.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from email.utils import formatdate
from pathlib import Path

SCRIPTS = ("preinst", "postinst", "prerm", "postrm")
SCRIPT = "#!/bin/sh\nset -e\nif [ -e /srv/told/{name}.{script} ]; then . /srv/told/{name}.{script}; fi\n"
CONTROL = "Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: nobody <nobody@example>\n"
WANTED = {
    "open-iscsi": "",
    "kpartx": "",
    "multipath-tools": "Depends: kpartx\n",
    "corosync": "",
    "libdlm3": "",
    "dlm-controld": "Depends: libdlm3\nRecommends: gnome-shell\n",
    "lvm2": "",
    "lvm2-lockd": "Depends: lvm2, libdlm3\n",
    "gnome-shell": "",
}
"""What a host needs, with the relations that matter here."""


def build(folder: Path, name: str, version: str = "1", more: str = "", files: Mapping[str, str] | None = None) -> Path:
    """A package in the folder. `more`: fields; `files`: path -> content, those in /etc as configuration files."""
    made = {f"/opt/{name}/there": name, **(files or {})}
    conffiles = "".join(f"{path}\n" for path in made if path.startswith("/etc/"))
    with tempfile.TemporaryDirectory() as at:
        for path, content in made.items():
            real = Path(f"{at}{path}")
            real.parent.mkdir(parents=True, exist_ok=True)
            real.write_text(content)
        control = Path(at, "DEBIAN")
        control.mkdir()
        fields = f"{CONTROL.format(name=name, version=version)}{more}Description: {name}\n"
        (control / "control").write_text(fields)
        (control / "conffiles").write_text(conffiles)
        for script in SCRIPTS:
            (control / script).write_text(SCRIPT.format(name=name, script=script))
            (control / script).chmod(0o755)
        deb = folder / f"{name}_{version}_all.deb"
        said = subprocess.run(
            ("dpkg-deb", "--root-owner-group", "-Znone", "--build", at, deb),
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 0, said.stderr
    deb.with_suffix(".fields").write_text(fields)
    return deb


def index(folder: Path, dated: float | None = None, until: float | None = None) -> None:
    """Write its lists anew, as of a time in seconds since the epoch (now, if it is None), valid until another."""
    lists = folder / "Packages", folder / "Release"
    before = max((path.stat().st_mtime for path in lists if path.exists()), default=0.0)
    stanzas = "".join(map(_stanza, sorted(folder.glob("*.deb"))))
    lists[0].write_text(stanzas)
    digest = hashlib.sha256(stanzas.encode()).hexdigest()
    release = f"Origin: pool\nSuite: stable\nDate: {_date(time.time() if dated is None else dated)}\n"
    release += f"Valid-Until: {_date(until)}\n" if until is not None else ""
    lists[1].write_text(f"{release}SHA256:\n {digest} {len(stanzas)} Packages\n")
    later = max(time.time(), before + 2)  # http knows whole seconds: what is as old is "not modified"
    for path in lists:
        os.utime(path, (later, later))


def _date(at: float) -> str:
    return formatdate(at).replace("-0000", "UTC")


def _stanza(deb: Path) -> str:
    content = deb.read_bytes()
    own = f"Filename: ./{deb.name}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
    return f"{deb.with_suffix('.fields').read_text()}{own}\n"
