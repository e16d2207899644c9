"""What keeps apt and dpkg from their work, made for real, and taken away as the failure's card says."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.apt import pool
from tests.apt.acts import fails, goes_on, mended, said, states
from tests.apt.tree import Tree
from tui_installer.probes.packages import completing, unfinished
from tui_installer.steps.packages.corosync import NAMES

KILLED = "kill -9 $PPID; sleep 1\n"
"""In a package's script: dpkg dies at once, as in a power cut."""
HTTP = "deb [trusted=yes] http://127.0.0.1:{port}/ ./\n"


# --- scripts


@pytest.mark.parametrize(
    ("script", "what", "left"),
    [
        ("preinst", "pre-installation", "it was not unpacked"),
        ("postinst", "post-installation", "it is there, but not usable yet"),
    ],
)
def test_a_script_that_fails_is_named_with_its_words(tree: Tree, script: str, what: str, left: str) -> None:
    cause = tree.told(f"multipath-tools.{script}", "echo asking udev; echo cannot talk to it >&2; exit 3\n")
    problem = fails(tree, "script-failed")
    assert problem.text == f"The {what} script of multipath-tools failed: {left}."
    assert "asking udev" in problem.evidence or "cannot talk to it" in problem.evidence
    assert problem.evidence[-1].strip().endswith(f"{what} script subprocess returned error exit status 3")
    there = ("iF ", "multipath-tools") in states(tree)
    assert there == (script == "postinst") and ("un ", "multipath-tools") not in states(tree)
    cause.unlink()
    mended(tree)
    goes_on(tree)


@pytest.mark.parametrize(
    ("script", "what", "left"),
    [
        ("prerm", "pre-removal", "it was neither removed nor replaced"),
        ("postrm", "post-removal", "what it leaves behind was not cleared"),
    ],
)
def test_a_script_that_fails_when_it_is_taken_back(tree: Tree, script: str, what: str, left: str) -> None:
    assert tree.run("apt-get", "-q", "update").ok()
    goes_on(tree)
    cause = tree.told(f"corosync.{script}", "echo still needed >&2; exit 1\n")
    assert tree.engine.apply(tree.engine.plan_undo("packages")) == "failed"
    problem = tree.engine.failure("packages")[0]
    assert problem.code == "packages.script-failed"
    assert problem.text == f"The {what} script of corosync failed: {left}."
    cause.unlink()
    assert tree.engine.apply(tree.engine.plan_undo("packages")) == "done", tree.engine.failure("packages")
    assert not {(letters, name) for letters, name in states(tree) if letters != "rc "}


def test_what_is_not_ours_is_set_aside_and_gone_on_without(tree: Tree) -> None:
    pool.build(tree.pool, "printer")
    pool.index(tree.pool)
    cause = tree.told("printer.postinst", "echo no paper; exit 2\n")
    assert tree.run("apt-get", "-q", "update").ok() and not tree.run("apt-get", "-y", "install", "printer").ok()
    problem = fails(tree, "script-failed")
    assert "none of those that this step names" in problem.text and "no paper" in problem.evidence
    mended(tree)
    assert ("hF ", "printer") in states(tree)
    assert tree.engine.apply(tree.engine.plan("packages")) == "done", tree.engine.failure("packages")
    left = tree.engine.look("packages").plan
    assert left.in_place and left.notes == ("printer set aside",)
    assert {("ii ", name) for name in NAMES} | {("hF ", "printer")} <= states(tree)
    cause.unlink()
    hint = said(tree)["packages.set-aside"].hint
    assert tree.run("sh", "-c", hint.partition(": ")[2]).ok()
    assert not tree.engine.look("packages").plan.notes and tree.run("dpkg", "--audit").out == ""


# --- dpkg that was cut off


@pytest.mark.parametrize("script", ["preinst", "postinst"])
def test_dpkg_that_was_killed(tree: Tree, script: str) -> None:
    cause = tree.told(f"multipath-tools.{script}", KILLED)
    assert fails(tree, "interrupted").remedy
    cause.unlink()
    mended(tree)
    goes_on(tree)


