"""Answers: declared once, read from TOML and from forms, refused in words."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tui_installer.model.answers import AnswersError, Secret, ask, parse, questions, table


@dataclass(frozen=True, slots=True)
class Sample:
    name: str = ask("Name", "The name", choices=("a", "b"))
    vlan: int = ask("VLAN id", default=0)
    portals: tuple[str, ...] = ask("Portals", default=())
    here: bool | None = ask("Here", default=None)
    secret: Secret = ask("Secret", default=Secret())
    accept: tuple[str, ...] = ask("Accept", default=())


def test_questions_carry_name_label_kind_and_choices() -> None:
    assert [(q.name, q.kind) for q in questions(Sample)] == [
        ("name", "text"),
        ("vlan", "number"),
        ("portals", "list"),
        ("here", "yes-no"),
        ("secret", "secret"),
        ("accept", "list"),
    ]
    assert questions(Sample)[0].choices == ("a", "b")


def test_a_section_becomes_answers_and_back() -> None:
    section = {"name": "a", "vlan": 16, "portals": ["10.0.0.1"], "here": True}
    answers = parse(Sample, {**section, "secret": "x"}, "sample")
    assert table(answers) == section
    assert table(answers, secrets=True)["secret"] == "x"
    assert "x" not in repr(answers.secret)


@pytest.mark.parametrize(
    ("section", "word"),
    [
        ({"nam": "a"}, "has no 'nam'"),
        ({"vlan": "16x"}, "whole number"),
        ({"vlan": True}, "whole number"),
        ({"vlan": "1" * 5000}, "whole number"),
        ({"name": "c"}, "none of: a, b"),
        ({"portals": [1]}, "list of texts"),
        ({"here": "perhaps"}, "yes or no"),
    ],
)
def test_bad_input_is_refused_in_words(section: dict[str, object], word: str) -> None:
    with pytest.raises(AnswersError, match=word):
        parse(Sample, section, "sample")


def test_a_list_is_typed_with_commas_or_blanks() -> None:
    assert parse(Sample, {"portals": "10.0.0.1, 10.0.0.2"}, "s").portals == ("10.0.0.1", "10.0.0.2")


def test_what_is_accepted_is_a_problem_of_that_step() -> None:
    assert parse(Sample, {"accept": ["cluster.node-down"]}, "cluster").accept == ("cluster.node-down",)
    for code, step in (("cluster.nod-down", "cluster"), ("cluster.node-down", "lvm")):
        with pytest.raises(AnswersError, match="this step has no problem"):
            parse(Sample, {"accept": [code]}, step)
