"""What an operator does with the packages step, and what is looked at afterwards."""

from __future__ import annotations

from tests.apt.tree import Tree
from tui_installer.model.step import Problem
from tui_installer.steps.packages.corosync import NAMES


def fails(tree: Tree, code: str) -> Problem:
    """Apply; the problem that it fails with."""
    assert tree.engine.apply(tree.engine.plan("packages")) == "failed"
    (problem,) = tree.engine.failure("packages")
    assert problem.code == f"packages.{code}", problem
    assert problem.evidence and problem.hint
    return problem


def mended(tree: Tree) -> None:
    """Take the remedy."""
    plan = tree.engine.plan_mend("packages")
    assert plan.changes
    assert tree.engine.apply(plan) == "done", tree.engine.failure("packages")


def goes_on(tree: Tree) -> None:
    """Apply again; the step is in place, all is installed, and the audit is clean."""
    plan = tree.engine.plan("packages")
    assert not plan.blocked, plan.problems
    assert tree.engine.apply(plan) == "done", tree.engine.failure("packages")
    assert tree.engine.look("packages").plan.in_place, tree.engine.look("packages")
    assert {("ii ", name) for name in NAMES} <= states(tree)
    assert tree.run("dpkg", "--audit").out == ""


def states(tree: Tree) -> set[tuple[str, str]]:
    """(letters, name) of all packages that dpkg knows."""
    rows = tree.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}\\t${Package}\\n").out.splitlines()
    return {(letters, name) for letters, _, name in (row.partition("\t") for row in rows)}


def said(tree: Tree) -> dict[str, Problem]:
    """What is said of the step before it is applied."""
    look = tree.engine.look("packages")
    assert not look.unknown, look.unknown
    return {problem.code: problem for problem in look.plan.problems}
