"""sysv-rc: init scripts and their runlevel links, by number (etch, lenny) or by LSB headers (insserv, squeeze)."""

from __future__ import annotations

import re

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs import paths
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.rhcs.programs import execute
from tui_installer.simulator.say import Answer, Say
from tui_installer.simulator.world import World

Wanted = list[tuple[str, str, int]]
"""(runlevel, "S" or "K", number)."""
EARLY: dict[str, str] = {
    "udev": "start 3 S .",
    "module-init-tools": "start 20 S .",
    "lvm": "start 26 S .",
    "lvm2": "start 26 S .",
    "networking": "start 40 S . start 35 0 6 .",
    "ssh": "defaults 16",
    "ccs": "start 61 S . start 5 0 6 .",
    "cman": "start 62 S . start 4 0 6 .",
    "fence": "start 63 S . start 3 0 6 .",
    "clvm": "start 74 2 3 4 5 . stop 12 0 6 . stop 49 1 .",
    "open-iscsi": "defaults",
    "multipath-tools": "defaults",
    "xend": "defaults 20 21",
}
"""What packages give to update-rc.d."""


LATER = {
    "cman": "start 61 S . start 5 0 6 .",
    "clvm": "start 63 S . start 51 0 6 .",
    "open-iscsi": "start 45 S . stop 81 0 1 6 .",
}
"""The same from lenny on: redhat-cluster 2.20081102, lvm2 2.02.39-5 and open-iscsi 2.0.869.2-2 (each debian/rules)."""


def arguments(host: Machine, script: str) -> list[str]:
    """What the package of an init script gives to update-rc.d."""
    later = LATER if era(host).name != "etch" else {}
    return later.get(script, EARLY[script]).split()


def links(host: Machine, script: str) -> list[str]:
    """The runlevel links of a script, as paths."""
    return [path for path in host.glob("/etc/rc?.d/[SK][0-9][0-9]*") if path.rsplit("/", 1)[1][3:] == script]


def wanted(words: list[str]) -> Wanted | None:
    """The links that arguments of update-rc.d mean; None: they are wrong."""
    if words[:1] == ["defaults"]:
        numbers = [int(word) for word in words[1:] if word.isdigit()]
        start, stop = (numbers + numbers[:1] + [20, 20])[:2] if numbers else (20, 20)
        return [(level, "K", stop) for level in "016"] + [(level, "S", start) for level in "2345"]
    found: Wanted = []
    while words:
        if words[0] not in ("start", "stop") or len(words) < 4 or not words[1].isdigit() or "." not in words:
            return None
        end = words.index(".")
        found += [(level, "S" if words[0] == "start" else "K", int(words[1])) for level in words[2:end]]
        words = words[end + 1 :]
    return found


