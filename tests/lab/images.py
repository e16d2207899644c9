"""Base images: an ext4 file system of a Debian release, built once and kept by the hash of its recipe."""

import hashlib
import os
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

from tests.lab import folders
from tests.lab.errors import LabError
from tests.lab.exclusive import exclusive

RECIPE = folders.HERE / "images.toml"
FINISH = folders.GUEST / "finish-image.sh"
GUEST_FILES = (FINISH, folders.GUEST / "lab-agent.py", folders.GUEST / "fence_lab")
MODULES = Path("/usr/lib/uml/modules")
KINDS = ("full", "min")


def base_image(release: str, kind: str) -> Path:
    """The image of `kind` ("full" or "min") of a Debian release, built now if the cache has none.

    Raises LabError when a build command fails; its log is named.
    """
    if kind not in KINDS:
        raise LabError(f"no such kind of image: {kind!r}; there are {', '.join(KINDS)}")
    image = folders.cache() / f"{release}-{kind}-{recipe_hash(release, kind)}.img"
    with exclusive(image.with_suffix(".lock")):
        if not image.exists():
            _build(release, kind, image)
    return image


def recipe_hash(release: str, kind: str) -> str:
    """Twelve hex digits that change with everything an image is made from, except the mirror's packages."""
    digest = hashlib.sha256(f"{release} {kind} {_kernel_modules().name}".encode())
    for path in (RECIPE, Path(__file__), *GUEST_FILES):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def mirror() -> str:
    """The address of the Debian archive that this machine's apt uses."""
    wanted = ("--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)", "Created-By: Packages")
    listing = subprocess.run(["apt-get", "indextargets", *wanted], capture_output=True, text=True, check=True)
    for line in listing.stdout.splitlines():
        origin, label, uri = line.split("|")
        if (origin, label) == ("Debian", "Debian"):
            return uri
    raise LabError("apt knows no Debian archive here (is `apt-get update` missing?)")


def _build(release: str, kind: str, image: Path) -> None:
    recipe = tomllib.loads(RECIPE.read_text())
    tree = image.with_suffix(".tree")
    log = image.with_suffix(".log")
    log.unlink(missing_ok=True)
    _remove_tree(tree)
    packages = recipe["base"].split() + (recipe["full"].split() if kind == "full" else [])
    _logged(log, _bootstrap(release, packages, tree))
    _logged(
        log,
        [
            "sh",
            str(FINISH),
            str(tree),
            kind,
            release,
            str(_kernel_modules()),
            recipe["pool"],
            recipe["disabled"],
        ],
    )
    part = image.with_suffix(".part")
    part.unlink(missing_ok=True)
    _logged(log, ["mkfs.ext4", "-q", "-F", "-L", "root", "-d", str(tree), str(part), recipe["size"]])
    part.rename(image)
    _remove_tree(tree)


def _bootstrap(release: str, packages: Sequence[str], tree: Path) -> list[str]:
    """The mmdebstrap call; lists and archives stay, because a pool may still be fetched with them."""
    return [
        "mmdebstrap",
        "--variant=minbase",
        "--mode=root",
        f"--include={','.join(packages)}",
        "--skip=cleanup/apt",
        '--aptopt=Acquire::Languages "none"',
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--dpkgopt=force-unsafe-io",
        release,
        str(tree),
        f"deb {mirror()} {release} main",
    ]


def _kernel_modules() -> Path:
    """The module folder of the one installed User-Mode Linux kernel."""
    versions = sorted(MODULES.glob("*/modules.dep"))
    if not versions:
        raise LabError("user-mode-linux is not installed: see packages.txt")
    return versions[-1].parent


def _logged(log: Path, argv: Sequence[str]) -> None:
    with log.open("ab") as out:
        out.write(f"+ {' '.join(argv)}\n".encode())
        out.flush()
        env = dict(os.environ, LC_ALL="C.UTF-8", DEBIAN_FRONTEND="noninteractive")
        code = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, check=False).returncode
    if code:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise LabError(f"{argv[0]} returned {code}; the end of {log}:\n{tail}")


def _remove_tree(tree: Path) -> None:
    if tree.exists():
        shutil.rmtree(tree)
