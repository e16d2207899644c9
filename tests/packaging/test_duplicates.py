from tests.packaging.duplicates import RUN, Place, code_lines, duplicates

BODY = "".join(f"value_{n} = {n}\n" for n in range(RUN + 2))


def test_only_code_counts() -> None:
    source = '"""Doc\nstring."""\nimport os\n\n# why\nx = 1\n    # more\nif x:\n    y = 2\n'
    assert [line.text for line in code_lines(source)] == ["x = 1", "if x:", "y = 2"]


def test_a_long_run_in_two_modules_is_one_duplicate() -> None:
    found = duplicates({"a.py": BODY, "b.py": '"""B."""\n\n' + BODY})
    assert found == [(Place("a.py", 1), Place("b.py", 3))]


def test_two_distant_runs_are_two_duplicates() -> None:
    other = BODY.replace("value", "number")
    apart = "".join(f"gap_{n} = 0\n" for n in range(RUN * 3))
    assert len(duplicates({"a.py": BODY + other, "b.py": BODY + apart + other})) == 2


def test_a_short_run_or_one_module_alone_is_none() -> None:
    short = "".join(BODY.splitlines(keepends=True)[: RUN - 1])
    assert duplicates({"a.py": short, "b.py": short, "c.py": BODY + BODY}) == []
