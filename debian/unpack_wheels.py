"""Unpack the vendored wheels: `unpack_wheels.py REQUIREMENTS WHEELS DESTINATION`, no network, no pip.

Ends with a message when a wheel is missing, isn't pinned by hash in REQUIREMENTS, or isn't pure Python.
"""

import hashlib
import re
import sys
from pathlib import Path
from zipfile import ZipFile


def pinned_names(requirements: str) -> set[str]:
    """The names that a requirements file pins, as they stand in the names of wheels."""
    return {name.replace("-", "_").lower() for name in re.findall(r"^([\w.-]+)==", requirements, re.MULTILINE)}


def refusal(wheel: Path, hashes: set[str]) -> str | None:
    """Why a wheel must not be unpacked, in words; None: it may."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest not in hashes:
        return f"{wheel.name}: its sha256 {digest} is not pinned"
    if not wheel.name.endswith("-none-any.whl"):
        return f"{wheel.name}: not a pure-Python wheel"
    return None


def unpack(wheel: Path, destination: Path) -> None:
    """Unpack one wheel as Debian's tools would have installed it."""
    with ZipFile(wheel) as archive:
        # dh_python3 of some releases rewrites RECORD: without it the .deb is the same from each of them.
        names = [name for name in archive.namelist() if not name.endswith(".dist-info/RECORD")]
        archive.extractall(destination, names)
    info = next(name for name in names if ".dist-info/" in name).split("/")[0]
    (destination / info / "INSTALLER").write_text("debian\n")


def main(requirements: Path, wheels: Path, destination: Path) -> str | None:
    """Unpack all wheels; gives a refusal in words, or None when all is done."""
    text = requirements.read_text()
    hashes = set(re.findall(r"sha256:([0-9a-f]{64})", text))
    found = sorted(wheels.glob("*.whl"))
    missing = pinned_names(text) - {wheel.name.split("-")[0].lower() for wheel in found}
    if missing:
        return f"no wheel of {', '.join(sorted(missing))} in {wheels}: run 'make vendor' once"
    for wheel in found:
        if reason := refusal(wheel, hashes):
            return reason
    for wheel in found:
        unpack(wheel, destination)
    return None


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:4])))
