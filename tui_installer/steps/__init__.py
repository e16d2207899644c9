"""The stacks: the one place where a stack is registered; `subjects` has the order of its steps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tui_installer.hosts.host import Host
from tui_installer.model.stack import Choice, Stack, StackEntry, Stacks
from tui_installer.probes.rhcs.packages import family_of
from tui_installer.steps import subjects
from tui_installer.steps.choice import chosen
from tui_installer.steps.rhcs.release import RELEASES, Release


def corosync() -> Stack:
    """The stack of today."""
    from tui_installer.steps.stack_corosync import COROSYNC  # by a host that needs it, after the first picture

    return COROSYNC


def rhcs(release: Release) -> Stack:
    """The Red Hat Cluster Suite as that release has it."""
    # with lxml: a host of today need not wait for any of it
    from tui_installer.steps import stack_rhcs

    return stack_rhcs.rhcs(release)


MODERN = ("corosync", "dlm-controld", "lvm2-lockd")
OLDEST_COROSYNC = 9
"""The first Debian release with all of them, should apt know nothing yet."""


def _is_corosync(versions: Mapping[str, str]) -> bool:
    """cman of squeeze brings a corosync along: where it is, this is not."""
    return not family_of(versions.get("cman", "")) and all(name in versions for name in MODERN)


def _entry(release: Release) -> StackEntry:
    """The Red Hat Cluster Suite of that release, and of the later ones that have no other."""
    first, last = float(release.debian), release.until
    return StackEntry(
        name=release.name,
        title=release.title,
        subjects=subjects.RHCS,
        packages=("ccs", "cman"),
        is_told_by=lambda versions: family_of(versions.get("cman", "")) == release.family,
        comes_with=lambda debian: debian.codename == release.name or first <= debian.number <= last,
        hosts=f"Debian {release.debian}{f' to {last}' if last > first else ''} (cman)",
        load=partial(rhcs, release),
    )


STACKS = Stacks(
    StackEntry(
        name="corosync",
        title="corosync, dlm, lvmlockd",
        subjects=subjects.COROSYNC,
        packages=MODERN,
        is_told_by=_is_corosync,
        comes_with=lambda debian: debian.number >= OLDEST_COROSYNC or debian == ("", ""),
        hosts="Debian 12 and 13 (corosync, dlm-controld, lvm2-lockd)",
        load=corosync,
    ),
    *map(_entry, RELEASES),
)
"""Each knows by itself whether it fits a host: one more is one more entry."""


def choose(host: Host, named: str = "") -> Choice:
    """The stack of that name, else the one that fits the host, with the reason. Raises `NoSuchStack`."""
    return chosen(STACKS, host, named)
