"""Fence devices' passwords are in cluster.conf, and in no plan that is shown or journalled."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tui_installer.hosts.host import File
from tui_installer.model.change import WriteFiles, show
from tui_installer.probes.rhcs.cluster import CONF
from tui_installer.steps.cluster import rhcs as cluster
from tui_installer.steps.rhcs import etc_cluster
from tui_installer.steps.rhcs.etc_cluster import Folder

DEVICE = b'<fencedevices><fencedevice name="ilo" agent="fence_ilo" login="root" passwd="topsecret"/></fencedevices>\n'


@pytest.mark.parametrize("path", [CONF, "/etc/cluster/ilo.key"])
def test_what_a_member_hands_over_is_shown_without_secrets(path: str) -> None:
    theirs = Folder("top", ((path, File(DEVICE)),))
    change = WriteFiles("Copy", tuple(etc_cluster.copied(Folder("here"), theirs)))
    assert change.edits[0].after == File(DEVICE)
    assert "topsecret" not in "\n".join(show(change))


def test_an_edit_of_the_password_itself_shows_neither() -> None:
    after = File(DEVICE.replace(b"topsecret", b"another1"))
    shown = "\n".join(show(WriteFiles("Change", (etc_cluster.edit("top", File(DEVICE), after),))))
    assert "topsecret" not in shown and "another1" not in shown


def test_no_step_edits_cluster_conf_by_another_way() -> None:
    """A plain Edit would show the passwords."""
    steps = Path(cluster.__path__[0]).parents[1]
    sources = {path.relative_to(steps).as_posix(): path.read_text() for path in steps.rglob("*.py")}
    old = {name: text for name, text in sources.items() if re.search(r"\brhcs\b", name)}
    found = {name for name, text in old.items() if re.search(r'\bEdit\(\s*[\w."]+,\s*(CONF|BACKUP)\b', text)}
    assert "rhcs/etc_cluster.py" in old and "cluster/rhcs/joining.py" in old
    assert found <= {"rhcs/etc_cluster.py", "iscsi/rhcs.py", "lvm/rhcs.py", "multipath/rhcs.py", "xen/rhcs.py"}
