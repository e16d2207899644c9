"""systemctl: units with their files, drop-ins, links of `enable`, masks; what starting and stopping one means."""

from __future__ import annotations

import re
from collections.abc import Callable

from tui_installer.simulator import mapping
from tui_installer.simulator.contents import UNITS, Unit
from tui_installer.simulator.machine import Machine
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools import corosync, dlm, iscsi, lvm_locks, multipath
from tui_installer.simulator.world import World

Act = Callable[[World, Machine], str]
"""Starts or stops; returns the reason of a failure, empty if it went well."""

KNOWN = {unit.name: unit for units in UNITS.values() for unit in units}
STARTS: dict[str, Act] = {
    "corosync.service": corosync.start,
    "dlm.service": dlm.start,
    "lvmlockd.service": lvm_locks.start_daemon,
    "lvmlocks.service": lvm_locks.start_all,
    "open-iscsi.service": iscsi.start,
    "iscsid.service": iscsi.start_daemon,
    "multipathd.service": multipath.start,
}
STOPS: dict[str, Act] = {
    "corosync.service": corosync.stop,
    "dlm.service": dlm.stop,
    "lvmlockd.service": lvm_locks.stop_daemon,
    "lvmlocks.service": lvm_locks.stop_all,
    "open-iscsi.service": iscsi.stop,
}
PROPERTIES = [
    "Id", "Requires", "Wants", "WantedBy", "Before", "After", "Description", "LoadState",
    "ActiveState", "SubState", "FragmentPath", "DropInPaths", "UnitFileState",
]  # fmt: skip
FAILED = """\
Job for {unit} failed because the control process exited with error code.
See "systemctl status {unit}" and "journalctl -xeu {unit}" for details.
"""


