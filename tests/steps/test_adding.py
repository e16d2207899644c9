"""A step and a stack are added once, as DESIGN.md says; all else comes with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from debian import made
from screens.form_model import asked
from screens.snapshot import see
from tests import before as before_steps
from tests import test_contract as contract
from tests.before import Before
from tests.steps.sample import ENTRY, MOTD
from tests.steps.test_choice import MODERN, Offering
from tests.world import answers, engine
from tui_installer import simulator, steps
from tui_installer.__main__ import main
from tui_installer.model.stack import Stacks
from tui_installer.simulator import scenario
from tui_installer.steps.choice import chosen

ALL = Stacks(*steps.STACKS.entries, ENTRY)
STEPS = [step.id for step in ALL["third"].steps]


@pytest.fixture(autouse=True)
def third(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry, and a world of its name."""
    for module in (steps, contract, made, before_steps):
        monkeypatch.setattr(module, "STACKS", ALL)
    monkeypatch.setattr(scenario, "SCENARIOS", (*scenario.SCENARIOS, "third"))


@pytest.fixture(scope="module")
def worlds(before: Before, tmp_path_factory: pytest.TempPathFactory) -> contract.Worlds:
    return contract.Worlds(before, tmp_path_factory.mktemp("undisturbed"))


def test_it_is_chosen_where_it_fits_and_nowhere_else(tmp_path: Path) -> None:
    simulator.create(tmp_path / "world")
    here = simulator.here(tmp_path / "world")
    found = chosen(ALL, Offering(here, {"pacemaker": "3.0.0-1"}, "13.2"), "").load()
    assert (found.name, found.label, found.reason) == ("third", "third", "apt offers pacemaker 3.0.0-1")
    assert chosen(ALL, Offering(here, MODERN, "13.2"), "").entry.name == "corosync"
    assert chosen(ALL, Offering(here, {"cman": "3.0.12-2"}, "6.0.10"), "").entry.name == "squeeze"
    assert chosen(ALL, here, "third").entry.name == "third"
    none = chosen(ALL, Offering(here, {}, None), "").load()
    [row] = engine(tmp_path / "world", given={}, stack=none).status()
    assert "Debian 13 (pacemaker)" in {problem.code: problem.hint for problem in row.problems}["site.no-stack"]


def test_the_command_line_takes_it_from_status_to_taking_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world, file = tmp_path / "world", tmp_path / "answers.toml"
    simulator.create(world)
    site = {name: json.dumps(value) for name, value in answers(world)["site"].items()}
    lines = (f"{name} = {value}" for name, value in site.items())
    file.write_text("\n".join(("[notice]", 'words = "Look, do not touch."', "[site]", *lines)))
    file.chmod(0o600)

    def run(*words: str) -> str:
        code = main(["--world", str(world), "--stack=third", f"--answers={file}", *words])
        return f"{code} {capsys.readouterr().out}"

    assert run("plan", "notice").count("+Look, do not touch.") == 1
    assert run("apply").startswith("0 ")
    told = json.loads(run("status", "--json").partition(" ")[2])
    assert [(row["id"], row["state"]) for row in told["steps"]] == [("site", "in-place"), ("notice", "in-place")]
    assert told["steps"][1]["facts"] == {"Told at login": "Look, do not touch."}
    assert run("undo", "notice").startswith("0 ")
    assert simulator.here(world).read(MOTD) is None


def test_form_schema_and_reference_have_its_question(tmp_path: Path) -> None:
    simulator.create(tmp_path / "world")
    mine = engine(tmp_path / "world", stack=ALL["third"])
    [field] = asked(see(mine, "notice"))
    assert (field.question.label, field.text) == ("Words", "In one cluster with node1.")
    assert "words" in json.loads(made.schema())["properties"]["notice"]["properties"]
    assert "| `words` | text | third | Words. What whoever logs in is told. |" in made.reference()


@pytest.mark.parametrize("step", STEPS)
def test_the_contract_of_all_steps_holds_for_it(worlds: contract.Worlds, step: str, tmp_path: Path) -> None:
    for number, check in enumerate((contract.test_planning_changes_nothing, contract.test_undo_brings_back_what_was)):
        check(worlds, "third", step, tmp_path / str(number))
    contract.test_an_applied_step_plans_nothing_more(worlds, "third", step)


def test_the_contract_of_all_stacks_holds_for_it(
    worlds: contract.Worlds, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contract.test_cut_off_anywhere_the_next_run_ends_where_an_undisturbed_one_ends(
        worlds, "third", "notice", 0.9, True, tmp_path
    )
    contract.test_no_step_comes_before_an_earlier_one(worlds, "third", capsys)
    contract.test_the_whole_join_is_in_place_and_every_member_agrees(worlds, "third")
    contract.test_joining_never_makes_a_member_inquorate(worlds, "third")
