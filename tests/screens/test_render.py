"""What is told of facts and failures, line by line."""

from __future__ import annotations

from pathlib import Path

from screens import card, render, snapshot
from screens.progress import Progress
from screens.words import beside, keys_line, plain, titled, wrap
from tests.screens.stage import FileStep, Peer, engine
from tui_installer.engine.inspection import StepStatus


def test_a_line_that_ends_is_no_control_character() -> None:
    assert wrap("one\n two\x1b\n\nthree", 20, "-> ") == ["-> one", "    two\\x1b", "   ", "   three"]
    assert plain("one\ntwo\r") == "one two\\x0d"


def test_two_long_labels_can_be_told_apart() -> None:
    wwids = [f"36000000000000000000000000000000{number}" for number in (1, 2)]
    lines = [line for wwid in wwids for line in render.fact(f"{wwid} of the array", "2 paths")]
    assert lines == [
        f"{wwids[0]} of the array",
        " " * 26 + "2 paths",
        f"{wwids[1]} of the array",
        " " * 26 + "2 paths",
    ]
    assert render.fact("Paths", "two") == ["Paths" + " " * 21 + "two"]


def test_an_attempt_that_did_not_begin_is_not_said_to_be_all_that_goes_on(tmp_path: Path) -> None:
    one = snapshot.see(engine(tmp_path, [Peer(), FileStep("one", "One", "/etc/one")]), "one")
    told = "\n".join(card.card(Progress("one", "apply"), one, ["process 77 is changing this host now"]))
    assert "Nothing goes on by itself" not in told
    assert "SAFE     Nothing was begun by this." in told


def test_the_line_of_the_keys_keeps_what_leads_to_the_others() -> None:
    keys = "Up/Down choose  Enter open  r again  u take back  c console  ? help  q quit"
    assert keys_line(keys, 80) == keys
    assert keys_line(keys, 40) == "Up/Down choose  Enter open  ? help"
    assert keys_line("Tab next  Shift-Tab back  Esc leave", 24) == "Tab next  Esc leave"
    assert keys_line("Enter  ? help", 6) == "? help"


def test_what_the_console_is_stands_beside_the_verdict_or_below_it() -> None:
    verdict, words = "In the way: Keep hands off the SAN's disks", "vt220, ASCII, no colours, 9600 baud"
    assert beside(verdict, words, 80) == f"{verdict}   {words}"
    assert beside(verdict, f"{words}, slow", 80) == f"{verdict[:34]}...  {words}, slow"
    assert beside(verdict, words, 40) == f"{verdict[:37]}...\n{words}"
    assert beside("Next: Site", "vt220", 40) == "Next: Site".ljust(35) + "vt220"


def test_a_title_keeps_its_state_and_its_mark() -> None:
    assert titled("Step 3 of 8: Storage network - to do", "  MARK", 30) == "Step 3 of 8: ... - to do  MARK"
    assert titled("tui-installer - the whole cluster", "  MARK", 30) == "tui-installer - the w...  MARK"


def test_what_stays_open_is_said_though_all_is_in_place() -> None:
    site = StepStatus("site", "Cluster to join", "in-place", {"Host": "fresh"}, ())
    open_ = StepStatus("cluster", "Cluster membership", "in-place", {"cluster": "c"}, (), notes=("no fencing",))
    todo = StepStatus("lvm", "Volumes", "todo", {}, ())
    assert render.verdict([site]) == "Everything is in place."
    assert render.verdict([site, open_]) == "All in place, but: no fencing."
    assert render.verdict([open_, todo]) == "Next: Volumes"
    assert (render.gist(site), render.gist(open_)) == ("fresh", "but: no fencing")
    words = "vt220, ASCII, no colours, 115200 baud, slow"
    assert "no fencing" in beside(render.verdict([open_]), words, 80)
