"""What ssh and its tools print, understood; and the options that old servers need. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from typing import Literal

Kind = Literal["unreachable", "host-key", "refused", "algorithms", "failed"]

_SAID: dict[Kind, tuple[str, ...]] = {
    "algorithms": ("Unable to negotiate with", "Invalid key length"),
    "host-key": ("Host key verification failed", "host key is known", "HOST IDENTIFICATION HAS CHANGED"),
    "refused": ("Permission denied", "Too many authentication failures", "no more authentication methods"),
    "unreachable": (
        "Connection refused",
        "No route to host",
        "timed out",
        "is unreachable",
        "Could not resolve hostname",
        "Connection closed by",
        "Connection reset by",
        "open failed: connect failed",
    ),
}
_OPTIONS = (
    (r"diffie-hellman-[a-z0-9-]+", ("KexAlgorithms",)),
    (r"ssh-(?:rsa|dss)", ("HostKeyAlgorithms", "PubkeyAcceptedAlgorithms")),
    (r"[a-z0-9]+-cbc|arcfour\d*", ("Ciphers",)),
    (r"hmac-[a-z0-9-]+", ("MACs",)),
)
"""Which of ssh's options takes which names."""
OLD = (
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group1-sha1",
    "ssh-rsa",
    "ssh-dss",
    "aes256-cbc",
    "aes128-cbc",
    "3des-cbc",
    "hmac-sha1",
    "hmac-md5",
)
"""What today's ssh still knows but does not use unless told so; the better ones first."""
SHORT_KEY = "rsa-1024"
"""Stands for RSA keys of 1024 bits, as OpenSSH wrote before 2011."""


def fingerprint(key: str) -> str:
    """The fingerprint of a public key in base64, as ssh writes it: "SHA256:..."; empty: that is no key."""
    try:
        digest = hashlib.sha256(base64.b64decode(key, validate=True)).digest()
    except (binascii.Error, ValueError):
        return ""
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def parse_keys(text: str) -> tuple[tuple[str, str], ...]:
    """(fingerprint, known_hosts line) of what ssh-keyscan printed, or ssh wrote."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found = ((fingerprint(line.split()[2]), line) for line in lines if len(line.split()) >= 3)
    return tuple((print_, line) for print_, line in found if print_)


def login_failure(words: tuple[str, ...]) -> Kind:
    """The kind of `LoginError` that ssh's words mean."""
    text = "\n".join(words)
    kinds = (kind for kind, signs in _SAID.items() if any(sign in text for sign in signs))
    return next(kinds, "failed")


def wanted(words: tuple[str, ...]) -> str:
    """The old algorithm that would let ssh go on; empty: none is known. An example of such words: `Unable to negotiate
    with 10.0.0.5 port 22: no matching host key type found. Their offer: ssh-rsa,ssh-dss`."""
    text = "\n".join(words)
    if "Invalid key length" in text:
        return SHORT_KEY
    offered = re.findall(r"Their offer: (\S+)", text)
    return next((name for name in OLD for offer in offered if name in offer.split(",")), "")


def check_allowed(names: tuple[str, ...]) -> None:
    """Raises ValueError for what is no name of an algorithm that ssh could be allowed."""
    for name in names:
        if name != SHORT_KEY and not any(re.fullmatch(pattern, name) for pattern, _ in _OPTIONS):
            raise ValueError(f"{name!r} is no algorithm that ssh could be allowed: {', '.join((*OLD, SHORT_KEY))}")


def allowing(names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The options, with their values, that allow these algorithms beside the usual ones."""
    for pattern, options in _OPTIONS:
        if chosen := [name for name in names if re.fullmatch(pattern, name)]:
            yield from ((option, f"+{','.join(chosen)}") for option in options)
    if SHORT_KEY in names:
        yield "RequiredRSASize", "1024"