def update_rc_d(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """update-rc.d [-n] [-f] NAME remove|defaults|start|stop|enable|disable ..."""
    words = list(argv[1:])
    flags = [words.pop(0) for _ in range(2) if words and words[0] in ("-n", "-f")]
    if len(words) < 2 or words[0].startswith("-"):
        return 1, "", USAGE
    name, rest = words[0], words[1:]
    script = f"/etc/init.d/{name}"
    if rest == ["remove"]:
        return _remove(host, name, "-f" in flags, "-n" in flags)
    if host.read(script) is None:
        return 1, "", f"update-rc.d: {script}: file does not exist\n"
    if era(host).insserv:
        return _by_headers(host, name, rest)
    steps = wanted(rest)
    if steps is None:
        return 1, "", USAGE
    if links(host, name):
        return 0, f" System startup links for {script} already exist.\n", ""
    out = f" Adding system startup for {script} ...\n"
    for level, kind, number in sorted(steps, key=lambda step: (step[1] == "S", step[0])):
        path = f"/etc/rc{level}.d/{kind}{number:02}{name}"
        out += f"   {path} -> ../init.d/{name}\n"
        if "-n" not in flags:
            host.link(path, f"../init.d/{name}")
    return 0, out, ""


USAGE = """\
usage: update-rc.d [-n] [-f] <basename> remove
       update-rc.d [-n] <basename> defaults|multiuser [NN | sNN kNN]
       update-rc.d [-n] <basename> start|stop NN runlvl runlvl . ...
		-n: not really
		-f: force
"""


def _remove(host: Machine, name: str, force: bool, dry: bool) -> Answer:
    script = f"/etc/init.d/{name}"
    if host.read(script) is not None and not force:
        return 1, "", f"update-rc.d: {script} exists during rc.d purge (use -f to force)\n"
    out = f" Removing any system startup links for {script} ...\n"
    for path in links(host, name):
        out += f"   {path}\n"
        if not dry:
            host.remove(path)
    if era(host).insserv:
        insserv_all(host)
        return 0, "update-rc.d: using dependency based boot sequencing\n", ""
    return 0, out, ""


# --- insserv


def header(host: Machine, name: str) -> dict[str, list[str]] | None:
    """The LSB header of a script; None: it has none."""
    text = paths.text(host, f"/etc/init.d/{name}") or ""
    block = re.search(r"(?s)### BEGIN INIT INFO\n(.*?)### END INIT INFO", text)
    if block is None:
        return None
    fields = re.findall(r"(?m)^# ([\w-]+):[ \t]*(.*)$", block[1])
    return {key.lower(): value.split() for key, value in fields}


def _by_headers(host: Machine, name: str, words: list[str]) -> Answer:
    out, err, found = "update-rc.d: using dependency based boot sequencing\n", "", header(host, name)
    if words[0] in ("enable", "disable"):
        return 0, out, ""
    steps = wanted(list(words))
    if steps is None:
        return 1, "", USAGE
    if found is None:
        err += f"update-rc.d: warning: {name}: missing LSB information\n"
        err += f"insserv: warning: script '{name}' missing LSB tags and overrides\n"
        found = {"default-start": ["2", "3", "4", "5"], "default-stop": ["0", "1", "6"]}
    elif words[0] != "defaults":
        err += _mismatch(name, "start", [s[0] for s in steps if s[1] == "S" and s[0] not in "06"], found)
        err += _mismatch(name, "stop", [s[0] for s in steps if s[1] == "K" or s[0] in "06"], found)
    missing = [need for need in _needs(found) if need not in _provided(host)]
    if missing:
        err += f"insserv: Service {missing[0]} has to be enabled to start service {name}\ninsserv: exiting now!\n"
        return 1, out, err + "update-rc.d: error: insserv rejected the script header\n"
    host.link(f"/etc/rc2.d/S99{name}", f"../init.d/{name}")
    insserv_all(host)
    return 0, out, err


def _mismatch(name: str, kind: str, given: list[str], found: dict[str, list[str]]) -> str:
    own = found.get(f"default-{kind}", [])
    if sorted(given) == sorted(own):
        return ""
    said = f"{name} {kind} runlevel arguments ({' '.join(given) or 'none'})"
    return f"update-rc.d: warning: {said} do not match LSB Default-{kind.title()} values ({' '.join(own) or 'none'})\n"


def _needs(found: dict[str, list[str]]) -> list[str]:
    return [word for word in found.get("required-start", []) if not word.startswith("$")]


def enabled(host: Machine) -> list[str]:
    """The scripts that have links."""
    return sorted({path.rsplit("/", 1)[1][3:] for path in host.glob("/etc/rc?.d/[SK][0-9][0-9]*")})


def _provided(host: Machine) -> set[str]:
    return {each for name in enabled(host) for each in (header(host, name) or {}).get("provides", [name])}


def insserv_all(host: Machine) -> None:
    """Number all enabled scripts anew by their headers."""
    headers = {name: header(host, name) for name in enabled(host)}
    for path in host.glob("/etc/rc?.d/[SK][0-9][0-9]*"):
        host.remove(path)
    for name, found in headers.items():
        known = found or {"default-start": ["2", "3", "4", "5"], "default-stop": ["0", "1", "6"]}
        start, stop = _depth(headers, name, ()), _height(headers, name, ())
        for level in known.get("default-start", []):
            host.link(f"/etc/rc{level}.d/S{start:02}{name}", f"../init.d/{name}")
        for level in known.get("default-stop", []):
            host.link(f"/etc/rc{level}.d/K{stop:02}{name}", f"../init.d/{name}")
    order = sorted(headers, key=lambda name: (_depth(headers, name, ()), name))
    host.put("/etc/init.d/.depend.boot", f"TARGETS = {' '.join(order)}\n")


Headers = dict[str, "dict[str, list[str]] | None"]
FACILITIES = {"$network": "networking", "$local_fs": "udev", "$remote_fs": "networking", "$syslog": "udev"}


def _before(headers: Headers, name: str) -> list[str]:
    words = (headers.get(name) or {}).get("required-start", ["$remote_fs", "$syslog"])
    return [each for each in (FACILITIES.get(word, word) for word in words) if each in headers and each != name]


def _depth(headers: Headers, name: str, seen: tuple[str, ...]) -> int:
    below = [each for each in _before(headers, name) if each not in seen]
    return 1 + max((_depth(headers, each, (*seen, name)) for each in below), default=0)


def _height(headers: Headers, name: str, seen: tuple[str, ...]) -> int:
    above = [each for each in headers if name in _before(headers, each) and each not in seen]
    return 1 + max((_height(headers, each, (*seen, name)) for each in above), default=0)


def insserv(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """insserv [-r] NAME"""
    if argv[1:2] == ("-r",):
        for name in argv[2:]:
            for path in links(host, name.rsplit("/", 1)[-1]):
                host.remove(path)
        insserv_all(host)
        return 0, "", ""
    if any(word.startswith("-") for word in argv[1:]):
        return 1, "", f"insserv: invalid option -- '{argv[1][1:2]}'\n"
    for name in argv[1:]:
        code, _, err = _by_headers(host, name.rsplit("/", 1)[-1], ["defaults"])
        if code:
            return 1, "", err.replace("update-rc.d: error: insserv rejected the script header\n", "")
    return 0, "", ""


# --- running scripts


def invoke_rc_d(world: World, host: Machine, argv: tuple[str, ...], stdin: bytes, say: Say) -> Answer:
    """invoke-rc.d NAME ACTION, which asks policy-rc.d first."""
    words = [word for word in argv[1:] if word not in ("--quiet", "--force")]
    if len(words) < 2 or words[0].startswith("-"):
        return 103, "", "invoke-rc.d: syntax error: missing required parameter\n"
    name, action = words[:2]
    if host.read(f"/etc/init.d/{name}") is None:
        return 100, "", f"invoke-rc.d: unknown initscript, /etc/init.d/{name} not found.\n"
    if paths.executable(host, "/usr/sbin/policy-rc.d"):
        code, _, _ = execute(world, host, ("/usr/sbin/policy-rc.d", name, action), b"", say)
        if code == 101:
            return 0, "", f"invoke-rc.d: policy-rc.d denied execution of {action}.\n"
    code, out, err = execute(world, host, (f"/etc/init.d/{name}", *words[1:]), b"", say)
    return code, out, err + (f'invoke-rc.d: initscript {name}, action "{action}" failed.\n' if code else "")
