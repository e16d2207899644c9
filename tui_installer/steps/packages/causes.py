"""Why apt and dpkg fail, by their words of Debian 4 to 13, and what mends it safely.

The first cause that fits counts: what made the rest fail stands before it. Words: apt's apt-pkg and cmdline, dpkg's lib
and src of 1.13 (Debian 4), 1.15 (6), 1.21 (12) and 1.22 (13), public reports.
"""

from __future__ import annotations

import re
from dataclasses import replace

from tui_installer.model.diagnosis import Cause, diagnosed
from tui_installer.model.step import Failure, Problem
from tui_installer.steps.packages import scripts
from tui_installer.steps.packages.remedies import (
    AGAIN,
    CLEAN,
    COMPLETE,
    FINISH,
    FORWARD,
    FORWARD_TO,
    READ_LISTS,
    WAIT,
    WAIT_FOR,
)
from tui_installer.steps.packages.scripts import NAME, SCRIPTS
from tui_installer.steps.packages.signatures import SIGNATURES

_FULL = r"No space left on device|not have enough free space|don't have enough free space"
_SPACE = (
    "How much there is: df -h / /boot /var. What was downloaded is freed by apt-get clean; old kernels "
    "(dpkg -l 'linux-image*') fill /boot, logs /var (journalctl --vacuum-size=100M). Then apply again."
)
_HOLDER = "Who it is and since when: ps -ef | egrep 'apt|dpkg|aptitude'."
_APART = (
    "Sources of several releases are mixed, or a package is held: apt-mark showhold (dpkg --get-selections before "
    "Debian 7), apt-cache policy. Nothing is held back, removed or replaced from here."
)