def systemctl(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """systemctl of Debian 12 and 13, in the verbs that are needed."""
    words = [word for word in argv[1:] if word not in ("--no-pager", "--quiet", "-q")]
    verb, rest = (words[0], words[1:]) if words else ("", [])
    if verb == "daemon-reload":
        return (0, "", "") if not rest else (1, "", "Too many arguments.\n")
    if verb == "show":
        return _show(host, rest)
    if verb in ("is-active", "is-enabled"):
        return _is(host, verb, rest)
    now = "--now" in rest
    units = [_full(unit) for unit in rest if unit != "--now"]
    unknown = [word for word in units if word.startswith("-")]
    if unknown or verb not in VERBS:
        what = f"systemctl: unrecognized option '{unknown[0]}'" if unknown else f"Unknown command verb {verb}."
        return 1, "", f"{what}\n"
    if not units:
        return 1, "", "Too few arguments.\n"
    return _each(world, host, verb, units, now)


VERBS = ("start", "stop", "restart", "reload", "enable", "disable", "reset-failed", "try-restart")


def _full(unit: str) -> str:
    return (
        unit
        if unit.startswith("-") or re.search(r"\.(service|socket|target|mount|device)$", unit)
        else f"{unit}.service"
    )


def _each(world: World, host: Machine, verb: str, units: list[str], now: bool) -> Answer:
    code, err = 0, ""
    for unit in units:
        if verb in ("enable", "disable"):
            code, said = enable(host, unit) if verb == "enable" else disable(host, unit)
            err += said
            if code == 0 and now:
                code, said = change(world, host, "start" if verb == "enable" else "stop", unit)
                err += said
        else:
            code, said = change(world, host, verb, unit)
            err += said
        if code:
            return code, "", err
    return code, "", err


def change(world: World, host: Machine, verb: str, unit: str) -> tuple[int, str]:
    """Start, stop, restart or reload a unit: (exit code, stderr)."""
    if fragment(host, unit) is None and not host.masked(unit):
        if verb in ("stop", "reset-failed"):
            return 5, f"Failed to {verb} {unit}: Unit {unit} not loaded.\n"
        return 5, f"Failed to {verb} {unit}: Unit {unit} not found.\n"
    if verb in ("start", "restart", "reload") and host.masked(unit):
        return 1, f"Failed to {verb} {unit}: Unit {unit} is masked.\n"
    if verb == "start":
        return start(world, host, unit)
    if verb == "stop":
        return stop(world, host, unit)
    if verb == "reset-failed":
        host.data["units"].pop(unit, None)
        return 0, ""
    if verb == "reload":
        return _reload(world, host, unit)
    code, err = stop(world, host, unit)
    return (code, err) if code else start(world, host, unit)


def _reload(world: World, host: Machine, unit: str) -> tuple[int, str]:
    if not host.active(unit):
        return 1, f"{unit} is not active, cannot reload.\n"
    if unit == "multipathd.service":
        mapping.sweep(world, host, again=True)
        return 0, ""
    return 1, f"Failed to reload {unit}: Job type reload is not applicable for unit {unit}.\n"


def start(world: World, host: Machine, unit: str) -> tuple[int, str]:
    """Start what it requires, then the unit itself: (exit code, stderr)."""
    if host.active(unit):
        return 0, ""
    for needed in directive(host, unit, "Requires"):
        if needed in KNOWN and not host.active(needed):
            code, _ = change(world, host, "start", needed)
            if code:
                return 1, f"A dependency job for {unit} failed. See 'journalctl -xe' for details.\n"
    reason = STARTS.get(unit, _nothing)(world, host)
    host.data["units"][unit] = "failed" if reason else "active"
    if reason:
        host.data["history"]["reasons"][unit] = reason
        return 1, FAILED.format(unit=unit)
    return 0, ""


def stop(world: World, host: Machine, unit: str) -> tuple[int, str]:
    """Stop what requires it, then the unit itself: (exit code, stderr)."""
    if not host.active(unit):
        return 0, ""
    for name in KNOWN:
        if host.active(name) and unit in directive(host, name, "Requires"):
            stop(world, host, name)
    STOPS.get(unit, _nothing)(world, host)
    host.data["units"].pop(unit, None)
    return 0, ""


def _nothing(world: World, host: Machine) -> str:
    return ""


def enable(host: Machine, unit: str) -> tuple[int, str]:
    """Make the links that its [Install] section names: (exit code, stderr)."""
    if host.masked(unit):
        return 1, f"Failed to enable unit: Unit /etc/systemd/system/{unit} is masked\n"
    path = fragment(host, unit)
    if path is None:
        return 1, f"Failed to enable unit: Unit {unit} does not exist\n"
    said = ""
    for target in directive(host, unit, "WantedBy") + directive(host, unit, "RequiredBy"):
        link = f"/etc/systemd/system/{target}.wants/{unit}"
        if host.read(link) is None:
            host.link(link, path)
            said += f"Created symlink '{link}' → '{path}'.\n"
    return 0, said


def disable(host: Machine, unit: str) -> tuple[int, str]:
    """Remove the links of `enable`: (exit code, stderr)."""
    if fragment(host, unit) is None and not host.masked(unit):
        return 1, f"Failed to disable unit: Unit {unit} does not exist\n"
    said = ""
    for link in host.glob(f"/etc/systemd/system/*.wants/{unit}"):
        host.remove(link)
        said += f"Removed '{link}'.\n"
    return 0, said


def fragment(host: Machine, unit: str) -> str | None:
    """The unit's file; None if it has none, or is masked."""
    for folder in ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system"):
        file = host.read(f"{folder}/{unit}")
        if file is not None and file.link == "/dev/null":
            return None
        if file is not None:
            return f"{folder}/{unit}" if file.link is None else file.link
    template = f"/usr/lib/systemd/system/{re.sub('@[^.]+', '@', unit)}"
    return template if "@" in unit and host.read(template) is not None else None


def names(host: Machine, *units: str) -> list[str]:
    """Those of the units that there are."""
    return [unit for unit in units if fragment(host, unit)]


def enabled(host: Machine) -> list[str]:
    """The units that the boot starts: those with a link of `enable` and what these want or require; none that is
    masked."""
    found: set[str] = set()
    ahead = {path.rsplit("/", 1)[1] for path in host.glob("/etc/systemd/system/*.wants/*")}
    while ahead := {unit for unit in ahead - found if fragment(host, unit) is not None}:
        found |= ahead
        ahead = {each for unit in ahead for name in ("Wants", "Requires") for each in directive(host, unit, name)}
    return sorted(found)


def dropins(host: Machine, unit: str) -> list[str]:
    """Its drop-in files, in the order in which they count."""
    found = {}
    for folder in ("/usr/lib/systemd/system", "/run/systemd/system", "/etc/systemd/system"):
        for path in host.glob(f"{folder}/{unit}.d/*.conf"):
            found[path.rsplit("/", 1)[1]] = path
    return [found[name] for name in sorted(found)]


def settings(host: Machine, unit: str) -> dict[str, list[str]]:
    """The list directives of the unit and its drop-ins; an empty assignment clears what was before."""
    path, found = fragment(host, unit), dict[str, dict[str, None]]()
    for each in ([path] if path else []) + dropins(host, unit):
        for line in (host.text(each) or "").replace("\\\n", " ").splitlines():
            key, equals, value = line.strip().partition("=")
            if equals:
                words = dict.fromkeys(value.split())
                found[key.strip()] = {**found.get(key.strip(), {}), **words} if words else {}
    return {key: list(words) for key, words in found.items()}


def directive(host: Machine, unit: str, name: str) -> list[str]:
    """The values of one of them."""
    return settings(host, unit).get(name, [])


def _is(host: Machine, verb: str, units: list[str]) -> Answer:
    if verb == "is-active":
        states = [host.data["units"].get(_full(unit), "inactive") for unit in units]
        return (0 if "active" in states else 3), "".join(f"{state}\n" for state in states), ""
    states = [_file_state(host, _full(unit)) or "not-found" for unit in units]
    return (0 if "enabled" in states else 1), "".join(f"{state}\n" for state in states), ""


def _file_state(host: Machine, unit: str) -> str:
    if host.masked(unit):
        return "masked"
    if fragment(host, unit) is None:
        return ""
    if host.glob(f"/etc/systemd/system/*.wants/{unit}"):
        return "enabled"
    if unit in [f"serial-getty@{each}.service" for each in host.data["consoles"]]:
        return "enabled-runtime"  # by systemd-getty-generator, in /run: so said a Debian 13 of the laboratory
    return "disabled" if directive(host, unit, "WantedBy") else "static"


def _show(host: Machine, words: list[str]) -> Answer:
    names, units = list(PROPERTIES), []
    while words:
        word = words.pop(0)
        if word in ("-p", "--property") and words:
            names = words.pop(0).split(",")
        elif word.startswith("--property="):
            names = word.split("=", 1)[1].split(",")
        elif word.startswith("-"):
            return 1, "", f"systemctl: unrecognized option '{word}'\n"
        else:
            units.append(_full(word))
    blocks = []
    for unit in units:
        facts = _facts(host, unit)
        blocks.append("".join(f"{name}={facts[name]}\n" for name in PROPERTIES if name in names))
    return 0, "\n".join(blocks), ""


def _facts(host: Machine, unit: str) -> dict[str, str]:
    path, masked, said = fragment(host, unit), host.masked(unit), settings(host, unit)
    state = host.data["units"].get(unit, "inactive")
    known = KNOWN.get(unit, Unit(unit, sub="exited" if unit.endswith(".service") else "active"))
    wanted = [link.split("/")[-2].removesuffix(".wants") for link in host.glob(f"/etc/systemd/system/*.wants/{unit}")]
    return {
        "Id": unit,
        "Requires": " ".join(said.get("Requires", ())),
        "Wants": " ".join(said.get("Wants", ())),
        "WantedBy": " ".join(wanted),
        "Before": " ".join(said.get("Before", ())),
        "After": " ".join(said.get("After", ())),
        "Description": unit,
        "LoadState": "masked" if masked else "loaded" if path else "not-found",
        "ActiveState": state,
        "SubState": {"active": known.sub, "failed": "failed"}.get(state, "dead"),
        "FragmentPath": f"/etc/systemd/system/{unit}" if masked else path or "",
        "DropInPaths": " ".join(dropins(host, unit)),
        "UnitFileState": _file_state(host, unit),
    }
