"""What goes into the .deb of each wheel, and which wheels are refused."""

import hashlib
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

SCRIPT = Path(__file__).parents[2] / "debian/unpack_wheels.py"


def wheel(folder: Path, name: str = "some_thing-1.0-py3-none-any.whl") -> Path:
    """A wheel of one module."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    with ZipFile(path, "w") as archive:
        archive.writestr("some_thing.py", "x = 1\n")
        for member in ("METADATA", "RECORD"):
            archive.writestr(f"some_thing-1.0.dist-info/{member}", "")
    return path


def unpack(tmp_path: Path, requirements: str) -> subprocess.CompletedProcess[str]:
    """Run the script over tmp_path/wheels into tmp_path/out."""
    (tmp_path / "requirements.txt").write_text(requirements)
    paths = (SCRIPT, tmp_path / "requirements.txt", tmp_path / "wheels", tmp_path / "out")
    return subprocess.run([sys.executable, *map(str, paths)], capture_output=True, text=True, check=False)


def pin(path: Path) -> str:
    """The line that pins a wheel."""
    return f"some-thing==1.0 \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def test_a_pinned_wheel_is_unpacked_as_debian_would(tmp_path: Path) -> None:
    done = unpack(tmp_path, pin(wheel(tmp_path / "wheels")))
    out = tmp_path / "out"
    assert (done.returncode, done.stderr) == (0, "")
    assert (out / "some_thing.py").read_text() == "x = 1\n"
    assert (out / "some_thing-1.0.dist-info/INSTALLER").read_text() == "debian\n"
    assert not (out / "some_thing-1.0.dist-info/RECORD").exists()


def test_a_changed_wheel_is_refused(tmp_path: Path) -> None:
    requirements = pin(wheel(tmp_path / "wheels"))
    with ZipFile(tmp_path / "wheels/some_thing-1.0-py3-none-any.whl", "a") as archive:
        archive.writestr("worse.py", "")
    done = unpack(tmp_path, requirements)
    assert (done.returncode, (tmp_path / "out").exists()) == (1, False)
    assert "is not pinned" in done.stderr


def test_a_compiled_wheel_is_refused(tmp_path: Path) -> None:
    done = unpack(tmp_path, pin(wheel(tmp_path / "wheels", "some_thing-1.0-cp311-cp311-linux_x86_64.whl")))
    assert (done.returncode, "not a pure-Python wheel" in done.stderr) == (1, True)


@pytest.mark.parametrize("wheels", [True, False])
def test_a_missing_wheel_is_named(tmp_path: Path, wheels: bool) -> None:
    requirements = pin(wheel(tmp_path / "wheels")) + "other-one==2.0\n" if wheels else "other-one==2.0\n"
    done = unpack(tmp_path, requirements)
    assert done.returncode == 1
    assert "no wheel of other_one" in done.stderr
