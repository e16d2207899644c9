"""Many files of a host behind ssh in one round trip, with a handful of programs started for a hundred of them.

Text alone comes so: what grep(1) cannot tell as it is, the file's size shows, and it is read by itself. No tool has an
option that coreutils 5.97 and grep 2.5 (Debian 4) or busybox lacks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from tui_installer.hosts.host import File, HostError

ALL = """
our_all() {
    for pattern in "$@"; do (IFS=; our_each L $pattern; our_each f $pattern); done
}
our_files() (
    for path in "$@"; do [ -L "$path" ] || [ -e "$path" ] || printf '%s\\n' "$path"; done
    echo -
    our_each L "$@"
    our_each f "$@"
)
our_each() {
    kind=$1 begun=
    shift
    for path in "$@"; do
        [ "$begun" ] || { begun=yes; set --; }
        if [ -L "$path" ]; then [ $kind = L ] || continue; else [ $kind = f ] && [ -f "$path" ] || continue; fi
        set -- "$@" "$path"
        if [ $# -ge 100 ]; then our_some $kind "$@"; set --; fi
    done
    [ $# = 0 ] || our_some $kind "$@"
}
our_some() {
    kind=$1
    shift
    echo "$kind"
    stat -c '%a %s %U %G %u %g %n' "$@"
    echo -
    if [ $kind = L ]; then ls -ld "$@"; else LC_ALL=C grep -aH '' "$@"; fi
    return 0
}
"""
"""our_all PATTERN...: of each hundred links (L), then files (f), what stat says of each, a line for each link, and the
lines of all files, each behind the path that it is from. What goes away meanwhile, or cannot be read, is not there.

our_files PATH...: those that are not there, a line with "-", the others so; of what is neither file nor link, nothing.
"""
_MADE_UP = ("/sys/", "/proc/")
"""Where sizes tell nothing."""


def owner(user: str, group: str, uid: str, gid: str) -> str:
    """As stat tells it; those without a name by their numbers."""
    return f"{uid if user == 'UNKNOWN' else user}:{gid if group == 'UNKNOWN' else group}"


def named(text: str) -> dict[str, File | None]:
    """What our_files printed, by path; None: it is not there. What must be read by itself is left out. Raises
    `HostError`."""
    absent, found, told = f"\n{text}".partition("\n-\n")
    if not found:
        raise HostError(f"many files cannot be read: {text[:80]!r}")
    return dict.fromkeys(absent.split("\n")[1:]) | {path: file for path, file in understand(told) if file}


def understand(text: str) -> Iterator[tuple[str, File | None]]:
    """The files that our_all printed, by path; None: it must be read by itself. Raises `HostError`."""
    lines, at = text.split("\n"), 0
    try:
        while lines[at]:
            kind, end = lines[at], lines.index("-", at)
            block = _Block(lines, end + 1, lines[at + 1 : end])
            yield from block.links() if kind == "L" else block.files()
            at = block.at
    except (ValueError, IndexError) as error:
        raise HostError(f"many files cannot be read: {lines[min(at, len(lines) - 1)][:80]!r}") from error


class _Block:
    """What was told of some links, or of some files, from a line on."""

    def __init__(self, lines: list[str], at: int, stats: list[str]) -> None:
        self._lines, self.at = lines, at
        self._known = [line.split(" ", 6) for line in stats]

    def links(self) -> Iterator[tuple[str, File | None]]:
        """`lrwxrwxrwx 1 root root 0 Nov 29 20:05 /sys/block/sda/device -> ../../devices/...`, in ls' own order."""
        targets = {}
        while " -> " in self._lines[self.at]:
            head, _, target = self._lines[self.at].partition(" -> ")
            targets[head[head.index("/") :]] = target
            self.at += 1
        for _, _, *names, path in self._known:
            yield path, File(b"", 0o777, owner(*names), targets[path]) if path in targets else None

    def files(self) -> Iterator[tuple[str, File | None]]:
        """`/sys/block/sda/dev:8:0`, each line of a file so, in the order of the files."""
        for octal, size, *names, path in self._known:
            content = os.fsencode("".join(self._content(f"{path}:")))
            if path.startswith(_MADE_UP):
                whole = content != b""
            else:
                content = content if len(content) == int(size) else content.removesuffix(b"\n")
                whole = len(content) == int(size)  # grep ends the last line if the file does not
            yield path, File(content, int(octal, 8), owner(*names)) if whole else None

    def _content(self, prefix: str) -> Iterator[str]:
        while self._lines[self.at].startswith(prefix):
            yield self._lines[self.at].removeprefix(prefix) + "\n"
            self.at += 1
