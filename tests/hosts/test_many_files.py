"""Many files in one round trip are what each of them is by itself, in every shell that there is here."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_installer.hosts.host import File, HostError
from tui_installer.hosts.local import LocalHost
from tui_installer.hosts.many_files import ALL, named, understand

SHELLS = [["sh"], ["bash", "--posix"], *([["busybox", "sh"]] if shutil.which("busybox") else [])]


def said(shell: list[str], *words: str) -> str:
    """What one of the functions prints there."""
    line = f"{ALL}\n{shlex.join(words)}"
    told = subprocess.run([*shell, "-c", line], stdout=subprocess.PIPE, check=True)
    return told.stdout.decode("utf-8", "surrogateescape")


def told(shell: list[str], *patterns: str) -> dict[str, File | None]:
    """What our_all tells of them there."""
    return dict(understand(said(shell, "our_all", *patterns)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "plain": b"node.name = iqn.2024-01.lab.san:cluster\nnode.tpgt = 1\n", "empty": b"", "one": b"8:0\n",
        "no end": b"two\nlines", "blank": b"\n\n", "colon:name": b"colon:name:x\n-\nf\n", "latin": b"caf\xe9\r\n",
        "arrow": b"a -> b\n", "binary": b"a\0b\nc", "nul": b"\0", "sum": "µ\u2028\n".encode(),
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "plain").chmod(0o600)
    (tmp_path / "link").symlink_to("../some where/else")
    (tmp_path / "dead").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()
    for number in range(250):
        (tmp_path / f"many{number}").write_text(f"{number}\n")
    return tmp_path


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
def test_each_is_as_it_is_by_itself(folder: Path, shell: list[str]) -> None:
    here, found = LocalHost(), told(shell, f"{folder}/*")
    paths = {f"{folder}/{name}" for name in os.listdir(folder)} - {f"{folder}/folder"}
    assert set(found) == paths
    alone = {path: here.read(path) for path in paths}
    assert {path: file for path, file in found.items() if file} == {path: alone[path] for path in paths if found[path]}
    by_itself = {os.path.basename(path) for path, file in found.items() if file is None}
    assert by_itself <= {"binary", "nul"}, "the others are told whole"
    assert here.read_all(f"{folder}/*") == alone


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
def test_those_that_are_named_are_as_each_is_by_itself(folder: Path, shell: list[str]) -> None:
    here = LocalHost()
    paths = [f"{folder}/{name}" for name in (*sorted(os.listdir(folder)), "absent", "no folder/file", "many*", "-")]
    found = named(said(shell, "our_files", *paths, "/proc/self/mounts"))
    assert {path: here.read(path) for path in found if path in paths} == {
        path: file for path, file in found.items() if path in paths
    }
    left = {os.path.basename(path) for path in {*paths} - {*found}}
    assert {"folder"} <= left <= {"folder", "binary", "nul"}
    assert found[f"{folder}/many*"] is None and found[f"{folder}/absent"] is None
    assert named(said(shell, "our_files")) == {}


@given(st.lists(st.binary(max_size=300) | st.text("\n\r\0-:fL/").map(str.encode), max_size=8))
def test_what_is_told_whole_is_every_byte_of_it(contents: list[bytes]) -> None:
    """Keys of corosync and of ssh are among what is read so."""
    with TemporaryDirectory() as folder:
        wrote = {f"{folder}/{number}": content for number, content in enumerate(contents)}
        for path, content in wrote.items():
            Path(path).write_bytes(content)
        found = named(said(["sh"], "our_files", *wrote))
    assert {path: file.content if file else None for path, file in found.items()} == {
        path: wrote[path] for path in found
    }


@pytest.mark.parametrize("text", ["", "/a\n", "/a\n-\nf\n", "-\nL\nx\n"])
def test_of_what_is_cut_off_nothing_is_told(text: str) -> None:
    with pytest.raises(HostError, match="cannot be read"):
        named(text)


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
def test_what_kernels_tell(shell: list[str]) -> None:
    found, here = told(shell, "/sys/class/net/*", "/sys/class/net/lo/mtu", "/nowhere/*"), LocalHost()
    assert found["/sys/class/net/lo"] == here.read("/sys/class/net/lo")
    assert found["/sys/class/net/lo/mtu"] == here.read("/sys/class/net/lo/mtu")
    assert "/nowhere/*" not in found
    assert told(shell, "/nowhere/*") == {}


@pytest.mark.parametrize("text", ["x", "f\n", "f\n0644 2\n", "f\n644 3 root root 0 0 /a\n-\n/b:1\n", "L\nx\n-\n"])
def test_what_is_cut_off_or_wrong_is_an_error_or_read_by_itself(text: str) -> None:
    try:
        assert all(file is None for file in dict(understand(text)).values())
    except HostError as error:
        assert "cannot be read" in str(error)
