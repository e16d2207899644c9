"""What is compared is comparable: both joins end alike."""

import json
from pathlib import Path

import pytest

from tests import bench_join
from tests.by_hand import simulated, spent


def test_both_joins_end_alike(tmp_path: Path) -> None:
    ((product, by_hand, where),) = simulated.rounds(tmp_path, 1, line=0, command=0)
    assert product > 0 and by_hand > 0
    assert where.startswith("of which apt ") and "other changes" in where


def test_a_ratio_says_how_many_times_as_long_the_installer_took() -> None:
    assert bench_join.Row("anywhere", 33.0, 30.0, 1.1).ratio == pytest.approx(1.1)


def test_where_the_time_goes_is_told_by_the_journal() -> None:
    at = "2026-01-01T00:00:{:02}+00:00".format
    entries = [
        {"kind": "start", "at": at(0), "step": "packages"},
        {"kind": "begun", "at": at(1), "title": "Install 2 packages"},
        {"kind": "done", "at": at(30)},
        {"kind": "begun", "at": at(31), "title": "Take the masks away"},
        {"kind": "end", "at": at(35)},
        {"kind": "start", "at": at(37), "step": "iscsi"},
    ]
    own = spent.changes("\n".join(map(json.dumps, entries)))
    assert own == [(1.0, "* packages"), (30.0, "Install 2 packages"), (4.0, "Take the masks away"), (2.0, "looks")]
    assert spent.told(own, 40.0) == "of which apt 30.0 s, other changes 5.0 s, looks and the start 5.0 s"