def test_what_was_cut_off_before_is_finished_first(tree: Tree) -> None:
    cause = tree.told("multipath-tools.preinst", KILLED)
    fails(tree, "interrupted")
    cause.unlink()
    assert said(tree)["packages.interrupted"].level == "warn"
    goes_on(tree)


def test_what_is_torn_and_in_no_list(tree: Tree) -> None:
    """The lists are read again: without them apt knows no archive to install it from."""
    cause = tree.told("multipath-tools.preinst", KILLED)
    fails(tree, "interrupted")
    cause.unlink()
    for path in (tree.folder / "var/lib/apt/lists").glob("*_*"):
        path.unlink()
    assert ("iHR", "multipath-tools") in states(tree)
    goes_on(tree)


def test_what_was_installed_without_its_dependencies(tree: Tree) -> None:
    assert tree.run("dpkg", "--force-depends", "--install", "/srv/pool/multipath-tools_1_all.deb").ok()
    fails(tree, "half-configured")
    mended(tree)
    goes_on(tree)


def test_what_lacks_a_package_of_which_no_list_tells(tree: Tree) -> None:
    """Seen in the laboratory: apt would remove it then, for it knows nothing else. The lists are read first."""
    assert tree.run("apt-get", "-q", "update").ok()
    assert tree.run("dpkg", "--force-depends", "--unpack", "/srv/pool/multipath-tools_1_all.deb").ok()
    for path in (tree.folder / "var/lib/apt/lists").glob("*_*"):
        path.unlink()
    assert completing(tree) == ()
    fails(tree, "half-configured")
    mended(tree)
    goes_on(tree)


def test_what_apt_would_upgrade_to_complete_it(tree: Tree) -> None:
    assert tree.run("apt-get", "-q", "update").ok()
    assert tree.run("apt-get", "-y", "install", "lvm2").ok()
    for old in tree.pool.glob("lvm2*.deb"):
        old.unlink()
    pool.build(tree.pool, "lvm2", "2")
    pool.build(tree.pool, "lvm2-lockd", "2", "Depends: lvm2 (= 2), libdlm3\n")
    pool.index(tree.pool)
    assert tree.run("apt-get", "-q", "update").ok()
    assert tree.run("dpkg", "--force-depends", "--unpack", "/srv/pool/lvm2-lockd_2_all.deb").ok()
    assert unfinished(tree) == ("lvm2-lockd",)
    assert completing(tree) == ("lvm2",)


def test_that_is_known_beforehand_where_the_lists_were_read(tree: Tree) -> None:
    assert tree.run("apt-get", "-q", "update").ok()
    assert tree.run("dpkg", "--force-depends", "--install", "/srv/pool/multipath-tools_1_all.deb").ok()
    assert said(tree)["packages.half-configured"].level == "warn"
    goes_on(tree)


# --- sources


def test_what_cannot_be_had(tree: Tree) -> None:
    (tree.pool / "libdlm3_1_all.deb").unlink()
    pool.build(tree.pool, "libdlm3", "0")
    (tree.pool / "dlm-controld_1_all.deb").unlink()
    pool.build(tree.pool, "dlm-controld", "2", "Depends: libdlm3 (= 1)\n")
    pool.index(tree.pool)
    assert "it needs libdlm3" in fails(tree, "unmet").text
    known = said(tree)["packages.unmet"]
    assert known.level == "stop" and "dlm-controld" in known.text
    pool.build(tree.pool, "libdlm3", "1")
    pool.index(tree.pool)
    assert tree.run("apt-get", "-q", "update").ok()
    goes_on(tree)


