"""dpkg and dpkg-query as commands: what they print, and `dpkg --configure`."""

from __future__ import annotations

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs.archive import archive
from tui_installer.simulator.rhcs.dpkg import CONFFILES, configure, lock_holder
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.tools.dpkg import FORCED, HALF, MESS, UNPACKED, asked, selected, wanted
from tui_installer.simulator.world import World


def dpkg(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """dpkg -l|-s|-L|--audit|--configure|--print-architecture|--get-selections."""
    words = tuple(word for word in argv[1:] if word not in FORCED)
    match words[:1]:
        case ("--audit",) | ("-C",):
            return 0, _audit(host), ""
        case ("--print-architecture",):
            return 0, "i386\n", ""
        case ("-l",) | ("--list",):
            return _list(host, words[1:])
        case ("-s",) | ("--status",):
            return _status(host, words[1:])
        case ("-L",) | ("--listfiles",):
            return _files(host, words[1:])
        case ("--get-selections",):
            names = sorted(host.data["packages"])
            return 0, "".join(f"{name}\t\t\t\t\t\tinstall\n" for name in names), ""
        case ("--set-selections",):
            return selected(host, stdin)
        case ("--configure",) if words[1:]:
            return _configure(world, host, list(words[1:]), say)
    if not words:
        return 2, "", "dpkg: need an action option\n"
    return 2, "", f"dpkg: unknown option {words[0]}\n"


def dpkg_divert(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """dpkg-divert --divert TO --rename FROM, dpkg-divert --rename --remove FROM (dpkg 1.15, dpkg-divert(8))"""
    words = [word for word in argv[1:] if word not in ("--rename", "--add", "--local", "--quiet")]
    known: dict[str, str] = host.data.setdefault("diverted", {})
    match words:
        case ["--divert", to, path]:
            known[path] = to
            _renamed(host, path, to)
            return 0, f"Adding 'local diversion of {path} to {to}'\n", ""
        case ["--remove", path] if path in known:
            _renamed(host, known.pop(path), path)
            return 0, f"Removing 'local diversion of {path}'\n", ""
        case ["--remove", path]:
            return 0, f"No diversion 'any diversion of {path}', none removed\n", ""
    return 2, "", "dpkg-divert: need exactly one filename\n"


def _renamed(host: Machine, path: str, to: str) -> None:
    file = host.read(path)
    if file is not None and host.read(to) is None:
        host.write(to, file)
        host.remove(path)


def _configure(world: World, host: Machine, names: list[str], say: Say) -> Answer:
    if lock_holder(world, host):
        return 2, "", "dpkg: status database area is locked by another process\n"
    unknown = [name for name in names if name not in ("-a", "--pending") and name not in host.data["packages"]]
    if unknown:
        return (
            1,
            "",
            (
                f"dpkg: error processing {unknown[0]} (--configure):\n no package named `{unknown[0]}' is installed, "
                f"cannot configure\nErrors were encountered while processing:\n {unknown[0]}\n"
            ),
        )
    only = None if set(names) & {"-a", "--pending"} else names
    err = configure(world, host, say, only)
    return int("Errors were encountered" in err), "", err


def _audit(host: Machine) -> str:
    text = ""
    for state, title in (("iH", MESS), ("iU", UNPACKED), ("iF", HALF)):
        names = sorted(name for name, now in host.data["packages"].items() if now == state)
        if names:
            text += title + "".join(f" {name:<20} package of the cluster\n" for name in names) + "\n"
    return text


HEADS = """\
Desired=Unknown/Install/Remove/Purge/Hold
| Status=Not/Installed/Config-f/Unpacked/Failed-cfg/Half-inst/t-aWait/T-pend
|/ Err?=(none)/Hold/Reinst-required/X=both-problems (Status,Err: uppercase=bad)
||/ Name           Version        Description
+++-==============-==============-============================================
"""
STATUS = {
    "ii": "install ok installed",
    "iU": "install ok unpacked",
    "iF": "install ok half-configured",
    "iH": "install reinstreq half-installed",
    "rc": "deinstall ok config-files",
}


def _list(host: Machine, names: tuple[str, ...]) -> Answer:
    have = host.data["packages"]
    missing = [name for name in names if name not in have]
    rows = [name for name in sorted(have) if not names or name in names]
    out = "".join(f"{have[name]}  {name:<14} {archive(host)[name].version:<14} {name}\n" for name in rows)
    return (
        int(bool(missing)),
        HEADS + out if rows else "",
        "".join(f"No packages found matching {n}.\n" for n in missing),
    )


def _status(host: Machine, names: tuple[str, ...]) -> Answer:
    out = err = ""
    for name in names:
        state = host.data["packages"].get(name)
        if state is None:
            err += f"Package `{name}' is not installed and no info is available.\n"
            continue
        out += (
            f"Package: {name}\nStatus: {STATUS[state]}\nArchitecture: i386\nVersion: {archive(host)[name].version}\n\n"
        )
    if err:
        err += "Use dpkg --info (= dpkg-deb --info) to examine archive files,\n"
        err += "and dpkg --contents (= dpkg-deb --contents) to list their contents.\n"
    return int(bool(err)), out, err


def _files(host: Machine, names: tuple[str, ...]) -> Answer:
    out = err = ""
    for name in names:
        if name in host.data["packages"]:
            package = archive(host)[name]
            paths = [*package.programs, *(f"/etc/init.d/{script}" for script in package.scripts)]
            out += "/.\n" + "".join(f"{path}\n" for path in paths + list(CONFFILES.get(name, ())))
        else:
            err += f"Package `{name}' is not installed.\n"
    return int(bool(err)), out, err


def dpkg_query(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """dpkg-query -W [-f FORMAT] [NAME...], or -l, -s, -L as dpkg."""
    words = list(argv[1:])
    if words[:1] and words[0] in ("-l", "-s", "-L", "--list", "--status", "--listfiles"):
        return dpkg(world, host, ("dpkg", *words), stdin, say)
    if not words or words.pop(0) not in ("-W", "--show"):
        return 2, "", "dpkg-query: need an action option\n"
    form, names, wrong = asked(words)
    if wrong:
        return 2, "", f"dpkg-query: unknown option {wrong}\n"
    have = host.data["packages"]
    missing = [name for name in names if name not in have]
    out = "".join(_formatted(host, form, name) for name in sorted(have) if not names or name in names)
    return int(bool(missing)), out, "".join(f"No packages found matching {name}.\n" for name in missing)


def _formatted(host: Machine, form: str, name: str) -> str:
    status = STATUS[host.data["packages"][name]].replace("install", wanted(host, name), 1)
    fields = {"${Status}": status, "${Package}": name, "${Architecture}": "i386",
              "${Version}": archive(host)[name].version, "\\t": "\t", "\\n": "\n"}  # fmt: skip
    for key, value in fields.items():
        form = form.replace(key, value)
    return form  # ${db:Status-Abbrev} and ${binary:Package} are younger: they stay as they are
