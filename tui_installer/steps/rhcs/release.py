"""What differs between the Debian releases that have the Red Hat Cluster Suite: the stack's data.

No step asks for a release's name: it reads the `Release` that it was made with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from tui_installer.model.step import Problem
from tui_installer.probes.system import System

Family = Literal["1.x", "2.x", "3.x"]
"""Of the cluster manager: a kernel module with ccsd; a plugin of openais with ccsd; a plugin of corosync, no ccsd."""

LAST = 8
"""The last Debian release with cman (jessie, 3.1.8)."""
GETUID = "-g -u -s /block/%n"
GUIDE = "console=ttyS{unit},{speed}n8 console=tty0 xencons=tty"


@dataclass(frozen=True, slots=True)
class Links:
    """An init script and the runlevel links that it is to have: those, and only those."""

    script: str
    """Its name in /etc/init.d."""
    links: tuple[tuple[str, str], ...]
    """(runlevel folder, link): ("rcS.d", "S61ccs"). On Debian, S links of rc0.d and rc6.d run with "stop"."""
    arguments: tuple[str, ...]
    """What `update-rc.d SCRIPT` is given to make them; it does nothing where any link exists already."""
    ours: tuple[str, ...] = ()
    """Those that a script of somebody else's may do without."""

    @property
    def paths(self) -> tuple[str, ...]:
        """The links as absolute paths, in order."""
        return tuple(f"/etc/{folder}/{name}" for folder, name in self.links)


@dataclass(frozen=True, slots=True)
class Release:
    """A Debian release with this stack."""

    name: str
    """Codename; also the stack's name."""
    debian: str
    """First part of /etc/debian_version."""
    until: int
    """The last release that this is used on."""
    title: str
    family: Family
    # --- packages, in the order that works
    storage: tuple[str, ...]
    """What reaches the storage; no cluster is needed for it."""
    config_daemon: str
    """The package whose installation fails without /etc/cluster; empty: there is none."""
    modules_package: str
    """Kernel modules that must be there before `cluster` is installed, "{kernel}" being `uname -r`; empty: the kernel
    brings them along."""
    cluster: tuple[str, ...]
    """The cluster manager, then clvmd."""
    fence_package: str
    """fenced, where it is a package of its own: wanted if the members are in a fence domain; empty: cman brings it."""
    xen: str
    """The metapackage of hypervisor, tools and dom0 kernel; on lenny and squeeze other packages provide it."""
    modules: tuple[str, ...]
    """Loaded now and at boot (a line each in /etc/modules), in this order."""
    # --- cluster
    nodeid: bool
    """Whether each clusternode must have a nodeid, 1 to 4096."""
    tells_members: bool
    """`ccs_tool update` distributes cluster.conf; where it does not exist, the file goes to each member."""
    version: tuple[str, ...]
    """What tells cman the new config_version, "{version}" being it; harmless where `ccs_tool update` has told it.
    3.0.12 cannot do without the number either: its -r takes the next word, whatever that is."""
    ccs_script: str
    """Init script of ccsd; empty: ccsd is started by cman's script, or there is none."""
    cman_script: str
    fence_script: str
    """Init script of fenced; empty: it is started by cman's script."""
    fence_manual: bool
    """Whether it has the agent that has a human fence."""
    # --- storage
    iscsi_folder: str
    """Where initiatorname.iscsi and iscsid.conf lie as files."""
    iscsi_links: str
    """The folder that links to them."""
    multipath: Literal["0.4.7", "0.4.8", "0.4.9"]
    """The dialect of multipath.conf and of what `multipath -ll` prints."""
    getuid_callout: str
    mdadm_auto: bool
    """Whether mdadm assembles arrays that nobody listed, and knows AUTO (3.0 and later) to forbid it."""
    # --- LVM
    locking_type: int
    locking_library: str
    """For `locking_type` 2; empty: none."""
    library_dir: str
    """Where the locking library lies; empty: not written."""
    lvm_cache: str
    """Removed after the filter was changed."""
    clvm_script: bool
    """Whether clvm's package brings an init script: then it is not written."""
    # --- boot
    stops_clvmd: bool
    """Whether san-lvm stops clvmd when the host goes down: clvm's own links do it behind cman's, which cannot leave
    before, and the others would have to fence a host that only restarts."""
    insserv: bool
    """Order comes from the scripts' LSB headers, not from the numbers of links."""
    links: tuple[Links, ...]
    """Empty numbers under insserv: there the scripts' names matter."""
    # --- Xen and consoles
    xend_script: str
    hypervisor_console: str
    """For "# xenhopt=", with {speed} and {com} (1 for ttyS0); empty: the hypervisor's own default."""
    dom0_console: str
    """For "# xenkopt=", with {unit} and {speed}."""
    getty: str
    """The terminal of the getty in dom0, with {unit}."""

    def script(self, name: str) -> Links:
        """The links of that init script. Raises KeyError."""
        return {each.script: each for each in self.links}[name]

    def modules_for(self, kernel: str) -> str:
        """The package of the cluster's modules for that kernel; empty: none is needed."""
        return self.modules_package.format(kernel=kernel)

    def tell_version(self, version: int) -> tuple[str, ...]:
        """The argv that tells cman the new config_version."""
        return tuple(word.format(version=version) for word in self.version)


