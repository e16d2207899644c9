"""Every screen of the program as the demo shows it: which keys lead to it, from which day of which host.

Nothing in it depends on the clock, nor on what the tests before it did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

from tui_installer import simulator
from tui_installer.engine.engine import Engine

PEER = "10.0.1.11"
APPLY = ("enter", "enter")
"""On the page of a step that is to do: it is applied."""
INTERFACES = "/etc/network/interfaces"


class Scene(NamedTuple):
    """A picture: its name, and the keys that lead to it from the scene before."""

    name: str
    keys: tuple[str, ...] = ()
    words: str = ""
    """What is waited for, while something is applied."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody sits down at a host, and looks at some screens."""

    scenes: tuple[Scene, ...]
    before: str = "joined"
    """The step before which the host is."""
    row: int = 0
    """The step whose page is opened first, by its row; 0: none."""
    stack: str = "corosync"
    given: Mapping[str, Mapping[str, Any]] | None = None
    """What is answered beside what an administrator would; None: nothing is answered at all."""
    prepared: Callable[[Path, Callable[[], Engine]], object] = lambda world, engine: None
    """What happened before to the world."""
    holds: str = ""
    """A command that takes its time, by a word of it: it has not come back when the pictures are taken."""
    beside: bool = False
    """What is applied runs beside the screens, as it does in a process of its own."""
    wrong: bool = False
    """An error of this program's own comes up."""
    terminal: bool = False
    """It is told at length which terminal this is."""


def inflicted(fault: str) -> Callable[[Path, Callable[[], Engine]], object]:
    """That goes wrong."""
    return lambda world, engine: simulator.inflict(world, fault)


def script_failed(world: Path, engine: Callable[[], Engine]) -> None:
    """A package's script has failed, and would not fail again."""
    simulator.inflict(world, "postinst")
    mine = engine()
    assert mine.apply(mine.plan("packages")) == "failed"
    simulator.inflict(world, "none")


def member_half_there(world: Path, engine: Callable[[], Engine]) -> None:
    """The same on a member, where the package that holds the lockspaces is not configured."""
    with simulator.opened(world) as opened:
        del opened.machine("fresh").data["packages"]["open-iscsi"]
    script_failed(world, engine)
    with simulator.opened(world) as opened:
        opened.machine("fresh").data["packages"]["lvm2-lockd"] = "iF"


def card_in_use(world: Path, engine: Callable[[], Engine]) -> None:
    """The card of the storage network is in use already."""
    here = simulator.here(world)
    before = here.read(INTERFACES)
    assert before is not None
    here.write(INTERFACES, replace(before, content=before.content + b"\nauto eth1\niface eth1 inet manual\n"))
    assert here.run("ifup", "eth1").code == 0


def error() -> Exception:
    """An error of the program, in a file that has no line of this tree in it."""
    path = "/usr/lib/tui-installer/tui_installer/probes/network.py"
    failing: CodeType = compile('raise LookupError("no card eth1.16")', path, "exec")
    try:
        exec(failing, {})
    except LookupError as wrong:
        if wrong.__traceback__ is not None:
            return wrong.with_traceback(wrong.__traceback__.tb_next)
    raise AssertionError


def down(rows: int) -> tuple[str, ...]:
    """From the first row to another one."""
    return ("home", *["down"] * rows)


VISITS: Sequence[Visit] = (
    Visit(
        (Scene("first"), Scene("help", ("question_mark",)), Scene("console", ("escape", "c"))),
        "site", terminal=True,
    ),
    Visit((Scene("site-form", ("enter",)), Scene("site-keys", (*PEER, "escape", "enter"))), "site"),
    Visit(
        (
            Scene("packages-plan"),
            Scene("running", APPLY, "Setting up vlan"),
            Scene("runs", ("escape",), "change 2 of 4"),
            Scene("not-now", ("down", "down", "enter", "a")),
        ),
        "packages", 2, given={}, holds="-y",
    ),
    Visit(
        (Scene("mend", (*down(1), "w", "m")), Scene("mended", ("enter",))),
        "packages", given={}, prepared=script_failed,
    ),
    Visit((Scene("not-mended", (*down(1), "w", "m")),), "console", given={}, prepared=member_half_there),
    Visit(
        (Scene("network-plan"), Scene("network-facts", ("f",)), Scene("network-form", ("e",))),
        "storage-network", 3, given={},
    ),
    Visit((Scene("keep", APPLY, "Is this host still reached?"),),
          "storage-network", 3, given={"storage-network": {"mtu": 9000}}, prepared=card_in_use, beside=True),
    Visit((Scene("guard-plan"),), "storage-guard", 4, given={}),
    Visit(
        (
            Scene("iscsi-form", ("e",)),
            Scene("failure", ("escape", "p", "a", "enter")),
            Scene("record", ("l",)),
            Scene("code-page", ("p",)),
        ),
        "iscsi", 5, given={}, prepared=inflicted("chap-wrong"),
    ),
    Visit((Scene("problem"),), "iscsi", 5, given={}, prepared=inflicted("target-hidden")),
    Visit((Scene("multipath-plan"),), "multipath", 6, given={}),
    Visit((Scene("cluster-plan"), Scene("approval", ("a",))), "cluster", 7, given={}),
    Visit((Scene("waits"),), "cluster", 7, given={}, prepared=inflicted("member-away")),
    Visit((Scene("groups-plan"),), "lvm", 8, given={}),
    Visit((Scene("serial-plan"),), "console", 9, given={}),
    Visit((Scene("xen-plan"),), "xen", 10, given={}),
    Visit((Scene("migration-plan"),), "migration", 11, given={}),
    Visit((Scene("restart", ("f",)),), "reboot", 12, given={}),
    Visit(
        (
            Scene("in-place"),
            Scene("sheet", ("s",)),
            Scene("result", ("escape", *down(4), "w")),
            Scene("live", ("escape", *down(5), "enter", "l")),
            Scene("leave", ("escape", "x")),
            Scene("take-back", ("escape", "home", "u")),
            Scene("not-taken-back", ("enter",)),
            Scene("left", ("escape", "x", "left", "enter")),
        ),
        given={},
    ),
    Visit((Scene("take-back-approval", (*down(4), "u", "enter")), Scene("taken-back", ("left", "enter"))),
          "cluster", given={}),
    Visit(
        (
            Scene("shutdown-name", ("d",)),
            Scene("shutdown", ("enter", *"bottom", "escape", "enter")),
            Scene("shut-down", ("left", "enter")),
        ),
        stack="etch", given={},
    ),
    Visit((Scene("error"),), "iscsi", wrong=True, given={}),
)  # fmt: skip
"""In the order in which an operator meets them."""
