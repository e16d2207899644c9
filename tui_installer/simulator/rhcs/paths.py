"""Files of a simulated host as its tools see them: links followed inside the host, kinds, programs on the PATH."""

from __future__ import annotations

import os
import re
from dataclasses import replace

from tui_installer.hosts.host import File
from tui_installer.simulator.machine import Machine

_FOLDERS = {
    "/sbin": "ip ifup ifdown ifconfig modprobe rmmod lsmod depmod start-stop-daemon pidof udevsettle init telinit "
    "reboot halt poweroff shutdown swapoff swapon blkid getty",
    "/usr/sbin": "update-rc.d invoke-rc.d update-initramfs dpkg-divert",
    "/usr/bin": "apt-get apt-cache dpkg dpkg-query getent id head tail wc stat touch basename dirname env nice nohup "
    "setsid printf test [ logger readlink",
    "/bin": "sh bash cat df ls ln chmod chown rm rmdir mkdir cp mv echo hostname uname date true false sleep sync "
    "dmesg grep ps kill ping mktemp",
}
BASE = {f"{folder}/{name}" for folder, names in _FOLDERS.items() for name in names.split()} | {"/bin/readlink"}
"""Programs that every host has, by path."""


def follow(host: Machine, path: str) -> str:
    """The path with its links followed, within the host."""
    for _ in range(16):
        parts, at = os.path.normpath(path).split("/")[1:], ""
        for number, part in enumerate(parts):
            above, at = at, f"{at}/{part}"
            try:
                target = os.readlink(host.where(at))
            except FileNotFoundError:
                return "/" + "/".join(parts)
            except OSError:
                continue  # it is no link
            path = os.path.join(above or "/", target, *parts[number + 1 :])
            break
        else:
            return at or "/"
    return path


def text(host: Machine, path: str) -> str | None:
    """The text of a file, or of the one that a link leads to; None if there is none."""
    return host.text(follow(host, path))


def put(host: Machine, path: str, content: str) -> None:
    """Write a file, keeping mode and owner of one that is there; through a link, as the shell's `>` does."""
    target = follow(host, path)
    old = host.read(target)
    new = File(content.encode("utf-8", "surrogateescape"))
    host.write(target, replace(new, mode=old.mode, owner=old.owner) if old else new)


def _is_block(host: Machine, name: str) -> bool:
    dms = {f"dm-{number}" for number in (0, *(each["dm"] for each in host.data["maps"]), *host.data["lv_dms"].values())}
    disks = (name in each["disks"].values() for each in host.data["sessions"])
    return name in ("c0d0", "c0d0p1", "c0d0p2") or name in dms or any(disks)


def kind(host: Machine, path: str) -> str:
    """ "file", "folder" or "block"; empty: there is nothing."""
    target = follow(host, path)
    if target.startswith("/dev/") and _is_block(host, target.rsplit("/", 1)[1]):
        return "block"
    real = host.real(target)
    return "folder" if real.is_dir() else "file" if host.read(target) is not None else ""


def is_folder(host: Machine, path: str) -> bool:
    """Whether there is a folder."""
    return host.real(follow(host, path)).is_dir()


def is_link(host: Machine, path: str) -> bool:
    """Whether it is a symbolic link."""
    return host.real(path).is_symlink()


def executable(host: Machine, path: str) -> bool:
    """Whether a program of that path can be run."""
    if path in BASE:
        return True
    target = follow(host, path)
    file = host.read(target)
    return bool(file.mode & 0o111) if file is not None else host.real(target).is_dir()


def program(host: Machine, name: str, search: str) -> str | None:
    """The path of a program by its name, or by its path; None if there is none that can be run."""
    if "/" in name:
        return name if executable(host, name) and not is_folder(host, name) else None
    folders = search.split(":")
    return next((f"{folder}/{name}" for folder in folders if executable(host, f"{folder}/{name}")), None)


def glob(host: Machine, pattern: str) -> tuple[str, ...]:
    """The paths that match; a letter behind a backslash stands for itself."""
    return host.glob(re.sub(r"\\(.)", r"[\1]", pattern))
