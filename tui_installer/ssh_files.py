"""Files of a host behind ssh: POSIX shell scripts, one round trip each, and what they print understood."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any

from tui_installer.host import File, HostError, Link, Result

READ = """
if [ -L "$1" ]; then stat -c 'link %a %U %G %u %g' -- "$1" && readlink -n -- "$1"
elif [ -f "$1" ]; then stat -c 'file %a %U %G %u %g' -- "$1" && cat -- "$1"
elif [ -e "$1" ]; then echo 'it is not a file' >&2; exit 2
else echo none; fi
"""
"""$1: path."""

WRITE = """
set -e
umask 077
folder=${1%/*}/
new=$folder.${1##*/}.new-$$
trap 'rm -f -- "$new"' EXIT
[ -d "$folder" ] || (umask 022; mkdir -p -- "$folder")
if [ "$2" = link ]; then ln -s -- "$3" "$new"
else
    cat > "$new"
    [ "$(sha256sum < "$new")" = "$5  -" ] || { echo 'it came incomplete' >&2; exit 3; }
    chown -- "$4" "$new"
    chmod -- "$3" "$new"
    sync "$new"
fi
mv -fT -- "$new" "$1"
trap - EXIT
sync "$folder"
"""
"""$1: path, $2: "link" and $3: target; or "file", mode, owner, SHA-256 of standard input: half a file is refused."""

REMOVE = """
rm -f -- "$1" || exit
folder=${1%/*}/
[ ! -d "$folder" ] || sync "$folder"
"""
"""$1: path."""

LIST = """
IFS=
for path in $1; do if [ -e "$path" ] || [ -L "$path" ]; then printf '%s\\n' "$path"; fi; done
"""
"""$1: pattern; without field separators it is expanded, but never split."""


def understand(path: str, said: Result) -> File | None:
    """What `READ` printed. Raises `HostError`."""
    if not said.ok():
        raise HostError(f"{path} cannot be read: {why(said)}")
    head, _, rest = said.out.partition("\n")
    if head == "none":
        return None
    kind, mode, user, group, uid, gid = head.split()
    owner = f"{uid if user == 'UNKNOWN' else user}:{gid if group == 'UNKNOWN' else group}"
    if kind == "link":
        return File(b"", 0o777, owner, rest)
    return File(os.fsencode(rest), int(mode, 8), owner)


def writing(path: str, file: File | None) -> tuple[str, ...]:
    """The command that writes or removes a file; the content is its standard input."""
    if file is None:
        return ("sh", "-c", REMOVE, "sh", path)
    if file.link is not None:
        return ("sh", "-c", WRITE, "sh", path, "link", file.link)
    digest = hashlib.sha256(file.content).hexdigest()
    return ("sh", "-c", WRITE, "sh", path, "file", f"{file.mode:o}", file.owner, digest)


def why(said: Result) -> str:
    """A failure in few words."""
    return said.said[0] if said.end == "exited" and said.said else said.verdict


def links(addresses: str, routes: str) -> tuple[Link, ...]:
    """The interfaces from `ip -j addr` and `ip -j -4 route`. Raises `HostError` for anything else."""
    try:
        gateways = {route["dev"]: route.get("gateway") for route in json.loads(routes or "[]") if _default(route)}
        return tuple(sorted(_links(json.loads(addresses), gateways), key=lambda link: link.name))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HostError(f"ip: its answer is not understood: {error}") from error


def _default(route: dict[str, Any]) -> bool:
    return route.get("dst") == "default" and "dev" in route


def _links(entries: list[dict[str, Any]], gateways: dict[str, str | None]) -> Iterator[Link]:
    for entry in entries:
        if name := entry.get("ifname"):
            yield Link(
                name=name,
                mac=entry.get("address", ""),
                mtu=entry["mtu"],
                up="UP" in entry["flags"],
                addresses=tuple(
                    f"{each['local']}/{each['prefixlen']}"
                    for each in entry.get("addr_info", ())
                    if each.get("family") == "inet"
                ),
                gateway=gateways.get(name),
            )
