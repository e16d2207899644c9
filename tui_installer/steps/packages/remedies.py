"""What mends a failure of apt or dpkg safely: plans of a command or two, shown and approved as any other."""

from __future__ import annotations

from tui_installer.model import ends
from tui_installer.model.change import Run, Stops
from tui_installer.model.step import Remedy

KEEP = ("--force-confdef", "--force-confold")
"""A configuration file that was changed here stays as it is; the package's own is put beside it as .dpkg-dist."""
CONFIGURE = Run(
    "Finish what dpkg began",
    "here",
    ("dpkg", *KEEP, "--configure", "-a"),
    within=ends.PACKAGES,
    id="packages:configure",
    stops=(Stops("restarted"),),
)
KEPT = tuple(word for option in KEEP for word in ("-o", f"Dpkg::Options::={option}"))
STRICT = ("-o", "APT::Update::Error-Mode=any")
"""A mirror that does not answer fails the reading of lists, as before apt 2.1; older ones do not know the setting."""
LISTS = Run("Read the lists of packages", "here", ("apt-get", "-q", *STRICT, "update"), within=ends.PACKAGES)
_APT = ("apt-get", "-y", "-q", "-o", "Dpkg::Use-Pty=0", "-o", "APT::Install-Recommends=false", *KEPT)
_MEND = Run(
    "Let apt complete what is half there",
    "here",
    (*_APT, "--no-remove", "-f", "install"),
    within=ends.PACKAGES,
    stops=(Stops("completed"),),
)
REINSTALL = Run(
    "Install {name}{old} again",
    "here",
    (*_APT, "--reinstall", "install", "{name}{old}"),
    within=ends.PACKAGES,
    stops=(Stops("restarted", ("{name}{old}",)),),
)
_ROOM = Run("See how much room there is", "here", ("df", "-h", "/", "/boot", "/var"), ok=(0, 1), within=ends.COMMAND)
_CLEAN = Run("Remove the archives that were downloaded", "here", ("apt-get", "clean"), within=ends.COMMAND)
_CLOCK = Run("Set the clock forward", "here", ("date", "-s", "{seconds} seconds"), within=ends.COMMAND)
_CLOCK_TO = Run("Set the clock forward", "here", ("date", "-s", "{at} 30 minutes"), within=ends.COMMAND)
"""sqv takes a signature half an hour before it was made (sequoia-openpgp, `signature_alive`); apt takes no list so."""
_WHO = Run(
    "See who holds the lock, and since when",
    "here",
    ("ps", "-o", "pid,lstart,args", "-p", "{pid}{number}"),
    ok=(0, 1),
    within=ends.COMMAND,
)
_GONE = Run(
    "Wait until process {pid}{number} has ended",
    "here",
    ("ps", "-o", "pid=", "-p", "{pid}{number}"),
    ok=(0, 1),
    within=ends.PACKAGES,
    expect=r"\A\s*\Z",
)
_FREE = Run(
    "Wait until dpkg's lock is free",
    "here",
    ("sh", "-c", "apt-get -q check 2>&1"),
    ok=(0, 100),
    within=ends.PACKAGES,
    expect="Reading [Pp]ackage [Ll]ists|dpkg was interrupted",
)
"""apt-get takes the lock before it reads anything; before apt 2 it does not tell who holds it."""
_BACK = Run("Let dpkg care for {name} again", "here", ("dpkg", "--set-selections"), stdin=b"{name} install\n")
_ASIDE = Run("Put {name} on hold", "here", ("dpkg", "--set-selections"), stdin=b"{name} hold\n", undo=(_BACK,))

FINISH = Remedy("Let dpkg finish", (CONFIGURE,))
COMPLETE = Remedy("Let apt complete them", (LISTS, _MEND))
AGAIN = Remedy("Install {name}{old} again", (LISTS, REINSTALL))
CLEAN = Remedy("Free what was downloaded", (_ROOM, _CLEAN))
READ_LISTS = Remedy("Read apt's lists again", (LISTS,))
FORWARD = Remedy("Set the clock forward by {ahead}, read apt's lists again", (_CLOCK, LISTS))
FORWARD_TO = Remedy("Set the clock forward past {at}, read apt's lists again", (_CLOCK_TO, LISTS))
WAIT_FOR = Remedy("Wait for process {pid}{number} {by}{who}", (_WHO, _GONE))
WAIT = Remedy("Wait until the lock is free", (_FREE,))
ASIDE = Remedy("Set {name} aside, and go on without it", (_ASIDE,))
"""On hold and unfinished: that is how the step knows what was set aside, and whoever comes next."""
