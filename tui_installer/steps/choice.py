"""Which of the stacks a host gets: by its installed packages, by what apt offers, else by its release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress

from tui_installer.hosts.host import Host, HostError
from tui_installer.model.stack import Choice, Debian, NoSuchStack, Stack, StackEntry, Stacks
from tui_installer.probes.packages import candidates
from tui_installer.probes.rhcs import packages, system
from tui_installer.steps import subjects

NEITHER = "apt offers no stack"
"""The reason where no package tells."""


def chosen(stacks: Stacks, host: Host, named: str) -> Choice:
    """The stack of that name; without a name the one that fits the host, with the reason. Raises `NoSuchStack`."""
    if named:
        for entry in stacks.entries:
            if entry.name == named:
                return Choice(entry, "asked for by its name")
        raise NoSuchStack(f"there is no stack {named!r}; there are: {', '.join(stacks)}")
    for verb, versions in _told(stacks, host):
        for entry in stacks.entries:
            if entry.is_told_by(versions):
                return Choice(entry, f"{verb} {_named(entry, versions)}")
    return _by_release(stacks, host)


def _told(stacks: Stacks, host: Host) -> Iterator[tuple[str, Mapping[str, str]]]:
    """What is installed of any stack; apt is asked only if that does not tell."""
    names = tuple(dict.fromkeys(name for entry in stacks.entries for name in entry.packages))
    said = host.run("dpkg-query", "-W", "-f", packages.FORMAT, *names, within=60)
    yield "installed:", packages.parse_status(said.out).installed
    offered: Mapping[str, str] = {}
    with suppress(HostError):  # the release tells then, and the packages step says why
        offered = candidates(host, *names)
    yield "apt offers", offered


def _named(entry: StackEntry, versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {versions[name]}" for name in entry.packages if name in versions)


def _by_release(stacks: Stacks, host: Host) -> Choice:
    """Apt's lists may never have been read: then the release tells. The first step refuses if it does not either."""
    if file := host.read("/etc/debian_version"):
        debian = Debian(*system.parse_debian_version(file.content.decode("utf-8", "replace")))
        for entry in stacks.entries:
            if entry.comes_with(debian):
                return Choice(entry, f"{NEITHER} yet, but this is Debian {debian.version}".rstrip())
    return Choice(_none(", ".join(entry.hosts for entry in stacks.entries)), NEITHER)


def _none(offered: str) -> StackEntry:
    """For a host that can have none of those offered: its one step refuses."""

    def load() -> Stack:
        from tui_installer.steps.site import SiteStep  # like all steps, once it is chosen

        return Stack(name, title, (SiteStep(refusal=NEITHER, offered=offered),), suite=name)

    name, title = "none", "no stack for this host"
    return StackEntry(
        name=name,
        title=title,
        subjects=(subjects.SITE,),
        packages=(),
        is_told_by=lambda versions: False,
        comes_with=lambda debian: False,
        hosts="",
        load=load,
    )
