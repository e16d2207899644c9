"""Signatures that apt does not trust, with this machine's own gpgv or sqv, and the time by which it judges."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apt import pool
from tests.apt.acts import fails, goes_on, mended
from tests.apt.keys import DAY, NEEDED, Keys
from tests.apt.tree import Tree

SOURCE = "deb copy:/srv/pool ./\n"
"""Without [trusted=yes]."""


@pytest.fixture
def keys() -> Iterator[Keys]:
    """Whoever signs."""
    if lacking := [name for name in NEEDED if not shutil.which(name)]:
        pytest.skip(f"nothing here that signs: {', '.join(lacking)} not installed")
    made = Keys()
    yield made
    made.close()


@pytest.fixture
def judged(tree: Tree) -> Tree:
    """A host that believes no source without a signature, and knows no key."""
    (tree.folder / "etc/apt/sources.list").write_text(SOURCE)
    return tree


def ring(tree: Tree) -> Path:
    """The keys that apt knows."""
    return tree.folder / "etc/apt/trusted.gpg.d/pool.gpg"


def shown(words: str, evidence: tuple[str, ...]) -> bool:
    """Whether a tool's words are in it."""
    return any(re.search(words, line) for line in evidence)


# --- keys


def test_a_key_that_is_not_known(judged: Tree, keys: Keys) -> None:
    fingerprint = keys.make("pool", time.time() - DAY)
    keys.make("somebody", time.time() - DAY)
    keys.sign(judged.pool, "pool")
    ring(judged).write_bytes(keys.public("somebody"))
    problem = fails(judged, "key-missing")
    (named,) = re.findall(r"[0-9A-F]{16,}", problem.text)
    assert fingerprint.endswith(named), "gpgv names its end, sqv all of it"
    assert shown(f"NO_PUBKEY {named}|Missing key {named}", problem.evidence)
    ring(judged).write_bytes(keys.public("pool"))
    goes_on(judged)


def test_no_key_is_known(judged: Tree, keys: Keys) -> None:
    keys.make("pool", time.time() - DAY)
    keys.sign(judged.pool, "pool")
    assert shown("NO_PUBKEY [0-9A-F]|no keyring is specified", fails(judged, "key-missing").evidence)
    ring(judged).write_bytes(keys.public("pool"))
    goes_on(judged)


def read_without_corosync(tree: Tree, keys: Keys) -> None:
    """Its lists are signed and read; then the pool gets the package that they lack."""
    keys.make("pool", time.time() - DAY)
    (tree.pool / "corosync_1_all.deb").unlink()
    pool.index(tree.pool)
    keys.sign(tree.pool, "pool")
    ring(tree).write_bytes(keys.public("pool"))
    assert tree.run("apt-get", "-q", "update").ok()
    pool.build(tree.pool, "corosync")
    pool.index(tree.pool)


def test_a_key_that_is_gone_since_the_lists_were_read(judged: Tree, keys: Keys) -> None:
    """apt goes on with the old lists, in which a package is missing."""
    read_without_corosync(judged, keys)
    ring(judged).unlink()
    keys.sign(judged.pool, "pool")
    assert shown("previous index files will be used", fails(judged, "key-missing").evidence)
    ring(judged).write_bytes(keys.public("pool"))
    goes_on(judged)


def test_a_key_that_has_expired(judged: Tree, keys: Keys) -> None:
    """The mirror's key was prolonged, and here is an old one: what a newer debian-archive-keyring mends."""
    fingerprint = keys.make("pool", time.time() - 20 * DAY, lasts="10d")
    ring(judged).write_bytes(keys.public("pool"))
    keys.prolong(fingerprint)
    keys.sign(judged.pool, "pool")
    assert shown(r"EXPKEYSIG [0-9A-F]|Expired on \d", fails(judged, "key-expired").evidence)
    ring(judged).write_bytes(keys.public("pool"))
    goes_on(judged)


def test_a_key_that_was_revoked(judged: Tree, keys: Keys) -> None:
    """The pool gets another one, which is installed."""
    fingerprint = keys.make("pool", time.time() - DAY)
    keys.sign(judged.pool, "pool")
    keys.revoke(fingerprint)
    ring(judged).write_bytes(keys.public("pool"))
    problem = fails(judged, "key-expired")
    assert "revoked" in problem.text and shown("REVKEYSIG|is revoked", problem.evidence)
    keys.make("newer", time.time() - DAY)
    keys.sign(judged.pool, "newer")
    ring(judged).write_bytes(keys.public("newer"))
    goes_on(judged)


