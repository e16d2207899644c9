"""No text from outside makes a parser or an editor fail but in its own words, nor takes long.

FUZZ_SECONDS: how long texts are made (20; `make fuzz`: ten minutes); FUZZ_SEED: other ones than each time.
"""

from __future__ import annotations

import os
import random
import resource
import sys
import time
from contextlib import suppress

import pytest

from tests.fuzz.mutations import large, mutated, seeds
from tests.fuzz.targets import OWN, targets

SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
LONGEST = 2.0
"""Seconds of the processor that a text of 1 MB may take; one of 32 kB a quarter: what is not linear is far beyond."""
LONG = SECONDS > 60
TARGETS = targets()


def test_there_are_targets() -> None:
    assert len(TARGETS) > 100, sorted(TARGETS)


def test_nothing_but_words_of_our_own() -> None:
    chance, texts = random.Random(SEED), seeds()
    end, count = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        text = mutated(chance, chance.choice(texts), texts)
        for name in chance.sample(sorted(TARGETS), 20):
            count += 1
            try:
                TARGETS[name](text)
            except OWN:
                pass
            except Exception as error:
                pytest.fail(f"{name}({text!r}): {error!r}")
    sys.stdout.write(f"{count} texts were read, of {len(TARGETS)} readers\n")


@pytest.mark.parametrize("name", TARGETS)
def test_a_large_text_takes_no_time(name: str) -> None:
    slow = []
    for kind, text in large(1 << 20 if LONG else 1 << 15):
        began = time.process_time()
        with suppress(*OWN):
            TARGETS[name](text)
        took = time.process_time() - began
        twice = 2.5 if name.startswith("edit ") else 1  # an edit reads back what it has written
        if took > twice * (LONGEST if LONG else LONGEST / 4):
            slow.append(f"{kind}: {took:.1f} s")
    assert not slow
    if LONG:
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 500 << 10
