"""When a host counts as ready."""

from tests.lab.host import Host
from tests.lab.scenario import Scenario
from tests.lab.waiting import poll


def wait_san(host: Host, within: float = 120) -> None:
    """The array listens on its portals with its targets loaded."""
    host.wait_agent(within)

    def seen() -> tuple[bool, str]:
        code, out = host.sh("systemctl is-active tgt && ss -ltn")
        return code == 0 and ":3260" in out, out

    poll(f"{host.name}: iSCSI targets", seen, within)


def wait_member(host: Host, scenario: Scenario, within: float = 240) -> None:
    """The member is quorate, its lockspaces run and its volumes are active."""
    host.wait_agent(within)

    def seen() -> tuple[bool, str]:
        code, out = host.sh("systemctl is-active cluster-volumes && corosync-quorumtool -s && dlm_tool ls", 60)
        started = all(f"name          lvm_{lun.vg}" in out for lun in scenario.luns if lun.vg)
        return code == 0 and started, out

    poll(f"{host.name}: quorum, lockspaces, volumes", seen, within)