CAUSES = (
    Cause(
        "packages.locked",
        # GetLock of apt's apt-pkg/contrib/fileutl.cc, since apt 2: the same sentence for each lock
        r"Could not get lock (?P<lock>(?!/var/lib/dpkg/)\S+?)\. It is held by process (?P<pid>[1-9]\d*)"
        r"(?: \((?P<by>[^)\n]+)\))?(?P<number>)(?P<who>)",
        "Another program is reading lists or fetching packages: process {pid} {by} holds apt's lock {lock}.",
        "Its end is waited for, or see what it is: ps -fp {pid}. Then apply again. Never remove the lock.",
        remedy=WAIT_FOR,
    ),
    Cause(
        "packages.locked",
        r"held by process (?P<pid>[1-9]\d*)(?: \((?P<by>[^)\n]+)\))?|"
        r"locked by (?P<who>\S+) process with pid (?P<number>\d+)",
        "Another program is changing packages: process {pid}{number} {by}{who} holds dpkg's lock.",
        "Its end is waited for, or see what it is: ps -fp {pid}{number}. Then apply again. Never remove the lock, "
        "never kill dpkg.",
        remedy=WAIT_FOR,
    ),
    Cause(
        "packages.locked",
        r"Could not get lock (?P<lock>/var/lib/dpkg/\S+)|Unable to lock the administration directory|"
        r"status database area is locked",
        "Another program is changing packages: it holds dpkg's lock.",
        f"{_HOLDER} Its end is waited for; then apply again. Never remove the lock, never kill dpkg.",
        remedy=WAIT,
    ),
    Cause(
        "packages.locked",
        r"Could not get lock (?P<lock>\S+)|Unable to lock (?:the (?:download|list) )?directory",
        "Another program is reading lists or fetching packages: it holds apt's lock {lock}.",
        f"{_HOLDER} Wait for its end, then apply again. Never remove the lock.",
    ),
    Cause(
        "packages.no-space",
        rf"/boot/initrd\.img-\S+(?:.*\n){{1,4}}?.*(?:{_FULL})",
        "There is no space left in /boot: the initrd of a kernel could not be written.",
        "See df -h /boot. Old kernels fill it: dpkg -l 'linux-image*', then apt-get purge those that are not in use "
        "(uname -r is). Then apply again: dpkg is let finish first.",
        remedy=CLEAN,
    ),
    Cause(
        "packages.no-space",
        r"Need to get (?P<get>[\d.,]+ ?[kMG]?B)(?:/\S+ ?[kMG]?B)? of archives(?:.*\n)*?"
        rf".*(?:{_FULL}) in (?P<at>\S+?)/?\.?$",
        "There is no space left in {at}: {get} have to be fetched to it.",
        _SPACE,
        remedy=CLEAN,
    ),
    Cause(
        "packages.no-space",
        r"to '?(?P<at>/[^\s']+?)(?:\.dpkg-new)?'?: .*No space left on device",
        "There is no space left where {at} belongs.",
        _SPACE,
        remedy=CLEAN,
    ),
    Cause(
        "packages.no-space",
        _FULL,
        "There is no space left for the packages.",
        _SPACE,
        remedy=CLEAN,
    ),
    Cause(
        "packages.clock",
        r"Release file for (?P<what>\S+) is not valid yet \(invalid for another (?P<ahead>[^)\n]+)\)",
        "The clock of {host} is behind by {ahead} or more: apt takes the mirror's lists for ones from the future.",
        "Set it, and let it follow the members' time servers. If it is right, the mirror's clock is wrong.",
        remedy=FORWARD,
    ),
    Cause(
        "packages.clock",
        # sqv's words of a signature (Debian 13): apt asks it before it looks at the date of the lists itself
        r"Not live until (?P<at>\d\S+Z)",
        "The clock of {host} is behind {at}: apt takes the signature of the mirror's lists for one from the future.",
        "Set it, and let it follow the members' time servers. If it is right, the mirror's clock is wrong.",
        remedy=FORWARD_TO,
    ),
    Cause(
        "packages.lists-expired",
        r"Release file (?:for )?\S+ is expired|Release file expired, ignoring (?P<what>\S+)|"
        r"\(invalid since [^)\n]*\d+d ",
        "By the clock of {host} the mirror's lists are too old to be valid: the clock is ahead, or this is an archive "
        "of an old release or a mirror that stands still.",
        "See date first: a clock that is ahead is set, and nothing else is wrong. On an archive put "
        'Acquire::Check-Valid-Until "false"; into /etc/apt/apt.conf.d/90archive; else choose another mirror. '
        "Then plan again.",
    ),
    *SIGNATURES,
    Cause(
        "packages.half-installed",
        rf"error processing (?:package )?(?P<name>{NAME})\S* \(--\w+\):\n *[Pp]ackage is in a very bad inconsistent|"
        rf"The package (?P<old>{NAME})\S* needs to be reinstalled",
        "{name}{old} is only half installed: an earlier attempt was cut off in the middle of it.",
        "It has to be unpacked again before it can be configured.",
        remedy=AGAIN,
    ),
    Cause(
        "packages.conffile",
        r"Configuration file [`'](?P<file>/[^'\n]+)'(?:\n.*){1,12}?(?:end of file|EOF) on stdin at conffile prompt",
        "dpkg asks which version of {file} to keep, and nobody can answer.",
        "What is here is kept; the package's own is put beside it as .dpkg-dist: compare them afterwards.",
        remedy=FINISH,
    ),
    Cause(
        "packages.conffile",
        r"(?:end of file|EOF) on stdin at conffile prompt|conffile `?'?(?P<file>/\S+)'? .*prompt",
        "dpkg asks which version of a configuration file to keep, and nobody can answer.",
        "What is here is kept; the package's own is put beside it as .dpkg-dist: compare them afterwards.",
        remedy=FINISH,
    ),
    Cause(
        "packages.file-conflict",
        r"trying to overwrite [`']?(?P<file>/[^\s',]+)'?, which is also in package (?P<other>\S+)",
        "A package brings {file}, which belongs to {other}: dpkg does not overwrite it.",
        "Two versions are mixed, or a foreign source is in use: apt-cache policy {other}. Mend that, then apply again.",
    ),
    *SCRIPTS,
    Cause(
        "packages.interrupted",
        r"dpkg was interrupted|Sub-process \S*dpkg (?:exited unexpectedly|received )",
        "dpkg was interrupted, and has to finish first.",
        "Let it finish; the first change of the next plan would do the same.",
        remedy=FINISH,
    ),
    Cause(
        "packages.removes",
        r"Packages need to be removed but [Rr]emove is disabled",
        "apt would have to remove packages that are there, which nobody asked for.",
        "Make room for the new ones by hand, or install another version of what is removed.",
    ),
    Cause(
        "packages.half-configured",
        r"Unmet dependencies\. Try |dependency problems prevent configuration of \S+|"
        r"You might want to run [`']?apt(?:-get)? (?:-f|--fix-broken) install",
        "Packages are unpacked whose dependencies are missing: apt wants to complete them first.",
        "It adds what is missing and removes nothing.",
        remedy=COMPLETE,
    ),
    Cause(
        "packages.unmet",
        rf"unmet dependencies.*\n *(?P<name>{NAME})(?::\S+)? ?: (?:Pre-?)?Depends: (?P<on>{NAME})",
        "apt cannot install {name}: it needs {on} in a version that cannot be had.",
        _APART,
    ),
    Cause(
        "packages.unmet",
        r"held broken packages|unmet dependencies|Broken packages",
        "apt cannot satisfy what these packages need.",
        _APART,
    ),
    Cause(
        "packages.no-dns",
        r"(?:Temporary failure resolving|Could not resolve) '(?P<name>[^'\n]+)'",
        "The name {name} cannot be resolved: nothing could be downloaded.",
        "See /etc/resolv.conf and whether its name servers answer: getent hosts {name}. Then apply again.",
    ),
    Cause(
        "packages.list-outdated",
        r"Failed to fetch (?P<what>\S+)\s+(?:404|Hash Sum mismatch|Size mismatch)|404 +Not Found|Hash Sum mismatch",
        "The mirror no longer has what apt's lists name: they are older than the mirror.",
        "Have apt read its lists again.",
        remedy=READ_LISTS,
    ),
    Cause(
        "packages.mirror-silent",
        r"(?:Could not connect to|Unable to connect to|Cannot initiate the connection to|Connection failed to) "
        r"(?P<name>\S+)|Connection (?:timed out|refused)|Network is unreachable",
        "The mirror {name} does not answer: nothing could be downloaded.",
        "A route, a proxy (/etc/apt/apt.conf.d), a firewall? Try apt-get update by hand, then apply again.",
    ),
    Cause(
        "packages.download",
        r"Failed to fetch|Unable to fetch",
        "Packages could not be downloaded.",
        "Try apt-get update by hand: name service, proxy, route. Nothing was installed; apply again afterwards.",
    ),
    Cause(
        "packages.no-candidate",
        r"Unable to locate package (?P<name>\S+)|Couldn't find package (?P<old>\S+)|"
        r"Package '?(?P<virtual>[^\s']+)'? has no installation candidate",
        "apt knows no package {name}{old}{virtual}, though its lists were read.",
        "A source lacks the release's section main: see /etc/apt/sources.list and sources.list.d.",
        remedy=READ_LISTS,
    ),
    Cause(
        "packages.policy-left",
        r"policy-rc\.d denied execution",
        "/usr/sbin/policy-rc.d forbids that daemons are started.",
        "Somebody left it there: see what it says and who needs it. Remove it, then apply again.",
    ),
)

_UNITS = {"d": 86400, "h": 3600, "min": 60, "s": 1}


def diagnose(failure: Failure, causes: tuple[Cause, ...] = CAUSES) -> Problem:
    """The problem of a failure of apt or dpkg, of the first cause that fits."""
    ahead = next((m[1] for line in failure.evidence if (m := re.search(r"invalid for another ([^)]+)\)", line))), "")
    problem = diagnosed(failure, "packages", causes, {"seconds": str(seconds(ahead) + 60)})
    said = scripts.said(failure.evidence) if problem.code == "packages.script-failed" else ()
    return replace(problem, evidence=said) if said else problem


def seconds(text: str) -> int:
    """The seconds of a time as apt writes it: "5h 9min 1s" (TimeToStr of apt-pkg/contrib/strutl.cc)."""
    return sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+) ?(d|h|min|s)\b", text))
