"""The machine's disk: Debian 13 made from the mirror's packages, booted once to become a member, kept for all runs."""

import hashlib
import subprocess
import tomllib
from pathlib import Path

from tests.lab import folders
from tests.lab.exclusive import exclusive
from tests.lab.images import _bootstrap, _logged, _remove_tree  # renamed, they would make every image anew
from tests.lab.xen.machine import Firmware, Machine

HERE = Path(__file__).resolve().parent
RECIPE = HERE / "disk.toml"
PARTS = (RECIPE, HERE / "finish-disk.sh", HERE / "make-disk.sh", Path(__file__))


def member_disk(firmware: Firmware) -> Path:
    """The disk of a machine that is a member of a cluster of one; made now if the cache has none. Raises LabError."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in PARTS)).hexdigest()[:12]
    disk = folders.cache() / f"xen-{firmware.name}-{digest}.raw"
    with exclusive(disk.with_suffix(".lock")):
        if not disk.exists():
            _build(disk, firmware)
    return disk


def _build(disk: Path, firmware: Firmware) -> None:
    recipe = tomllib.loads(RECIPE.read_text())
    tree, log, part = disk.with_suffix(".tree"), disk.with_suffix(".log"), disk.with_suffix(".part")
    _remove_tree(tree)
    _logged(log, _bootstrap("trixie", [*recipe["base"].split(), firmware.loader], tree))
    _logged(log, ["sh", str(HERE / "finish-disk.sh"), str(tree), recipe["pool"]])
    _logged(log, ["sh", str(HERE / "make-disk.sh"), str(tree), str(part), recipe["size"], firmware.name])
    _remove_tree(tree)
    with Machine(part, disk.with_suffix(".console"), firmware) as machine:
        machine.login()
        machine.shell("/srv/become-member >/root/become.log 2>&1; tail -n 1 /root/become.log", "MEMBER-READY", 900)
        machine.power_off()
    part.rename(disk)


def copy(disk: Path, to: Path) -> Path:
    """A copy to be written to; holes stay holes."""
    to.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "--sparse=always", disk, to], check=True)
    return to