def test_what_would_be_removed_is_never_removed(tree: Tree) -> None:
    pool.build(tree.pool, "heartbeat")
    pool.build(tree.pool, "corosync", "2", "Conflicts: heartbeat\n")
    pool.index(tree.pool)
    assert tree.run("apt-get", "-q", "update").ok() and tree.run("apt-get", "-y", "install", "heartbeat").ok()
    problem = said(tree)["packages.removes"]
    assert problem.level == "stop" and "heartbeat" in problem.text
    assert tree.run("apt-get", "-y", "purge", "heartbeat").ok()
    goes_on(tree)


def test_a_package_that_no_source_has(tree: Tree) -> None:
    (tree.pool / "corosync_1_all.deb").unlink()
    pool.index(tree.pool)
    assert "corosync" in fails(tree, "no-candidate").text
    pool.build(tree.pool, "corosync")
    pool.index(tree.pool)
    mended(tree)
    goes_on(tree)


def test_two_packages_with_one_file(tree: Tree) -> None:
    pool.build(tree.pool, "other", files={"/opt/corosync/there": "mine"})
    pool.index(tree.pool)
    assert tree.run("apt-get", "-q", "update").ok() and tree.run("apt-get", "-y", "install", "other").ok()
    assert "/opt/corosync/there" in fails(tree, "file-conflict").text
    assert tree.run("dpkg", "--purge", "other").ok()
    goes_on(tree)


@pytest.fixture
def mirror(tree: Tree) -> Iterator[Callable[[], None]]:
    """The tree's one source is a port on which nobody answers, until it is called."""
    closed = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tree.pool)), bind_and_activate=False)
    closed.server_bind()
    (tree.folder / "etc/apt/sources.list").write_text(HTTP.format(port=closed.server_address[1]))

    serving = threading.Thread(target=closed.serve_forever)

    def answer() -> None:
        closed.server_activate()
        serving.start()

    yield answer
    if serving.is_alive():  # one whose socket is taken away goes on looking at it without a pause
        closed.shutdown()
        serving.join()
    closed.server_close()


class Quiet(SimpleHTTPRequestHandler):
    """A mirror that tells nothing to the tests' output."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


def test_a_mirror_that_does_not_answer(tree: Tree, mirror: Callable[[], None]) -> None:
    assert "127.0.0.1" in fails(tree, "mirror-silent").text
    mirror()
    goes_on(tree)


def test_lists_that_are_older_than_the_mirror(tree: Tree, mirror: Callable[[], None]) -> None:
    mirror()
    assert tree.run("apt-get", "-q", "update").ok()
    (tree.pool / "corosync_1_all.deb").unlink()
    pool.build(tree.pool, "corosync", "2")
    pool.index(tree.pool)
    fails(tree, "list-outdated")
    mended(tree)
    goes_on(tree)


def test_a_name_that_nobody_resolves(tree: Tree) -> None:
    sources = tree.folder / "etc/apt/sources.list"
    before = sources.read_text()
    sources.write_text("deb [trusted=yes] http://mirror.example/ ./\n")
    assert "mirror.example" in fails(tree, "no-dns").text
    sources.write_text(before)
    goes_on(tree)


def test_a_clock_that_is_behind(tree: Tree) -> None:
    """The mirror's lists are of a later time. date(1) sets no clock here: it has the lists written as of now."""
    pool.index(tree.pool, dated=time.time() + 5 * 3600)
    assert "4h 59min" in fails(tree, "clock").text
    date = tree.folder / "local/bin/date"
    date.write_text('#!/bin/sh\n[ "$1" = -s ] && echo "$2" >/srv/told/date\n')
    date.chmod(0o755)
    tree.before = lambda argv: pool.index(tree.pool) if argv[0] == "date" else None
    mended(tree)
    assert 5 * 3600 - 60 < int((tree.folder / "srv/told/date").read_text().split()[0]) < 5 * 3600 + 120
    goes_on(tree)


def test_lists_that_have_expired(tree: Tree) -> None:
    """As the hint says, on an archive."""
    pool.index(tree.pool, dated=time.time() - 900_000, until=time.time() - 500_000)
    hint = fails(tree, "lists-expired").hint
    (setting,) = re.findall(r'Acquire::Check-Valid-Until "false";', hint)
    (tree.folder / "etc/apt/apt.conf.d/90archive").write_text(f"{setting}\n")
    goes_on(tree)