# --- signatures


def test_a_source_that_is_not_signed(judged: Tree, keys: Keys) -> None:
    problem = fails(judged, "unauthenticated")
    assert "copy:/srv/pool ./ Release is not signed" in problem.text and not problem.remedy
    assert shown(r"^E: The repository '.*' is not signed\.$", problem.evidence)
    keys.make("pool", time.time() - DAY)
    keys.sign(judged.pool, "pool")
    ring(judged).write_bytes(keys.public("pool"))
    goes_on(judged)


def test_a_source_that_is_no_longer_signed(judged: Tree, keys: Keys) -> None:
    read_without_corosync(judged, keys)
    for name in ("InRelease", "Release.gpg"):
        (judged.pool / name).unlink()
    assert shown("is no longer signed", fails(judged, "unauthenticated").evidence)
    keys.sign(judged.pool, "pool")
    goes_on(judged)


def test_a_signature_that_does_not_fit(judged: Tree, keys: Keys) -> None:
    """Somebody in between has changed a word."""
    keys.make("pool", time.time() - DAY)
    keys.sign(judged.pool, "pool")
    ring(judged).write_bytes(keys.public("pool"))
    signed = judged.pool / "InRelease"
    text = signed.read_text()
    signed.write_text(text.replace("Origin: pool", "Origin: loop"))
    problem = fails(judged, "unauthenticated")
    assert "does not fit" in problem.text and shown("BADSIG|has been manipulated", problem.evidence)
    signed.write_text(text)
    goes_on(judged)


def test_packages_that_nobody_vouches_for(judged: Tree, keys: Keys) -> None:
    """The source was allowed to be unsigned: its lists are read, and nothing is installed from it unasked."""
    (judged.folder / "etc/apt/sources.list").write_text(SOURCE.replace("deb", "deb [allow-insecure=yes]"))
    problem = fails(judged, "unauthenticated")
    assert shown("packages cannot be authenticated", problem.evidence)
    assert shown("^E: There were unauthenticated packages", problem.evidence)
    keys.make("pool", time.time() - DAY)
    keys.sign(judged.pool, "pool")
    ring(judged).write_bytes(keys.public("pool"))
    assert judged.run("apt-get", "-q", "update").ok()
    goes_on(judged)


# --- the clock


def test_a_clock_that_is_behind_the_signature(judged: Tree, keys: Keys) -> None:
    """gpgv does not mind, and apt then says that the lists are not valid yet; sqv says it of the signature itself."""
    later = time.time() + 5 * 3600
    keys.make("pool", time.time() - DAY)
    ring(judged).write_bytes(keys.public("pool"))
    pool.index(judged.pool, dated=later)
    keys.sign(judged.pool, "pool", at=later)
    assert shown(r"is not valid yet|Not live until \d", fails(judged, "clock").evidence)
    date = judged.folder / "local/bin/date"
    date.write_text('#!/bin/sh\n[ "$1" = -s ] && /usr/bin/date -d "$2" +%s >/srv/told/date\n')
    date.chmod(0o755)

    def set_right(argv: tuple[str, ...]) -> None:
        if argv[0] == "date":  # it sets no clock here: the mirror's lists become those of now
            pool.index(judged.pool)
            keys.sign(judged.pool, "pool")

    judged.before = set_right
    mended(judged)
    assert -1 <= int((judged.folder / "srv/told/date").read_text()) - later < 120, "apt takes them then"
    goes_on(judged)


def test_a_clock_that_is_ahead(judged: Tree, keys: Keys) -> None:
    """By it the lists ended three hours ago; nothing tells that from a mirror that stands still, so both are said."""
    keys.make("pool", time.time() - 30 * DAY)
    ring(judged).write_bytes(keys.public("pool"))
    pool.index(judged.pool, dated=time.time() - 7 * DAY, until=time.time() - 3 * 3600)
    keys.sign(judged.pool, "pool", at=time.time() - 7 * DAY)
    problem = fails(judged, "lists-expired")
    assert shown(r"is expired \(invalid since 3h 0min", problem.evidence)
    assert "the clock is ahead" in problem.text and problem.hint.startswith("See date first")
    assert not problem.remedy, "whether it is the clock only somebody else's clock can tell"
    pool.index(judged.pool, until=time.time() + 7 * DAY)  # in place of a clock that was set
    keys.sign(judged.pool, "pool")
    goes_on(judged)
