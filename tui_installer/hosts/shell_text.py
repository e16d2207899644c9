"""Text for POSIX shells: any content as arguments of printf, which is a part of the shell, so nothing of it is in an
argv of a process; and the functions that a shell on a bare host is told first.

Debian 4 has no timeout(1), base64(1) or sha256sum(1), and busybox has a timeout(1) of its own kind.
"""

from __future__ import annotations

from collections.abc import Iterator

PLAIN = frozenset(b'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \t\n./_:,=#+()[]{}<>|;&*?~^@"$!')
"""Bytes that mean themselves both between single quotes and in a format of printf."""
PIECE = 4096
"""Bytes a printf: old shells have limits."""

FIRST = """
umask 022
unset PWD OLDPWD
[ "$(locale charmap 2>/dev/null)" = UTF-8 ] || export LC_ALL=C
timeout 2>/dev/null
[ $? = 125 ] || timeout() (
    case $2 in
    */*) [ -x "$2" ] ;;
    *) command -v "$2" >/dev/null ;;
    esac || { echo "timeout: failed to run command $2" >&2; exit 127; }
    case $1 in
    *.*) seconds=$((${1%.*} + 1)) ;;
    *) seconds=$1 ;;
    esac
    shift
    exec 3<&0
    (exec "$@" 3<&-) <&3 &
    command=$!
    (
        trap '[ $! = $command ] || kill -KILL $!; exit 1' TERM
        sleep "$seconds" &
        wait $!
        trap '' TERM
        kill -TERM $command
    ) </dev/null >/dev/null 2>&1 3<&- &
    watch=$!
    wait $command
    code=$?
    { kill $watch; wait $watch; } 2>/dev/null && code=124
    exit $code
)
"""
"""The environment, and timeout(1) as coreutils have it where it is missing or another one."""


def printf(content: bytes) -> str:
    """A command line that prints the content, of ASCII only."""
    pieces = [content[at : at + PIECE] for at in range(0, len(content), PIECE)]
    return "; ".join(f"printf '{''.join(_escaped(piece))}'" for piece in pieces or [b""])


def _escaped(piece: bytes) -> Iterator[str]:
    for byte in piece:
        yield chr(byte) if byte in PLAIN else f"\\{byte:03o}"
