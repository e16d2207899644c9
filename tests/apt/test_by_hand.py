"""What somebody's own dpkg left half done, and what apt and dpkg say of it when the step comes to it."""

from __future__ import annotations

import pytest

from tests.apt import pool
from tests.apt.acts import fails, goes_on, mended, said, states
from tests.apt.tree import Tree
from tui_installer.model.step import Failure

CONF = "/etc/printer.conf"
KILLED = "kill -9 $PPID; sleep 1\n"


@pytest.fixture
def asked(tree: Tree) -> Tree:
    """A host with the step in place, and a package by hand whose new version asks for a configuration file."""
    assert tree.run("apt-get", "-q", "update").ok()
    goes_on(tree)
    for version in ("1", "2"):
        pool.build(tree.pool, "printer", version, files={CONF: f"version {version}\n"})
    assert tree.run("dpkg", "--install", "/srv/pool/printer_1_all.deb").ok()
    (tree.folder / CONF[1:]).write_text("mine\n")
    found = tree.run("dpkg", "--install", "/srv/pool/printer_2_all.deb")
    assert not found.ok() and "end of file on stdin at conffile prompt" in found.err
    assert ("iU ", "printer") in states(tree)
    return tree


def kept(tree: Tree) -> None:
    """The file is as it was, the package's own beside it, and nothing is left to do."""
    assert (tree.folder / CONF[1:]).read_text() == "mine\n"
    assert (tree.folder / f"{CONF[1:]}.dpkg-dist").read_text() == "version 2\n"
    assert ("ii ", "printer") in states(tree) and tree.run("dpkg", "--audit").out == ""


def test_a_question_that_dpkg_asks_nobody_is_known(asked: Tree) -> None:
    """dpkg as somebody runs it. From here it is run with the answer, before all else."""
    found = asked.run("dpkg", "--configure", "-a")
    failure = Failure("", "here", found.argv, "exit code 1", found.code, tuple(f"{found.out}{found.err}".splitlines()))
    problem = asked.engine.stack.step("packages").diagnose(failure)
    assert problem.code == "packages.conffile" and CONF in problem.text
    assert any("end of file on stdin at conffile prompt" in line for line in problem.evidence)
    assert said(asked)["packages.interrupted"].level == "warn"
    goes_on(asked)
    kept(asked)


def test_a_question_that_stands_in_the_way_of_taking_back(asked: Tree) -> None:
    """apt configures what is unpacked whatever it is asked to do, so dpkg asks while it purges."""
    assert asked.engine.apply(asked.engine.plan_undo("packages")) == "failed"
    problem = asked.engine.failure("packages")[0]
    assert problem.code == "packages.conffile" and CONF in problem.text and "as .dpkg-dist" in problem.hint
    assert any("end of file on stdin at conffile prompt" in line for line in problem.evidence)
    mended(asked)
    kept(asked)
    assert asked.engine.apply(asked.engine.plan_undo("packages")) == "done", asked.engine.failure("packages")
    assert states(asked) == {("ii ", "printer")}


@pytest.mark.parametrize("name", ["multipath-tools", "kpartx"])
def test_what_was_torn_in_the_version_that_apt_has(tree: Tree, name: str) -> None:
    """It was installed before: apt takes it for "already the newest version", and leaves it so unless it is told."""
    assert tree.run("apt-get", "-q", "update").ok()
    goes_on(tree)
    cause = tree.told(f"{name}.postrm", KILLED)
    assert tree.run("dpkg", "--install", f"/srv/pool/{name}_1_all.deb").code == -9
    cause.unlink()
    assert ("iHR", name) in states(tree)
    goes_on(tree)


def test_what_is_half_installed_and_in_no_list(tree: Tree) -> None:
    """dpkg passes over it (`--configure -a`), apt refuses all else until it has an archive of it: not "interrupted"."""
    away = tree.folder / "srv/away"
    away.mkdir()
    pool.build(away, "printer")
    assert tree.run("apt-get", "-q", "update").ok()
    cause = tree.told("printer.preinst", KILLED)
    assert tree.run("dpkg", "--install", "/srv/away/printer_1_all.deb").code == -9
    cause.unlink()
    assert ("iHR", "printer") in states(tree) and tree.run("dpkg", "--configure", "-a").ok()
    problem = fails(tree, "half-installed")
    assert problem.text.startswith("printer is only half installed")
    assert problem.evidence[-1] == "E: The package printer needs to be reinstalled, but I can't find an archive for it."
    assert tree.engine.apply(tree.engine.plan_mend("packages")) == "failed", "no source has it"
    assert tree.engine.failure("packages")[0] == problem
    for path in away.iterdir():
        path.rename(tree.pool / path.name)
    pool.index(tree.pool)
    mended(tree)
    goes_on(tree)
    assert ("ii ", "printer") in states(tree)


def test_what_is_half_installed_and_in_no_list_any_more(tree: Tree) -> None:
    """A package of the step's own: neither apply nor taking back comes past it."""
    cause = tree.told("multipath-tools.preinst", KILLED)
    fails(tree, "interrupted")
    cause.unlink()
    (tree.pool / "multipath-tools_1_all.deb").unlink()
    pool.index(tree.pool)
    assert tree.run("apt-get", "-q", "update").ok()
    assert fails(tree, "half-installed").text.startswith("multipath-tools is only half installed")
    assert tree.engine.apply(tree.engine.plan_undo("packages")) == "failed"
    assert tree.engine.failure("packages")[0].code == "packages.half-installed"
    found = tree.run("dpkg", "--remove", "multipath-tools")
    assert "package is in a very bad inconsistent state; you should\n reinstall it" in found.err
    pool.build(tree.pool, "multipath-tools", more=pool.WANTED["multipath-tools"])
    pool.index(tree.pool)
    mended(tree)
    goes_on(tree)
