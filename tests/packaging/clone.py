"""README.md's commands as printed, in a new clone on minimal Debian 12 and 13, as root and as an ordinary user
(`make clone-test`, as root): the demo to its first picture; with `tests` as an argument `make test` as well.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.packaging.trees import RELEASES, ROOT, Wrong, expect, first_picture, run, say, tree

BUILT = 1800.0
"""Seconds for the first picture: `.venv` is built before, maybe on a busy machine."""
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
INSIDE = 'mount --bind "$0" "$0"; cd "$0"; mkdir -p .old; pivot_root . .old; cd /; exec "$@"'
"""As on a real host its root is that of the mounts: else nothing can make them private to itself, nor a user be root in
a name space of their own (unshare(2), EPERM)."""
MOUNTS = """
mount -t proc proc /proc
umount -l /.old
mount -t sysfs -o ro sys /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts /dev/pts
mount --bind /dev/pts/ptmx /dev/ptmx
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
ip link set lo up 2>/dev/null || true
exec "$@"
"""
"""What a real host has mounted."""


def printed() -> str:
    """What README.md has typed as root before its two commands, as printed."""
    text = (ROOT / "README.md").read_text().partition("## Try it")[2].partition("\n## ")[0]
    lines: list[str] = re.findall(r"(?m)^ {4}(\S.*)$", text)
    wanted = [line for line in lines if line.startswith("apt-get ")]
    expect([line for line in lines if line not in wanted] == ["make demo", "make test"], f"README.md has {lines}")
    expect(len(wanted) == 1, f"README.md has {wanted}")
    return wanted[0]


def within(root: Path, user: str, line: str) -> list[str]:
    """A command line that runs a line of shell in the tree, as that user in their clone."""
    home = "/root" if user == "root" else f"/home/{user}"
    path = "/usr/local/bin:/usr/bin:/bin" + (":/usr/sbin:/sbin" if user == "root" else "")
    pip = [f"{name}={value}" for name, value in os.environ.items() if name.startswith("PIP_")]
    kept = ["env", "-i", f"HOME={home}", f"USER={user}", f"PATH={path}", "LC_ALL=C.UTF-8", "TERM=vt220", *pip]
    there = f"cd {home}/clone 2>/dev/null || cd; {line}"
    who = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
    spaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "/bin/sh", "-ec", INSIDE, str(root)]
    return [*spaces, "/bin/sh", "-ec", MOUNTS, "-", *who, *kept, "/bin/sh", "-c", there]


def prepare(root: Path, user: str) -> None:
    """A new clone in the user's home; pip as it is set up here."""
    if user != "root":
        run(*within(root, "root", f"useradd --create-home --shell /bin/bash {user}"))
    home = root / ("root" if user == "root" else f"home/{user}")
    run("git", "clone", "--quiet", str(ROOT), str(home / "clone"))
    run(*within(root, "root", f"chown -R {user}: /{home.relative_to(root)}"))


def as_here(root: Path) -> None:
    """Names are found, and pip finds its index, as on this machine."""
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    for settings in map(Path, ("/etc/pip.conf", "/etc/xdg/pip")):
        (root / "etc/xdg").mkdir(exist_ok=True)
        if settings.is_dir():
            shutil.copytree(settings, root / settings.relative_to("/"), dirs_exist_ok=True)
        elif settings.exists():
            shutil.copy(settings, root / settings.relative_to("/"))
    if CERTIFICATES.exists():
        (root / "etc/ssl/certs").mkdir(parents=True, exist_ok=True)
        shutil.copy(CERTIFICATES, root / "etc/ssl/certs")


def check(release: str, users: list[str], tests: bool) -> Iterator[str]:
    """All on a release; each that held, in words."""
    needed = printed()
    with tree(release) as root:
        as_here(root)
        expect(not any((root / "var/lib/apt/lists").glob("*Packages*")), "the tree has lists of packages")
        run(*within(root, "root", needed))
        as_here(root)  # ca-certificates made its own list of them
        yield f"root: {needed}"
        for user in users:
            prepare(root, user)
            first_picture(within(root, user, "make demo"), BUILT)
            yield f"{user}: make demo paints its first picture"
            if tests:
                ended = subprocess.run(within(root, user, "make test"), check=False)
                expect(ended.returncode == 0, f"{user}: make test ended with {ended.returncode}")
                yield f"{user}: make test"


def main() -> int:
    """Releases, users and `tests` are named as arguments; all releases and both users, and no tests, if none are."""
    words = sys.argv[1:]
    users = [word for word in words if word in ("root", "somebody")] or ["root", "somebody"]
    try:
        for release in [word for word in words if word in RELEASES] or RELEASES:
            for held in check(release, users, "tests" in words):
                say(f"{release}: {held}")
    except Wrong as wrong:
        say(f"WRONG: {wrong}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
