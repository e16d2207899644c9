"""What the old tools understand on their command lines, by release."""

from __future__ import annotations

import pytest

from tui_installer.simulator.rhcs import usage

GUIDE = {
    ("etch", "pvs --config x"): "--config is unknown",
    ("lenny", "pvs --config x"): "",
    ("etch", "vgchange -aly san"): "",
    ("etch", "vgchange --poll y -aly"): "--poll is unknown",
    ("squeeze", "cman_tool version -r -S"): "-r wants a number, not -S",
    ("squeeze", "cman_tool version -r"): "-r lacks its value",
    ("lenny", "cman_tool version -r 6 -S"): "-S is unknown",
    ("etch", "iscsiadm -m session -P 3"): "-P is unknown",
    ("lenny", "iscsiadm -m session -P 3"): "",
    ("lenny", "iscsiadm -m session -T x"): "-T does not go with -m session",
    ("etch", "multipath -ll vm0"): "",
    ("etch", "multipath -r"): "-r is unknown",
    ("squeeze", "multipath -v3 -d"): "",
    ("squeeze", "ccs_tool update x"): "update is unknown",
    ("squeeze", "scsi_id -g -u -s /block/sda"): "",
    ("lenny", "scsi_id --whitelisted"): "--whitelisted is unknown",
    ("etch", "apt-get --no-install-recommends install x"): "--no-install-recommends is unknown",
    ("etch", "apt-get purge x"): "purge is unknown",
    ("etch", "ifup --no-act -i /x eth0"): "",
    ("etch", "lvs -oname"): "",
    ("etch", "ifquery eth0"): "no source says what this tool knows",
}
"""(release, command line) -> what is wrong with it."""


@pytest.mark.parametrize(("release", "command"), GUIDE)
def test_a_command_line_is_judged_by_its_version(release: str, command: str) -> None:
    assert usage.verdict(release, tuple(command.split())) == GUIDE[release, command]


def test_every_table_has_its_source() -> None:
    assert all(len(each.source) > 10 for each in usage.usages().values())