# --- room


def test_no_room_for_the_archives(tree: Tree) -> None:
    tree.small("/var/cache/apt/archives", "400k")
    assert tree.run("sh", "-c", "mkdir /var/cache/apt/archives/partial; cat /srv/pool/*.deb /srv/pool/*.deb "
                    "/srv/pool/*.deb >/var/cache/apt/archives/old_1_all.deb").code  # fmt: skip
    problem = fails(tree, "no-space")
    assert re.search(r"/var/cache/apt/archives: [\d.]+ kB have to be fetched", problem.text), problem.text
    mended(tree)
    goes_on(tree)


def test_no_room_where_it_is_unpacked(tree: Tree) -> None:
    pool.build(tree.pool, "corosync", "2", files={"/opt/corosync/large": "x" * 300_000})
    pool.index(tree.pool)
    tree.small("/opt", "400k")
    assert tree.run("dd", "if=/dev/zero", "of=/opt/fill", "bs=1k", "count=200").ok()
    assert "/opt/corosync/large" in fails(tree, "no-space").text
    mended(tree)
    assert tree.run("rm", "/opt/fill").ok()
    goes_on(tree)


def test_no_room_for_an_initrd(tree: Tree) -> None:
    tree.small("/boot", "100k")
    write = "dd if=/dev/zero of=/boot/initrd.img-6.1.0-1-amd64 bs=1k count=200 status=none"
    cause = tree.told(
        "open-iscsi.postinst", f"echo update-initramfs: Generating /boot/initrd.img-6.1.0-1-amd64 >&2; {write}\n"
    )
    assert "/boot" in fails(tree, "no-space").text
    cause.unlink()
    mended(tree)
    goes_on(tree)


# --- what is noted


def test_what_is_only_recommended_is_left_out(tree: Tree) -> None:
    goes_on(tree)
    assert not [name for _, name in states(tree) if name == "gnome-shell"]


def test_a_desktop_that_is_pulled_in_is_said(tree: Tree) -> None:
    (tree.pool / "lvm2_1_all.deb").unlink()
    pool.build(tree.pool, "lvm2", "2", "Depends: gnome-shell\n")
    pool.index(tree.pool)
    assert tree.run("apt-get", "-q", "update").ok()
    assert "gnome-shell" in said(tree)["packages.desktop"].text


def test_a_policy_that_was_left_is_said(tree: Tree) -> None:
    policy = tree.folder / "own/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    assert "exit 101" in said(tree)["packages.policy-left"].evidence
    policy.unlink()
    assert "packages.policy-left" not in said(tree)
    goes_on(tree)


def test_a_configuration_file_that_was_changed_is_kept_and_shown(tree: Tree) -> None:
    """No prompt is waited at: the package's own lies beside it, with the difference, until somebody has seen to it."""
    path = "/etc/multipath/multipath.conf"
    (tree.pool / "multipath-tools_1_all.deb").unlink()
    pool.build(tree.pool, "multipath-tools", "1", pool.WANTED["multipath-tools"], {path: "old\n"})
    pool.index(tree.pool)
    goes_on(tree)
    (tree.folder / path[1:]).write_text("mine\n")
    assert tree.run("apt-get", "-y", "remove", "multipath-tools").ok()
    pool.build(tree.pool, "multipath-tools", "2", pool.WANTED["multipath-tools"], {path: "new\n"})
    pool.index(tree.pool)
    assert tree.run("apt-get", "-q", "update").ok()
    goes_on(tree)
    assert (tree.folder / path[1:]).read_text() == "mine\n"
    kept = said(tree)["packages.conffile-kept"]
    assert {"-mine", "+new"} <= {line.strip() for line in kept.evidence}, kept.evidence
    (tree.folder / f"{path[1:]}.dpkg-dist").unlink()
    assert "packages.conffile-kept" not in said(tree)
