from tests.packaging.sizes import CLASS, FUNCTION, MODULE, figures, pieces, too_large

LONG = "def long() -> None:\n" + "    pass\n" * FUNCTION
WIDE = "class Wide:\n" + "".join(f"    def m{n}(self) -> None: ...\n" for n in range(CLASS + 1))


def test_what_is_too_large_is_named() -> None:
    assert list(too_large(list(pieces("a.py", LONG)))) == [
        f"a.py:1 long has {FUNCTION + 1} lines: {FUNCTION} are the most"
    ]
    assert list(too_large(list(pieces("a.py", WIDE)))) == [f"a.py:1 Wide has {CLASS + 1} methods: {CLASS} are the most"]
    assert len(list(too_large(list(pieces("a.py", "x = 1\n" * (MODULE + 1)))))) == 1


def test_what_is_small_enough_is_not() -> None:
    source = LONG.removesuffix("    pass\n") + WIDE.replace("    def m0(self) -> None: ...\n", "")
    assert list(too_large(list(pieces("a.py", source + "x = 1\n" * (MODULE - 60))))) == []


def test_the_figures() -> None:
    found = [piece for n in range(1, 11) for piece in pieces("a.py", "def f() -> None:\n" + "    pass\n" * n)]
    assert figures(found) == (6, 11)
