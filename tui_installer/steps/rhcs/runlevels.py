"""The runlevel links of init scripts: "those, and only those", as the guide says.

update-rc.d makes them where there are none; where any exist it does nothing, so wrong ones are put right one by one.
Under insserv the scripts' headers give the numbers, and only whether a script starts at boot is asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from tui_installer.hosts.host import File
from tui_installer.model.change import Change, Edit, Run, WriteFiles
from tui_installer.probes.rhcs.sysv import Sysv
from tui_installer.steps.rhcs.release import Links


def linked(seen: Sysv, wanted: Links) -> bool:
    """Whether a script has its links."""
    if seen.insserv or not wanted.links:
        return seen.starts(wanted.script)
    return {*wanted.paths} - {*wanted.ours} <= {link.path for link in seen.of(wanted.script)} <= {*wanted.paths}


def link(seen: Sysv, wanted: Links) -> Iterator[Change]:
    """What makes the links as they are wanted."""
    name, there = wanted.script, {link.path for link in seen.of(wanted.script)}
    if linked(seen, wanted):
        return
    if there and wanted.links and not seen.insserv:
        target = File(link=f"../init.d/{name}")
        gone = [Edit("here", path, target, None) for path in sorted(there - set(wanted.paths))]
        new = [Edit("here", path, None, target) for path in wanted.paths if path not in there]
        yield WriteFiles(f"Put the runlevel links of {name} right", (*gone, *new), strand=f"boot {name}")
        return
    arguments = ("defaults",) if seen.insserv else wanted.arguments
    back = Run(f"Remove the runlevel links of {name}", "here", ("update-rc.d", "-f", name, "remove"))
    argv = ("update-rc.d", name, *arguments)
    yield Run(f"Start {name} at boot", "here", argv, undo=(back,), strand=f"boot {name}")
