"""What is compared is comparable: both joins end alike."""

from pathlib import Path

from tests import bench_join
from tests.by_hand import simulated


def test_both_joins_end_alike(tmp_path: Path) -> None:
    found = list(simulated.rounds(tmp_path, 1, line=0, command=0))
    assert len(found) == 1 and all(seconds > 0 for seconds in found[0])


def test_a_ratio_says_how_many_times_as_long_the_installer_took() -> None:
    assert bench_join.Row("anywhere", 33.0, 30.0).ratio <= bench_join.WANTED < bench_join.Row("", 34.0, 30.0).ratio
