"""The package on clean Debian 12 and 13: installed, started, removed, purged, upgraded (`make package-test`, as root).

Each release is a minimal tree, made from the mirror that this machine's apt uses; programs run in it by chroot, in
mount and process namespaces of their own.
"""

from __future__ import annotations

import hashlib
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.lab.images import mirror
from tui_installer import __version__

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / f"build/tui-installer_{__version__}_all.deb"
RELEASES = ("bookworm", "trixie")
OLDER = ROOT / "build/older/older.deb"
"""The package of the last release."""
FIRST = "b3304a8"
"""Of 0.1.0, which was not released by `make release`: what packagers tried."""
STATE = "/var/lib/tui-installer"
STARTED = "TO ANSWER"
"""On the first screen."""
WITHIN = 90.0
"""Seconds for the first picture: a simulated world is made first, maybe on a busy machine."""


class Wrong(Exception):
    """A check that failed; the text says what was expected and what was there."""


def run(*argv: str, ok: tuple[int, ...] = (0,), **options: object) -> str:
    """Run a command, and return what it printed. Raises `Wrong`."""
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode not in ok:
        raise Wrong(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return str(done.stdout + done.stderr)


def installing() -> tuple[str, str]:
    """Hooks that install the package by the tree's own apt."""
    install = 'chroot "$1" apt-get install -y --no-install-recommends /tui-installer.deb'
    return f"--customize-hook=copy-in {PACKAGE.parent}/tui-installer.deb /", f"--customize-hook={install}"


@contextmanager
def tree(release: str, *hooks: str) -> Iterator[Path]:
    """A minimal Debian, without lists of packages; gone afterwards. `hooks`: options of mmdebstrap."""
    folder = Path(tempfile.mkdtemp(prefix=f"package-{release}-"))
    try:
        source = f"deb {mirror()} {release} main"
        run("mmdebstrap", "--variant=minbase", "--mode=root", *hooks, release, str(folder / "root"), source)
        yield folder / "root"
    finally:
        shutil.rmtree(folder)


def within(root: Path, *argv: str) -> list[str]:
    """A command line that runs a program in the tree."""
    return ["unshare", "--mount", "--pid", "--fork", f"--root={root}", "--mount-proc", "--", *argv]


def check(release: str, older: Path) -> Iterator[str]:
    """All checks on a release; each that held, in words."""
    with tree(release, *installing()) as root:
        said = run(*within(root, "tui-installer", "--version"))
        expect(said.strip() == f"tui-installer {__version__}", f"--version says {said!r}")
        yield "installed by apt, --version"
        first_picture(within(root, "tui-installer", "--demo"))
        yield "the demo paints its first picture"
        run(*within(root, "useradd", "--create-home", "somebody"))
        user = ("setpriv", "--reuid=somebody", "--regid=somebody", "--clear-groups", "--reset-env")
        said = run(*within(root, *user, "tui-installer", "status"), ok=(1, 2, 3))
        expect("not root:" in said and "\npackages " in said, f"status as a user says {said!r}")
        yield "a user asks for the status"
        documents(root)
        yield "its documents, their links and its completions are there"
        isolated(root)
        yield "PYTHONPATH, user site and the current folder choose no code"
        run(*within(root, "sh", "-e", "-c", (ROOT / "debian/tests/join-a-simulated-host").read_text()))
        yield "its autopkgtest joins a simulated host"
        yield from gone(root)
        yield from upgraded(root, older)


def expect(held: bool, otherwise: str) -> None:
    """Raises `Wrong` if it did not hold."""
    if not held:
        raise Wrong(otherwise)


def first_picture(argv: list[str], within: float = WITHIN) -> None:
    """Start it on a terminal of 80x24, wait for its first screen, and end it. Raises `Wrong`."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(argv[0], argv, {**os.environ, "TERM": "vt220", "LC_ALL": "C.UTF-8", "LINES": "24", "COLUMNS": "80"})
    painted, by = b"", time.monotonic() + within
    while STARTED.encode() not in painted and time.monotonic() < by:
        if select.select([terminal], [], [], 1)[0]:
            try:
                painted += os.read(terminal, 65536)
            except OSError:
                break
    os.close(terminal)  # the line is lost: the program ends by itself
    os.waitpid(child, 0)
    expect(STARTED.encode() in painted, f"no first screen within {within:g} s, but {painted[-400:]!r}")


def documents(root: Path) -> None:
    """What is to be read lies in /usr/share/doc, and each link there leads somewhere. Raises `Wrong`."""
    folder = root / "usr/share/doc/tui-installer"
    pages = [*folder.glob("*.md"), *folder.glob("docs/*.md")]
    links = [
        (page, link) for page in pages for link in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", page.read_text())
    ]
    dead = [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()]
    expect(len(links) > 100 and not dead, f"of {len(links)} links these lead nowhere: {dead}")
    for path in ("doc/tui-installer/examples/host.toml", "doc/tui-installer/copyright", "man/man8/tui-installer.8.gz",
                 "bash-completion/completions/tui-installer", "zsh/vendor-completions/_tui-installer"):  # fmt: skip
        expect((root / "usr/share" / path).is_file(), f"/usr/share/{path} is not there")


def isolated(root: Path) -> None:
    """Modules that would break it lie wherever Python may look; none is taken. Raises `Wrong`."""
    bad = "raise SystemExit('taken from outside')\n"
    site = run(*within(root, "/usr/bin/python3", "-c", "import site; print(site.getusersitepackages())")).strip()
    for folder in ("tmp/path", site.lstrip("/")):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name in ("tui_installer.py", "textual.py", "lxml.py", "json.py", "sitecustomize.py", "usercustomize.py"):
            (root / folder / name).write_text(bad)
    line = "cd /tmp/path && PYTHONPATH=/tmp/path HOME=/root tui-installer --version"
    said = run(*within(root, "sh", "-c", line))
    expect(__version__ in said, f"it took code from outside: {said!r}")
    shutil.rmtree(root / site.lstrip("/"))


def gone(root: Path) -> Iterator[str]:
    """Removal keeps the state; purging takes it away, but never a journal that still stands."""
    journal = root / STATE.lstrip("/") / "journal"
    journal.parent.mkdir(exist_ok=True)
    journal.write_text("")
    run(*within(root, "dpkg", "--remove", "tui-installer"))
    expect(not (root / "usr/lib/tui-installer").exists(), "removal left /usr/lib/tui-installer")
    expect(journal.exists(), "removal took the state")
    yield "removed, with its state kept"
    standing = journal.with_name("standing")
    standing.write_text("this host: iscsi\n")
    said = run(*within(root, "dpkg", "--purge", "tui-installer"))
    expect(journal.exists() and "this host: iscsi" in said, f"purging forgot what stands: {said!r}")
    yield "purging keeps a journal that stands, and says so"
    install(root, PACKAGE)
    run(*within(root, "dpkg", "--purge", "tui-installer"))
    left = [path for path in ("usr/bin/tui-installer", "usr/lib/tui-installer", STATE[1:], "run/tui-installer")
            if (root / path).exists()]  # fmt: skip
    expect(not left, f"purging left {left}")
    yield "purged, nothing left"


def install(root: Path, package: Path) -> None:
    """Put a package onto the tree by dpkg alone: what it needs is there."""
    shutil.copy(package, root / "new.deb")
    run(*within(root, "dpkg", "--install", "/new.deb"))


def upgraded(root: Path, older: Path) -> Iterator[str]:
    """From the last release, with what it kept; nothing if that could not be built."""
    if not older.exists():
        return
    install(root, older)
    kept = root / STATE.lstrip("/") / "answers.toml"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text('[site]\npeer = "10.0.1.11"\n')
    install(root, PACKAGE)
    expect("10.0.1.11" in kept.read_text(), "upgrading lost the answers")
    run(*within(root, "tui-installer", "--version"))
    expect(not (root / "usr/sbin/tui-installer").exists(), "upgrading left /usr/sbin/tui-installer")
    yield "upgraded from the last release, state kept"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def told(release: str) -> None:
    """Check a release, and tell what held. Raises `Wrong`."""
    for held in check(release, OLDER):
        say(f"{release}: {held}")


def build_last_release() -> str:
    """Build the package of the release before this one, from its own tree, where the history has it. Raises `Wrong`."""
    known = re.findall(r"(?m)^tui-installer \((.+?)\)", (ROOT / "debian/changelog").read_text())
    before = next((version for version in known if version != __version__), known[-1])
    shutil.rmtree(OLDER.parent, ignore_errors=True)
    try:
        found = run("git", "log", "-1", "--format=%H", f"--grep=^release: {re.escape(before)}$", cwd=ROOT).strip()
        commit = found or FIRST
        run("git", "cat-file", "-e", f"{commit}^{{commit}}", cwd=ROOT)
    except Wrong:
        return f"the history here does not reach {before}: no upgrade from it is tried"
    source = OLDER.parent / "source"
    source.mkdir(parents=True)
    line = 'git archive "$1" | tar -x -C "$2" && cp vendor/wheels/*.whl "$2/vendor"'
    run("sh", "-ec", line, "-", commit, str(source), cwd=ROOT)
    wheels = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "--python-version", "3.11", "--implementation")
    pip = (sys.executable, "-m", "pip", "download", "-qq", *wheels, "py", "--abi", "none", "--platform", "any")
    run(*pip, "--find-links", "vendor", "-r", "vendor/requirements.txt", "-d", "vendor/wheels", cwd=source)
    run("dpkg-buildpackage", "-b", "-d", "-us", "-uc", cwd=source)
    OLDER.parent.joinpath(f"tui-installer_{before}_all.deb").rename(OLDER)
    return f"the last release, {before}, is built from {commit[:7]}"


def linted() -> str:
    """Lintian is content. Raises `Wrong`."""
    run("lintian", "--allow-root", "--fail-on", "error,warning", str(PACKAGE))
    return "lintian: no error, no warning"


def reproducible() -> str:
    """A second build is the same, bit for bit. Raises `Wrong`."""
    first = hashlib.sha256(PACKAGE.read_bytes()).hexdigest()
    run(
        "make", "--always-make", "-o", "vendor/wheels/.fetched", "-o", ".venv", str(PACKAGE.relative_to(ROOT)), cwd=ROOT
    )
    second = hashlib.sha256(PACKAGE.read_bytes()).hexdigest()
    expect(first == second, f"two builds differ: {first} {second}")
    return f"two builds are the same: sha256 {first[:16]}..."


def main() -> int:
    """All checks on all releases; 0 if all held."""
    shutil.copy(PACKAGE, PACKAGE.with_name("tui-installer.deb"))
    try:
        say(linted())
        say(reproducible())
        say(build_last_release())
        with ThreadPoolExecutor() as pool:
            for _ in pool.map(told, sys.argv[1:] or RELEASES):
                pass
    except Wrong as wrong:
        say(f"WRONG: {wrong}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