def _early(script: str, start: int, stop: int) -> Links:
    """Started in runlevel S, before networked file systems; stopped by an S link of 0 and 6."""
    halt = tuple((f"rc{level}.d", f"S{stop:02}{script}") for level in "06")
    arguments = ("start", str(start), "S", ".", "start", str(stop), "0", "6", ".")
    return Links(script, (*halt, ("rcS.d", f"S{start:02}{script}")), arguments)


def _late(script: str, start: int, *stops: tuple[int, str]) -> Links:
    """Started in 2 to 5; each stop is (number, runlevels)."""
    down = tuple((f"rc{level}.d", f"K{number:02}{script}") for number, levels in stops for level in levels)
    up = tuple((f"rc{level}.d", f"S{start:02}{script}") for level in "2345")
    words = [word for number, levels in stops for word in ("stop", str(number), *levels, ".")]
    return Links(script, (*down, *up), ("start", str(start), "2", "3", "4", "5", ".", *words))


_CLVM = _late("clvm", 74, (12, "06"), (49, "1"))
_SAN_LVM = _late("san-lvm", 75)
_STOPPING = _late("san-lvm", 75, (22, "06"))
"""Behind xendomains (20) and xend (21)."""

ETCH = Release(
    name="etch",
    debian="4",
    until=4,
    title="Red Hat Cluster Suite 1.x: ccs, cman (kernel), clvm",
    family="1.x",
    storage=("open-iscsi", "multipath-tools"),
    config_daemon="ccs",
    modules_package="redhat-cluster-modules-{kernel}",
    cluster=("cman", "clvm"),
    fence_package="fence",
    xen="xen-linux-system",
    modules=("cman", "dlm"),
    nodeid=False,
    tells_members=True,
    version=("cman_tool", "version", "-r", "{version}"),
    ccs_script="ccs",
    cman_script="cman",
    fence_script="fence",
    fence_manual=True,
    iscsi_folder="/etc",
    iscsi_links="/etc/iscsi",
    multipath="0.4.7",
    getuid_callout=f"/sbin/scsi_id {GETUID}",
    mdadm_auto=False,
    locking_type=2,
    locking_library="liblvm2clusterlock.so",
    library_dir="/lib/lvm2",
    lvm_cache="/etc/lvm/.cache",
    clvm_script=False,
    stops_clvmd=False,
    insserv=False,
    links=(_early("ccs", 61, 5), _early("cman", 62, 4), _early("fence", 63, 3), _CLVM, _SAN_LVM),
    xend_script="xend",
    hypervisor_console="",
    dom0_console=GUIDE,
    getty="ttyS{unit}",
)

LENNY = replace(
    ETCH,
    name="lenny",
    debian="5",
    until=5,
    title="Red Hat Cluster Suite 2.x: cman (openais), clvm",
    family="2.x",
    config_daemon="",
    modules_package="",
    modules=("dlm",),
    nodeid=True,
    ccs_script="",
    fence_package="",
    fence_script="",
    iscsi_folder="/etc/iscsi",
    iscsi_links="/etc",
    multipath="0.4.8",
    getuid_callout=f"/lib/udev/scsi_id {GETUID}",
    locking_type=3,
    locking_library="",
    library_dir="",
    lvm_cache="/etc/lvm/cache/.cache",
    clvm_script=True,
    stops_clvmd=True,
    links=(_early("cman", 61, 5), _early("clvm", 63, 51), replace(_STOPPING, ours=_STOPPING.paths[:2])),
    hypervisor_console="com{com}={speed},8n1 console=com{com}",
    dom0_console="console=hvc0",
    getty="hvc0",
)
"""What differs from the release before."""

SQUEEZE = replace(
    LENNY,
    name="squeeze",
    debian="6",
    until=LAST,
    title="Red Hat Cluster Suite 3.x: cman (corosync), clvm",
    family="3.x",
    tells_members=False,
    fence_manual=False,
    version=("cman_tool", "version", "-r", "{version}", "-S"),
    multipath="0.4.9",
    getuid_callout="/lib/udev/scsi_id --whitelisted --device=/dev/%n",
    mdadm_auto=True,
    stops_clvmd=False,
    insserv=True,
    links=(Links("cman", (), ("defaults",)), Links("clvm", (), ("defaults",)), Links("san-lvm", (), ("defaults",))),
)

RELEASES = (ETCH, LENNY, SQUEEZE)


def unfit(here: System | None) -> Iterator[Problem]:
    """Why a host must not be given this stack's settings: `locking_type = 2` silently means no locking there."""
    major = (here.version if here else "").partition(".")[0]
    if major.isdigit() and int(major) > LAST:
        text = f"This is Debian {major}: it has no cman, and the settings of that time turn LVM's locking off here."
        yield Problem("stack.modern-host", text, hint="Let the stack be chosen by itself: --stack=auto.")
