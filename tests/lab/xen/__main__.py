"""`python -m tests.lab.xen DEB`: a real machine boots into Xen, stays there, and falls back from what fails.

`--first`: into Xen, no more. Without DEB its disk is made alone. What came into Xen is kept; `--failures WORDS` goes on
from there. The exit code is 75 if the emulated kernel died by itself on the way into Xen: that is to be tried again.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from tests.lab import folders
from tests.lab.errors import LabError
from tests.lab.joins.seen import demand
from tests.lab.xen.disk import HERE, copy, member_disk
from tests.lab.xen.machine import BIOS, UEFI, Firmware, Machine, died
from tests.lab.xen.stories import FAILURES, PATIENT, WATCHDOG, Say, fails, into_xen, stays
from tests.lab.xen.trees import tried

AGAIN = 75
"""EX_TEMPFAIL of sysexits.h."""
KEPT = "in-xen.raw"
"""The disk of a machine that came into Xen; it boots plain Linux."""


def main() -> int:
    """Run it; returns the exit code."""
    given = _parser().parse_args()
    begun = time.monotonic()

    def say(text: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {text}", flush=True)  # noqa: T201

    firmware = UEFI if given.uefi else BIOS
    if given.deb is None:
        say(f"{member_disk(firmware)} is there")
        return 0
    folder = folders.runs() / f"xen-{firmware.name}"
    try:
        if not given.machine and given.failures is None:
            _trees(say)
        if given.trees:
            return 0
        if given.failures is None:
            _came_into_xen(given, firmware, folder, say)
        if not given.first:
            _failures(given.failures or "", firmware, folder, say)
    except LabError as error:
        say(f"FAILED: {error}")
        return AGAIN if given.first and died(folder / "line.log") else 1
    say("all as it should be")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.xen", description=__doc__)
    parser.add_argument("deb", type=Path, nargs="?", help="the program's package; none: make the disk, no more")
    parser.add_argument("--first", action="store_true", help="into Xen, no second restart and no failures")
    parser.add_argument("--failures", metavar="WORDS", help="those with these words in their names, after a --first")
    parser.add_argument("--trees", action="store_true", help="Debian 12 and 13 as trees alone: nothing boots")
    parser.add_argument("--uefi", action="store_true", help="the machine with UEFI (OVMF) instead of a BIOS")
    parser.add_argument("--machine", action="store_true", help="the machine alone: no trees")
    return parser


def _came_into_xen(given: argparse.Namespace, firmware: Firmware, folder: Path, say: Say) -> None:
    """From a member's disk into Xen; the disk is kept."""
    disk = copy(member_disk(firmware), folder / "disk.raw")
    install = ["sh", str(HERE / "install-deb.sh"), str(disk), str(given.deb)]
    subprocess.run(install, check=True, capture_output=True)
    say("the program is installed from its package")
    with Machine(disk, folder / "line.log", firmware) as machine:
        into_xen(machine, say, PATIENT if given.first else WATCHDOG)
        if not given.first:
            stays(machine, say)
        machine.shell("grub-set-default 0")
        machine.power_off()
    disk.rename(folder / KEPT)


def _failures(words: str, firmware: Firmware, folder: Path, say: Say) -> None:
    with Machine(copy(folder / KEPT, folder / "disk.raw"), folder / "failures.log", firmware) as machine:
        machine.login()
        for failure in FAILURES:
            if words in failure.name:
                fails(machine, failure, say)


def _trees(say: Say) -> None:
    for release in ("bookworm", "trixie"):
        bios, uefi = (tried(release, board, say) for board in (BIOS, UEFI))
        demand(f"{release}: the same files on both boards", bios == uefi, (bios, uefi))
        say(f"{release}: the same {len(bios)} files for update-grub by BIOS and by UEFI")


if __name__ == "__main__":
    sys.exit(main())
