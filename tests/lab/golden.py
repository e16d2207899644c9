"""Golden clones: the disks of a scenario's hosts after provisioning, kept by the hash of what they are made from."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.lab import folders
from tests.lab.errors import LabError
from tests.lab.exclusive import exclusive
from tests.lab.images import recipe_hash
from tests.lab.provision import every, provision
from tests.lab.rig import Rig
from tests.lab.scenario import Scenario

MADE_BY = (
    folders.HERE / "configs.py",
    folders.HERE / "provision.py",
    *(folders.GUEST / name for name in ("identity.sh", "san.sh", "member-storage.sh", "member-cluster.sh")),
    *(folders.GUEST / name for name in ("make-volumes.sh", "use-volumes.sh")),
)


def golden_clones(scenario: Scenario) -> Path:
    """A folder with one folder of disks for each host, made now (some minutes) if the cache has none.

    Raises LabError when provisioning fails; consoles and journals are then kept.
    """
    clones = folders.cache() / f"golden-{scenario.name}-{golden_hash(scenario)}"
    with exclusive(clones.with_suffix(".lock")):
        if not clones.exists():
            _make(scenario, clones)
    return clones


def golden_hash(scenario: Scenario) -> str:
    """Twelve hex digits that change with the scenario, the provisioning and the base images."""
    digest = hashlib.sha256(scenario.source.read_bytes())
    for path in MADE_BY:
        digest.update(path.read_bytes())
    for host in scenario.hosts.values():
        digest.update(recipe_hash(scenario.release, host.image).encode())
    return digest.hexdigest()[:12]


def _make(scenario: Scenario, clones: Path) -> None:
    rig = Rig(scenario.source, f"{scenario.name}-golden")
    rig.stop()
    rig.start(None)
    try:
        for host in rig.hosts.values():
            host.on()
        provision(scenario, rig.hosts)
        members = [rig.hosts[plan.name] for plan in scenario.members]
        every(members, lambda host: host.power_off())
        every([host for host in rig.hosts.values() if host not in members], lambda host: host.power_off())
        _save(rig, clones)
    except LabError as error:
        error.add_note(f"what the hosts showed: {rig.collect('golden')}")
        raise
    finally:
        rig.stop()


def _save(rig: Rig, clones: Path) -> None:
    part = clones.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    for name in rig.hosts:
        (part / name).mkdir(parents=True)
        files = [str(path) for pattern in ("*.cow", "*.img") for path in (rig.run / name).glob(pattern)]
        subprocess.run(["cp", "--sparse=always", *files, str(part / name)], check=True)
    part.rename(clones)
