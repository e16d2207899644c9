"""No text from outside makes a parser or an editor fail but in its own words, nor takes long or much memory.

FUZZ_SECONDS: how long texts are made (20; `make fuzz`: ten minutes); FUZZ_SEED: other ones than each time. The long run
reads 1 MB of each kind, each reader in a process of its own, and prints what the slowest and the largest took.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.fuzz.mutations import large, mutated, seeds
from tests.fuzz.targets import OWN, targets

SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
LONGEST, LARGEST = 2.0, 200
"""Seconds of the processor and megabytes of memory that a text of 1 MB may take."""
SHORT = 1 << 15
"""Bytes of a text in the short run. What is not linear takes far beyond a quarter of `LONGEST` for it."""
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
    slow = [kind for kind, took in _read(name, SHORT) if took > LONGEST / 4]
    assert not slow


def _read(name: str, size: int) -> Iterator[tuple[str, float]]:
    """Read each kind of text of that size; (kind, seconds of the processor)."""
    for kind, text in large(size):
        began = time.process_time()
        with suppress(*OWN):
            TARGETS[name](text)
        yield kind, time.process_time() - began


@pytest.mark.skipif(not LONG, reason="`make fuzz` does it")
def test_a_megabyte_is_read_in_two_seconds_and_200_mb() -> None:
    clean = get_context("forkserver")  # a child of this process would begin with all the memory that it has used
    clean.set_forkserver_preload(["tests.fuzz.targets"])
    with clean.Pool(1, maxtasksperchild=1) as alone:
        found = list(alone.imap(_cost, sorted(TARGETS)))
    took = [(took, name) for took, _, name in found]
    held = [(held, name) for _, held, name in found]
    for unit, costs in (("s", took), ("MB", held)):
        for (most, kind), name in sorted(costs, reverse=True)[:5]:
            sys.stdout.write(f"{most:8.2f} {unit} {name} {kind}\n")
    wrong = [(name, took, held) for took, held, name in found if took[0] > LONGEST or held[0] > LARGEST]
    assert not wrong


Cost = tuple[float, str]
"""How much, and for which kind of text."""


def _cost(name: str) -> tuple[Cost, Cost, str]:
    """The most seconds, and the most memory of this process, that a megabyte takes."""
    took, held = (0.0, ""), (0.0, "")
    for kind, seconds in _read(name, 1 << 20):
        took, held = max(took, (seconds, kind)), max(held, (_peak(), kind))
    return took, held, name


def _peak() -> float:
    """The most memory in use since it was asked last, in megabytes (proc_pid_status(5), proc_pid_clear_refs(5))."""
    line = next(each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM:"))
    Path("/proc/self/clear_refs").write_text("5")
    return int(line.split()[1]) / 1024
