"""Commands that change a host behind ssh. Each runs there in a folder of its own, its output in files: when the
connection is lost it goes on to its end, and whoever comes next finds it (`tui_installer.target_lock`)."""

from __future__ import annotations

import secrets
import shlex
import time

from tui_installer.hosts.host import GRACE, OnLine, Result
from tui_installer.hosts.progress import MOST, CommandProgress
from tui_installer.hosts.shell import Shell, ended
from tui_installer.hosts.shell_text import printf

OURS = "/var/run/tui-installer"
"""Our folder on the host: gone after a reboot. Jobs are in its folder `jobs`."""

WAITS, HEARD = 20, 10
"""Twentieths of a second that a job is followed there before it is asked again; and once it has printed something."""

JOBS = f"""
our_run={OURS}
[ -w /var/run ] || our_run=/tmp/tui-installer-$(id -u)
our_jobs=$our_run/jobs
our_born() {{
    if [ -r "/proc/$1/stat" ]; then
        read -r line < "/proc/$1/stat" && set -- ${{line##*) }} && [ "$1" != Z ] && echo "${{20}}"
    elif kill -0 "$1" 2>/dev/null; then echo 0
    fi
}}
our_alive() {{ [ -n "$1" ] && [ "$(our_born "$1" 2>/dev/null)" = "$2" ]; }}
our_begin() (
    job=$our_jobs/$1
    seconds=$2
    shift 2
    umask 077
    mkdir -p "$job" && cat > "$job/in" && echo "$*" > "$job/what" && : > "$job/out" || exit
    echo "$$ $(our_born $$)" >"$job/starter"
    (
        umask 022
        timeout "$seconds" "$@" <"$job/in" >"$job/out" 2>"$job/err"
        echo $? >"$job/code.new" && mv -f "$job/code.new" "$job/code"
    ) </dev/null >/dev/null 2>&1 &
    {{ echo "$! $(our_born $!)" >"$job/process"; }} 2>/dev/null || [ ! -d "$job" ]
)
our_follow() {{
    our_left={WAITS}
    while :; do
        our_code=$(cat "$our_jobs/$1/code" 2>/dev/null)
        [ -z "$our_code" ] && [ $our_left -gt 0 ] || break
        [ $our_left -gt {WAITS - HEARD} ] || [ "$(wc -c 2>/dev/null <"$our_jobs/$1/out")" -lt $2 ] || break
        our_left=$((our_left - 1))
        sleep 0.05 2>/dev/null || break
    done 2>/dev/null
    {{ echo "$our_code"; tail -c +$2; }} 2>/dev/null <"$our_jobs/$1/out" || echo gone
    [ -z "$our_code" ] || our_end "$1"
}}
our_table() {{
    for our_stat in /proc/[0-9]*/stat; do
        read -r our_line < "$our_stat" || continue
        our_pid=${{our_line%% *}}
        set -- ${{our_line##*) }}
        echo "$our_pid $2 $((${{12}} + ${{13}} + ${{14}} + ${{15}}))"
    done 2>/dev/null
}}
our_kin() (
    read -r root born < "$our_jobs/$1/process" || exit
    table=$(our_table) kin=" $root " before=
    while [ "$kin" != "$before" ]; do
        before=$kin
        while read -r pid parent ticks; do
            case $kin in *" $pid "*) continue ;; esac
            case $kin in *" $parent "*) kin="$kin$pid " ;; esac
        done <<END
$table
END
    done
    ticks=0
    while read -r pid parent spent; do
        case $kin in *" $pid "*) ticks=$((ticks + spent)) ;; esac
    done <<END
$table
END
    echo "$ticks" ${{kin#" $root "}}
)
our_stop() {{ set -- $(our_kin "$1"); shift; [ $# = 0 ] || kill -TERM "$@" 2>/dev/null; }}
our_end() {{ cat "$our_jobs/$1/err" >&2 2>/dev/null; rm -rf "$our_jobs/$1"; }}
"""
"""our_begin JOB SECONDS COMMAND... <INPUT; our_follow JOB BYTE (from 1 on): a line with the exit code, empty if it goes
on, "gone" if a restart took its folder, and then what was printed since; it waits for one of them for a moment there,
which spares round trips, where sleep(1) knows parts of a second; and it ends the job that has ended; our_end JOB: what
it said on standard error; its folder is removed: nobody asks an ended job how it ended but who followed it; our_kin
JOB: the ticks of processor time that its processes had, and their numbers; our_stop JOB: they are asked to stop. A
restart may take the folder, or a file of it, between any two commands.

A process is known by its number and when it was born (proc(5), field 22; 0 without /proc), which a zombie is not."""

SHORTEST, LONGEST = 0.01, 0.25
"""Seconds between two looks at a job."""


class Job:
    """A command in a folder of its own."""

    def __init__(self, shell: Shell, argv: tuple[str, ...], on_line: OnLine) -> None:
        self._shell = shell
        self._argv = argv
        self._on_line = on_line
        self._id = secrets.token_hex(6)
        self._out = b""
        self._pending = b""

    def run(self, stdin: bytes, within: float) -> Result:
        """Start it and follow it to its end. A lost connection ends it "lost", though it goes on there."""
        words = shlex.join(("our_begin", self._id, f"{MOST * within:g}", *self._argv))
        said = self._type(f"{{ {printf(stdin)}; }} | {words} && our_follow {self._id} 1")
        progress, pause = CommandProgress(within, self._spent), SHORTEST
        deadline, late = time.monotonic() + MOST * within + 2 * GRACE, False
        while said.ok():
            code = self._hear(said.out.encode("utf-8", "surrogateescape"))
            if code == b"gone":
                return Result(self._argv, "lost", None, self._text(), "the host was restarted meanwhile")
            if code:
                return ended(self._argv, 124 if late else int(code), self._text(), said.err)
            if not late and progress.stands_still(len(self._out)):
                late, deadline = True, time.monotonic() + 2 * GRACE
                self._type(f"our_stop {self._id}")
            if time.monotonic() > deadline:
                return Result(self._argv, "timeout", None, self._text(), "")
            time.sleep(pause)
            pause = min(LONGEST, pause * 1.5)
            said = self._type(f"our_follow {self._id} {len(self._out) + 1}")
        return Result(self._argv, said.end, said.code, self._text(), said.err)

    def _spent(self) -> float:
        """Seconds of the processor, for Linux's 100 ticks a second."""
        words = self._type(f"our_kin {self._id}").out.split()
        return int(words[0]) / 100 if words and words[0].isdecimal() else 0.0

    def _type(self, line: str) -> Result:
        return self._shell.type(line, self._argv, 60)

    def _hear(self, said: bytes) -> bytes:
        """Take in what our_follow said; returns the exit code."""
        code, _, more = said.partition(b"\n")
        self._out += more
        *lines, self._pending = (self._pending + more).split(b"\n")
        if code and self._pending:
            lines.append(self._pending)
        for line in lines:
            self._on_line(line.decode("utf-8", "replace"))
        return code

    def _text(self) -> str:
        return self._out.decode("utf-8", "surrogateescape")
