"""Scripts that plans put onto hosts, run by a real shell: the boot check, and what a key for moving guests may do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from assets import template

ENTRY = "xen-gnulinux-simple-1"
MENU = """\
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-1' {
	linux	/boot/vmlinuz-6 root=UUID=1 ro
}
menuentry 'with Xen' --class xen $menuentry_id_option 'xen-gnulinux-simple-1' {
	multiboot2	/boot/xen-4.gz placeholder dom0_mem=1024M,max:1024M ${xen_rm_opts}
	module2	/boot/vmlinuz-6 placeholder root=UUID=1 ro console=hvc0
	module2	--nounzip   /boot/initrd.img-6
}
"""


class Root:
    """A root file system as far as the boot check looks at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        files = {
            "proc/sys/kernel/random/boot_id": "new\n", "proc/uptime": "9999.00 1.0\n", "proc/cmdline": "root=UUID=1\n",
            "proc/meminfo": "MemTotal:  2097152 kB\n",
            "boot/grub/grub.cfg": MENU, "boot/xen-4.gz": "",
            "boot/vmlinuz-6": "", "boot/initrd.img-6": "", "dev/disk/by-uuid/1": "",
            "etc/boot-check/expected": "5\ta map\ttrue\n",
        }  # fmt: skip
        for path, text in files.items():
            self.put(path, text)
        self.put("bin/grub-set-default", f'#!/bin/sh\necho "$1" >"{folder}/default"\n')
        (folder / "bin/grub-set-default").chmod(0o755)

    def put(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def has(self, path: str) -> bool:
        return (self.folder / path).exists()

    def text(self, path: str) -> str:
        return (self.folder / path).read_text()

    def trial(self, boot: str = "old") -> Root:
        self.put("etc/boot-check/trial", f"entry={ENTRY}\nboot={boot}\n")
        return self

    def xen(self) -> Root:
        self.put("sys/hypervisor/type", "xen\n")
        return self

    def boot(self) -> str:
        """Run the check; returns what it says on the console."""
        script = self.folder / "boot-check"
        script.write_text(template("corosync/boot-check").replace("PATH=", f"PATH={self.folder}/bin:", 1))
        environment = {"BOOT_CHECK_ROOT": str(self.folder), "BOOT_CHECK_PAUSE": "0"}
        return subprocess.run(["sh", str(script)], env=environment, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


def test_all_is_back_and_the_entry_on_trial_is_made_permanent(root: Root) -> None:
    said = root.trial().xen().boot()
    assert said == "boot check: all 1 came back; Xen is what boots from now on.\n"
    assert root.text("default") == f"{ENTRY}\n" and not root.has("etc/boot-check/trial")
    assert root.text("run/motd.d/boot-check") == said
    assert root.text("var/lib/boot-check/result").startswith("boot=new\nverdict=back\nsaid=all 1 came back")


def test_what_is_missing_is_named_and_the_old_entry_stays(root: Root) -> None:
    root.put("etc/boot-check/expected", "5\ta map\tfalse\n# a comment\n6\tthe quorum\ttrue\n7\ta volume\tfalse\n")
    said = root.trial().xen().boot()
    assert "not all came back: a map; a volume. The next boot is the old entry." in said
    assert not root.has("default") and root.has("etc/boot-check/trial")
    assert root.text("var/lib/boot-check/result").endswith("missing=a map\nmissing=a volume\n")


def test_the_boot_after_one_that_missed_something_tells_it(root: Root) -> None:
    root.put("etc/boot-check/expected", "5\ta map\tfalse\n")
    root.trial().xen().boot()
    (root.folder / "sys/hypervisor/type").unlink()
    root.put("proc/sys/kernel/random/boot_id", "newer\n")
    said = root.boot()
    assert "Xen was tried, and did not come through: it booted, but this was missing: a map" in said
    assert not root.has("etc/boot-check/trial"), "told once"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (("boot/xen-4.gz", None, ""), "/boot/xen-4.gz, which its entry loads, is not there"),
        (("boot/grub/grub.cfg", "placeholder root=UUID=1", "placeholder root=UUID=2"),
         "its root=UUID=2 is no file system of this host"),
        (("boot/grub/grub.cfg", "dom0_mem=1024M", "dom0_mem=64M"), "dom0_mem=64M is too little for its kernel"),
        (("boot/grub/grub.cfg", "dom0_mem=1024M", "dom0_mem=65536M"), "dom0_mem=65536M is more than this machine has"),
        (("boot/grub/grub.cfg", ENTRY, "another"), f"GRUB's menu has no entry {ENTRY} any more"),
        (("boot/vmlinuz-7", None, "x"), "it never came to its boot check"),
    ],
)  # fmt: skip
def test_after_falling_back_the_cause_is_told_as_far_as_it_can_be_seen(
    root: Root, spoil: tuple[str, str | None, str], words: str
) -> None:
    path, old, new = spoil
    if old is not None:
        root.put(path, root.text(path).replace(old, new))
    elif new:
        root.put(path, new)
    else:
        (root.folder / path).unlink()
    said = root.trial().boot()
    assert (
        said == f"boot check: Xen was tried, and did not come through: {words}" + said[-len(said.partition(words)[2]) :]
    )
    assert said.endswith("This is the entry from before.\n") and root.text("run/motd.d/boot-check") == said
    assert "verdict=fell-back" in root.text("var/lib/boot-check/result") and not root.has("default")


def test_a_trial_begins_with_the_next_boot(root: Root) -> None:
    assert root.trial(boot="new").boot() == "boot check: all 1 came back\n"
    assert root.has("etc/boot-check/trial") and not root.has("default")


def test_what_comes_late_is_waited_for(root: Root) -> None:
    late = f'test -e "{root.folder}/there" || {{ : >"{root.folder}/there"; false; }}'
    root.put("etc/boot-check/expected", f"99999\ta slow array\t{late}\n")
    assert root.boot() == "boot check: all 1 came back\n"


# --- the key for moving guests

LET_IN = (
    "xl migrate-receive", "xl migrate-receive -e", "xl -t migrate-receive -d -p", "xl -t -T -vvv migrate-receive -e -T",
)  # fmt: skip
REFUSED = (
    "", "true", "sh", "xl", "xl list", "xl migrate-receive; id", "xl migrate-receive && id",
    "xl migrate-receive --debug",
    "xl migrate-receive $(id)", "xl migrate-receive -e /etc", "xl create migrate-receive", "/bin/xl migrate-receive",
    "xl migrate-receive\nid", "xl -N migrate-receive", "XL migrate-receive",
)  # fmt: skip


def _received(folder: Path, asked: str) -> subprocess.CompletedProcess[str]:
    xl = folder / "xl"
    xl.write_text('#!/bin/sh\necho "xl $*"\n')
    xl.chmod(0o755)
    script = folder / "receive"
    script.write_text(template("corosync/migrate-receive").replace("PATH=", f"PATH={folder}:", 1))
    environment = {"SSH_ORIGINAL_COMMAND": asked}
    return subprocess.run(["sh", str(script)], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("asked", LET_IN)
def test_a_guest_is_let_in(tmp_path: Path, asked: str) -> None:
    assert _received(tmp_path, asked).stdout == f"{asked}\n"


@pytest.mark.parametrize("asked", REFUSED)
def test_nothing_else_is(tmp_path: Path, asked: str) -> None:
    said = _received(tmp_path, asked)
    assert (said.returncode, said.stdout) == (77, ""), asked
