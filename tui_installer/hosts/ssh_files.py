"""Files of a host behind ssh: functions for its shell, one round trip each, and what they print understood.

No tool has an option that coreutils 5.97 (Debian 4) or busybox lacks.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator

from tui_installer.hosts.host import File, HostError, Link, Result
from tui_installer.hosts.many_files import owner
from tui_installer.hosts.shell_text import printf

FILES = """
our_read() {
    if [ -L "$1" ]; then stat -c 'link %a %U %G %u %g' "$1" && readlink -n "$1"
    elif [ -f "$1" ]; then stat -c 'file %a %U %G %u %g' "$1" && cat "$1"
    elif [ -e "$1" ]; then echo 'it is not a file' >&2; return 2
    else echo none; fi
}
our_sync() { sync "$1" 2>/dev/null || sync; }
our_swap() {
    if [ -d "$2" ]; then mv -fT "$1" "$2"; else mv -f "$1" "$2"; fi && our_sync "${2%/*}/"
}
our_beside() {
    umask 077
    [ -d "${1%/*}/" ] || (umask 022; mkdir -p "${1%/*}/")
    new=${1%/*}/.${1##*/}.new-$$
    trap 'rm -f "$new"' EXIT
    rm -f "$new"
}
our_link() (
    our_beside "$1" && ln -s "$2" "$new" && our_swap "$new" "$1"
)
our_write() (
    our_beside "$1" && cat > "$new" || exit
    [ $(wc -c < "$new") -eq "$4" ] || { echo 'it came incomplete' >&2; exit 3; }
    chown "$3" "$new" && chmod "$2" "$new" && our_sync "$new" && our_swap "$new" "$1"
)
our_remove() {
    rm -f "$1" && if [ -d "${1%/*}/" ]; then our_sync "${1%/*}/"; fi
}
our_list() (
    IFS=
    for path in $1; do if [ -e "$path" ] || [ -L "$path" ]; then printf '%s\\n' "$path"; fi; done
)
our_links() { ip -o link && echo && ip -o -4 addr && echo && ip -4 route; }
"""
"""our_read PATH, our_link PATH TARGET, our_write PATH MODE OWNER BYTES <CONTENT, our_remove PATH, our_list PATTERN,
our_links.

Without field separators a pattern is expanded, but never split. Old sync(1) takes no names: it then writes all.
A link to a folder is replaced, not followed; only there mv needs -T, which POSIX has not."""


def understand(path: str, said: Result) -> File | None:
    """What our_read printed. Raises `HostError`."""
    if not said.ok():
        raise HostError(f"{path} cannot be read: {why(said)}")
    head, _, rest = said.out.partition("\n")
    if head == "none":
        return None
    try:
        kind, octal, *names = head.split()
        whose = owner(*names)
        mode = int(octal, 8)
    except (ValueError, TypeError) as error:
        raise HostError(f"{path} cannot be read: stat said {head[:80]!r}") from error
    if kind == "link":
        return File(b"", 0o777, whose, rest)
    return File(os.fsencode(rest), mode, whose)


def writing(path: str, file: File | None) -> str:
    """The line that writes or removes a file."""
    if file is None:
        return f"our_remove {shlex.quote(path)}"
    if file.link is not None:
        return f"our_link {shlex.quote(path)} {shlex.quote(file.link)}"
    words = (path, f"{file.mode:o}", file.owner, str(len(file.content)))
    return f"{{ {printf(file.content)}; }} | our_write {shlex.join(words)}"


def why(said: Result) -> str:
    """A failure in few words."""
    return said.said[0] if said.end == "exited" and said.said else said.verdict


def understand_links(said: Result) -> tuple[Link, ...]:
    """The interfaces, as our_links printed them. Raises `HostError`."""
    parts = said.out.split("\n\n")
    if not said.ok() or len(parts) != 3:
        raise HostError(f"ip: {why(said)}")
    return links(*parts)


def links(states: str, addresses: str, routes: str) -> tuple[Link, ...]:
    """The interfaces from `ip -o link`, `ip -o -4 addr` and `ip -4 route`, as every iproute since 2006 prints them."""
    gateways = dict(_gateways(routes))
    found: dict[str, list[str]] = {}
    for words in map(str.split, addresses.splitlines()):
        if len(words) > 3 and words[2] == "inet":
            found.setdefault(words[1].split("@")[0], []).append(_prefixed(words[3]))
    return tuple(sorted(_links(states, found, gateways), key=lambda link: link.name))


def _links(states: str, addresses: dict[str, list[str]], gateways: dict[str, str | None]) -> Iterator[Link]:
    """An example: `2: eth0: <BROADCAST,MULTICAST,UP> mtu 1500 ... \\    link/ether 52:54:00:10:00:01 brd ...`."""
    for line in states.splitlines():
        words = line.replace("\\", " ").split()
        if len(words) < 5 or not words[0].endswith(":") or words[3] != "mtu" or not words[4].isdecimal():
            continue
        name = words[1].rstrip(":").split("@")[0]
        kinds = [at for at, word in enumerate(words[:-1]) if word.startswith("link/") and at > 4]
        mac = words[kinds[0] + 1] if kinds else ""
        up = "UP" in words[2].strip("<>").split(",")
        yield Link(name, mac, int(words[4]), up, tuple(addresses.get(name, ())), gateways.get(name))


def _prefixed(address: str) -> str:
    return address if "/" in address else f"{address}/32"


def _gateways(routes: str) -> Iterator[tuple[str, str | None]]:
    for words in map(str.split, routes.splitlines()):
        if words[:1] == ["default"] and "dev" in words[:-1]:
            via = words[words.index("via") + 1] if "via" in words[:-1] else None
            yield words[words.index("dev") + 1], via
