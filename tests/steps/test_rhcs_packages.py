"""The two failures that installing ccs and cman is known for: met as somebody left them, and mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulator.worlds import fault
from tests.world import engine, join
from tui_installer import simulator
from tui_installer.engine.engine import Engine
from tui_installer.hosts.host import Host
from tui_installer.model.change import Run
from tui_installer.probes.rhcs.packages import fitting, parse_providers
from tui_installer.simulator import SimulatedHost
from tui_installer.steps import STACKS
from tui_installer.steps.packages.odds import POLICY

CONF = "/etc/cluster/cluster.conf"


@pytest.fixture
def begun(tmp_path: Path) -> tuple[Engine, Host, Host]:
    """An engine for an etch host on which ccs and cman failed when they were installed; that host, and a member."""
    world = tmp_path / "world"
    simulator.create(world, "etch-begun")
    mine = engine(world, stack=STACKS["etch"])
    join(mine, until="packages")
    return mine, simulator.here(world), SimulatedHost(world, "top", "top")


def codes(mine: Engine) -> list[str]:
    return [problem.code for problem in mine.plan("packages").problems]


def mended(mine: Engine, here: Host) -> bool:
    """Whether one apply brings the packages into place, and leaves nothing behind."""
    assert mine.apply(mine.plan("packages")) == "done", mine.failure("packages")
    modules = here.read("/etc/modules")
    assert modules is not None and modules.content.endswith(b"\ncman\ndlm\n")
    assert here.read(POLICY) is None
    return mine.plan("packages").in_place


def test_both_failures_are_met_and_mended_in_one_go(begun: tuple[Engine, Host, Host]) -> None:
    mine, here, top = begun
    met = mine.plan("packages").problems
    assert [problem.code for problem in met] == ["packages.ccs-failed", "packages.cman-failed"]
    assert [problem.evidence[1].split()[0] for problem in met] == ["ccs", "cman"]
    assert all("only half configured" in problem.evidence[0] for problem in met)
    assert mended(mine, here)
    assert here.read(CONF) == top.read(CONF)


def test_cman_without_its_modules_gets_those_of_the_running_kernel(begun: tuple[Engine, Host, Host]) -> None:
    """Somebody copied /etc/cluster by hand and let dpkg go on: now cman fails."""
    mine, here, top = begun
    here.write(CONF, top.read(CONF))
    again = here.run("dpkg", "--configure", "-a")
    assert not again.ok() and "Module cman not found" in again.out + again.err
    assert codes(mine) == ["packages.cman-failed"]
    titles = [change.title for change in mine.plan("packages").changes]
    order = ["Install redhat-cluster-modules-2.6.18-6-xen-686", "Load cman", "Load dlm", "Finish what dpkg began"]
    assert [title for title in titles if title in order] == order
    assert mended(mine, here)


def test_a_fresh_host_meets_neither(tmp_path: Path) -> None:
    """What the scripts need is there before they run."""
    world = tmp_path / "world"
    simulator.create(world, "etch")
    mine = engine(world, stack=STACKS["etch"])
    join(mine, until="packages")
    assert codes(mine) == []
    assert mended(mine, simulator.here(world))


def test_without_a_member_ccs_is_not_even_tried(tmp_path: Path) -> None:
    world = tmp_path / "world"
    simulator.create(world, "etch")
    plan = engine(world, given={}, stack=STACKS["etch"]).plan("packages")
    assert not plan.changes
    assert "packages.no-cluster-conf" in [problem.code for problem in plan.problems]


def test_later_releases_need_neither_configuration_nor_modules(tmp_path: Path) -> None:
    world = tmp_path / "world"
    simulator.create(world, "squeeze")
    mine = engine(world, stack=STACKS["squeeze"])
    join(mine, until="packages")
    titles = [change.title for change in mine.plan("packages").changes]
    assert titles[0].startswith("Load the cluster's kernel modules at boot")
    assert not [title for title in titles if "/etc/cluster" in title or "redhat-cluster-modules" in title]


def test_a_virtual_package_is_installed_by_the_name_of_one_that_provides_it(tmp_path: Path) -> None:
    """apt-get takes xen-linux-system only where one package provides it, and dpkg never lists it as installed."""
    world = tmp_path / "world"
    simulator.create(world, "lenny")
    mine, here = engine(world, stack=STACKS["lenny"]), simulator.here(world)
    join(mine, until="packages")
    assert "is a virtual package provided by" in here.run("apt-get", "-y", "install", "xen-linux-system").out
    (install,) = [run for run in mine.plan("packages").changes if run.title.startswith("Install ")]
    assert isinstance(install, Run) and install.argv[-1] == "xen-linux-system-2.6-xen-686"
    providers = ["xen-linux-system-2.6-xen-686", "xen-linux-system-2.6.26-2-xen-686"]
    fault(world, "no-candidate", providers)
    plan = mine.plan("packages")
    assert plan.blocked and [problem.code for problem in plan.problems] == ["packages.no-candidate"]
    fault(world, "no-candidate", [])
    assert here.run("apt-get", "-y", "install", providers[1]).ok()
    assert not any("xen" in run.title for run in mine.plan("packages").changes)


def test_providers_by_the_architecture_of_the_running_kernel() -> None:
    shown = "Package: x\nVersions: \n\nReverse Depends: \n  y,x\nProvides: \nReverse Provides: \n"
    rows = "x-2.6.32-5-xen-686 2.6.32-48\nx-2.6-xen-amd64 2.6.32+29\nx-2.6.32-5-686-pae 1\n"
    found = parse_providers(shown + rows)
    assert fitting(found, "2.6.32-5-amd64") == "x-2.6-xen-amd64"
    assert fitting(found, "2.6.32-5-486") == "x-2.6.32-5-686-pae"
    assert fitting(parse_providers(shown), "2.6.32-5-686") == ""
