"""From blank clones to a provisioned array, a running cluster and a freshly installed host."""

import shlex
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from tests.lab import folders
from tests.lab.configs import files_of
from tests.lab.host import SHARE, Host
from tests.lab.scenario import Login, Scenario

Hosts = Mapping[str, Host]


def provision(scenario: Scenario, hosts: Hosts) -> None:
    """Set everything up; the hosts must be on. Raises LabError with a script's output when one fails."""
    every(hosts.values(), lambda host: _identity(scenario, host))
    _script(hosts[scenario.san.name], "san.sh")
    members = [hosts[plan.name] for plan in scenario.members]
    first, *others = members
    every(members, lambda host: _script(host, "member-storage.sh", **_storage_settings(scenario)))
    first.check("corosync-keygen -l", timeout=120)
    key = first.get("/etc/corosync/authkey")
    for host in others:
        host.put("/etc/corosync/authkey", key, 0o400)
    every(members, lambda host: _script(host, "member-cluster.sh", MEMBERS=str(len(members))))
    _script(first, "make-volumes.sh", **_volume_settings(scenario))
    every(members, lambda host: _script(host, "use-volumes.sh"))


def every(hosts: Iterable[Host], work: Callable[[Host], None]) -> None:
    """Do the same on several hosts at once; the first error is raised when all are through."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(work, hosts))


def _identity(scenario: Scenario, host: Host) -> None:
    host.wait_booted()
    host.put_tree(files_of(scenario, host.plan))
    _script(host, "identity.sh")


def _script(host: Host, script: str, **settings: str) -> None:
    """Run one of the guest scripts with settings in its environment."""
    (host.share / script).write_bytes((folders.GUEST / script).read_bytes())
    words = " ".join(f"{name}={shlex.quote(value)}" for name, value in settings.items())
    host.check(f"{words} bash {SHARE}/{host.name}/{script}", timeout=300)


def _storage_settings(scenario: Scenario) -> dict[str, str]:
    chap = scenario.chap
    return {
        "TARGET": scenario.cluster.target,
        "PORTALS": " ".join(scenario.portals),
        "MAPS": " ".join(f"{lun.alias}={lun.wwid}" for lun in scenario.luns if lun.alias),
        **_login_settings("SESSION", chap.session),
        **_login_settings("MUTUAL", chap.mutual),
        **_login_settings("DISCOVERY", chap.discovery),
    }


def _login_settings(prefix: str, login: Login | None) -> dict[str, str]:
    return {
        f"{prefix}_USER": login.user if login else "",
        f"{prefix}_PASSWORD": login.password if login else "",
    }


def _volume_settings(scenario: Scenario) -> dict[str, str]:
    return {
        "GROUPS_": " ".join(f"{lun.vg}={lun.alias}" for lun in scenario.luns if lun.vg),
        "VOLUMES": " ".join(f"{lv.vg}/{lv.name}={lv.size}" for lv in scenario.cluster.lvs),
    }
