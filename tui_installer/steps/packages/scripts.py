"""A package's own script failed: which, what that leaves behind, and what it said.

dpkg's words: src/script.c and src/errors.c of 1.13 (Debian 4), 1.15 (6), 1.21 (12), 1.22 (13). 1.13 and 1.15 name the
package one line above the script, later ones in the same line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tui_installer.model.diagnosis import Cause
from tui_installer.steps.packages.remedies import ASIDE, FINISH

NAME = r"[a-z0-9][a-z0-9+.-]*"
OURS = (
    r"open-iscsi|multipath-tools|corosync|dlm-controld|lvm2|lvm2-lockd|vlan|ccs|cman|clvm|fence|openais|"
    r"(?:xen|linux|redhat-cluster)-\S*?"
)
"""What is never gone on without; what these depend on, apt sees to."""
_LEFT = {
    "pre-installation": "it was not unpacked",
    "post-installation": "it is there, but not usable yet",
    "pre-removal": "it was neither removed nor replaced",
    "post-removal": "what it leaves behind was not cleared",
}
"""What a script's failure leaves, by dpkg's word for it."""
_ERROR = rf"error processing (?:package |archive )?(?:\S*/)?(?P<name>{NAME})\S* \(--\w+\):\n *"
_SAYS = r"(?:subprocess returned|returned|was killed|subprocess was killed|killed)"
_BEGINS = re.compile(r"(?:Setting up|Preparing to \w+|Unpacking|Removing|Purging configuration files for|Selecting) .*")
_ENDS = re.compile(r"dpkg: (?:error|warning)|Errors were encountered|E: ")
_SHOWN = 3
"""Lines that are shown of what it said on its output, and of its errors."""


def _causes() -> Iterator[Cause]:
    for what, left in _LEFT.items():
        new = rf"(?:installed|new|old) (?P<name>{NAME})(?::\S+)? package {what} script {_SAYS}"
        old = rf"{_ERROR}(?:subprocess )?(?:installed |new |old )?{what} script {_SAYS}"
        for sign in (new, old):
            if what == "post-installation":
                yield _aside(sign, what, left)
            text = f"The {what} script of {{name}} failed: {left}."
            hint = "Its own words say why. Mend that, then let dpkg finish and apply again. Or take it back."
            yield Cause("packages.script-failed", sign, text, hint, remedy=FINISH)


def _aside(sign: str, what: str, left: str) -> Cause:
    """Of a package that is none of those that are wanted here: it was half there before, or is the operator's own."""
    foreign = sign.replace("(?P<name>", f"(?P<name>(?!(?:{OURS})[ :])", 1)
    text = f"The {what} script of {{name}} failed: {left}. It is none of those that this step names."
    hint = "Its own words say why. Mend that, then apply again. Or set it aside: it stays as it is, and is noted."
    return Cause("packages.script-failed", foreign, text, hint, remedy=ASIDE)


SCRIPTS = tuple(_causes())


def said(evidence: tuple[str, ...]) -> tuple[str, ...]:
    """The last lines of what the first script that failed said, and dpkg's of it; empty: they cannot be told apart.

    What it printed stands where dpkg came to its package; its errors, which come by another way, before dpkg's own.
    """
    failed = re.compile(rf"\s*(?:new|old|installed|subprocess)\b.* script {_SAYS}")
    told = next((at for at, line in enumerate(evidence) if failed.match(line)), 0)
    if not told:
        return ()
    words = re.search(rf"(?:new|old|installed) (?P<name>{NAME})(?::\S+)? package", evidence[told])
    above = re.search(rf"(?:\S*/)?(?P<name>{NAME})\S* \(--", evidence[told - 1])
    name = words["name"] if words else above["name"] if above else ""
    shown = {*_printed(evidence, name)[-_SHOWN:], *_complained(evidence, told - 1)[-_SHOWN:], told}
    return tuple(evidence[at] for at in sorted(shown)) if len(shown) > 1 else ()


def _printed(evidence: tuple[str, ...], name: str) -> list[int]:
    """The lines since dpkg last came to a package, until it went on."""
    named = re.compile(rf"(?:.*\W)?{re.escape(name)}(?:\W|_)")
    starts = [at for at, line in enumerate(evidence) if name and _BEGINS.match(line) and named.match(line)]
    rest = range(starts[-1] + 1, len(evidence)) if starts else range(0)
    until = next((at for at in rest if _BEGINS.match(evidence[at]) or _ENDS.match(evidence[at])), len(evidence))
    return list(range(rest.start, until)) if starts else []


def _complained(evidence: tuple[str, ...], error: int) -> list[int]:
    """The lines right before dpkg's own of that error."""
    first = error
    while first and not (_BEGINS.match(evidence[first - 1]) or _ENDS.match(evidence[first - 1])):
        first -= 1
    return list(range(first, error))
