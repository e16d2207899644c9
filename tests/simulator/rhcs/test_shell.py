"""The simulated shell."""

from __future__ import annotations

import pytest

from tests.simulator.rhcs.conftest import Make
from tui_installer import simulator
from tui_installer.hosts.host import File

CASES = {
    "echo a; echo b >&2": (0, "a\n", "b\n"),
    'x=\'1 2\'; for i in $x "$x"; do echo "<$i>"; done': (0, "<1>\n<2>\n<1 2>\n", ""),
    "if [ -f /etc/hosts -a ! -d /nope ]; then echo yes; elif true; then echo no; fi": (0, "yes\n", ""),
    "case start in stop|restart) echo 1;; st*) echo 2;; *) echo 3;; esac": (0, "2\n", ""),
    "set -e; false || echo kept; false; echo never": (1, "kept\n", ""),
    'f() { echo "$1 $#"; return 3; }; f a b; echo $?': (0, "a 2\n3\n", ""),
    'echo one two | while read a b; do echo "$b $a"; done': (0, "two one\n", ""),
    "x=/etc/a.conf; echo ${x##*/} ${x%.*} ${y:-none} ${#x}": (0, "a.conf /etc/a none 11\n", ""),
    "echo $((2 * (3 + 4) % 5)) $(echo in; echo side)": (0, "4 in side\n", ""),
    "cat <<END\n$HOME and \\$x\nEND": (0, " and $x\n", ""),
    "(cd /etc; echo hosts*); echo '*' [x]": (0, "hosts\n* [x]\n", ""),
    "nope": (127, "", "sh: nope: command not found\n"),
    "/etc/hosts": (126, "", "sh: /etc/hosts: Permission denied\n"),
    "true && ! false && echo ok": (0, "ok\n", ""),
    "echo x 2>/dev/null 1>&2; exec true; echo never": (0, "", ""),
    'set -- a "b c"; for i; do echo $i; shift; done; echo $#': (0, "a\nb c\n0\n", ""),
    "[ 1 -lt 2 ] && printf '%s-%03d\\n' a 7 b 8": (0, "a-007\nb-008\n", ""),
}


@pytest.mark.parametrize("script", CASES)
def test_scripts(rhcs_shared: Make, script: str) -> None:
    result = simulator.here(rhcs_shared("etch")).run("sh", "-c", script)
    assert (result.code, result.out, result.err) == CASES[script]


@pytest.mark.parametrize("script", ["if true; then", "echo 'x", "case x in", "(echo", "fi", "echo $(ls"])
def test_what_is_no_script(rhcs_shared: Make, script: str) -> None:
    result = simulator.here(rhcs_shared("etch")).run("sh", "-c", script)
    assert result.code == 2
    assert result.err.startswith("sh: ")


def test_files_as_programs(rhcs: Make) -> None:
    host = simulator.here(rhcs("etch"))
    script = File(b'#! /bin/sh\n. /etc/default/x\necho "$0 $1 $NAME" > /tmp/said\nexit 4\n', 0o755)
    host.write("/etc/init.d/x", script)
    assert host.run("/etc/init.d/x", "start").err.endswith("not found\n")
    host.write("/etc/default/x", File(b"NAME=value\n"))
    assert host.run("/etc/init.d/x", "start").code == 4
    assert host.read("/tmp/said") == File(b"/etc/init.d/x start value\n")
    assert host.run("sh", "-n", "/etc/init.d/x").ok()
    host.write("/etc/init.d/x", File(script.content))
    assert host.run("/etc/init.d/x").end == "absent"
