"""Why apt takes nothing from a source whose lists are not signed, or not in a way that it trusts.

Words: apt's methods/gpgv.cc and apt-pkg/acquire-item.cc up to Debian 12; since Debian 13 those of sqv, which
methods/sqv.cc asks in place of gpgv. To sqv a key has expired that had when the signature was made, to gpgv one that
has by now; a key that is missing sqv names by its fingerprint, where there is any keyring at all.
"""

from __future__ import annotations

from tui_installer.model.diagnosis import Cause

_RIGHT = "Is that source right (/etc/apt/sources.list, sources.list.d)?"

SIGNATURES = (
    Cause(
        "packages.key-expired",
        r"KEYEXPIRED|EXPKEYSIG|REVKEYSIG|because: Expired on |certificate is revoked",
        "The key that signs the mirror's lists has expired or was revoked.",
        "Is the clock right? Then install a newer debian-archive-keyring (its .deb from a trusted place), or use a "
        "mirror whose key is known. Then plan again.",
    ),
    Cause(
        "packages.key-missing",
        r"NO_PUBKEY (?P<key>[0-9A-F]+)|Missing key (?P<print>[0-9A-F]+)|"
        r"public key is not available(?!: NO_PUBKEY)|no keyring is specified",
        "apt does not know the key {key}{print} that signs a source: it takes nothing from there.",
        f"{_RIGHT} Debian's own keys: debian-archive-keyring. "
        "Others come from who runs the source: compare the fingerprint. Then plan again.",
    ),
    Cause(
        "packages.unauthenticated",
        r"cannot be authenticated|-y was used without --(?:force-yes|allow-unauthenticated)|unauthenticated packages",
        "apt cannot tell whether these packages are the release's own: it does not install them unasked.",
        "Install debian-archive-keyring by hand, then apt-get update. It is never forced from here.",
    ),
    Cause(
        "packages.unauthenticated",
        r"BADSIG|Message has been manipulated|signatures were invalid",
        "The signature of a source does not fit its lists: apt takes nothing from there.",
        "A mirror that is just being updated, a proxy that keeps old files (/etc/apt/apt.conf.d), or somebody in "
        "between: wait, or choose another mirror. It is never forced from here. Then plan again.",
    ),
    Cause(
        "packages.unauthenticated",
        r"The repository '(?P<what>[^'\n]+)' is (?:not|no longer) signed",
        "The source {what} is not signed, or not in a way that apt trusts: it takes nothing from there.",
        f"{_RIGHT} Debian's mirrors are signed: choose one of them, or have whoever runs it sign it. "
        "It is never forced from here. Then plan again.",
    ),
)
