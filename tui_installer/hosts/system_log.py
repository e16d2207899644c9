"""A line in the log of the system that is changed: who does what with it, and what came of it. No secret is in one."""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Mapping
from contextlib import suppress

from tui_installer.hosts.host import Host, HostError

SOCKET = "/dev/log"
"""Where syslog(3) writes; systemd-journald, rsyslogd and sysklogd listen there for datagrams."""
TAG = "tui-installer"
PRIORITY = 13
"""user.notice, as RFC 3164 numbers it; what logger(1) takes by itself."""
WITHIN = 5.0
"""Seconds that logger(1) may take on a host behind ssh."""


def here(text: str, at: str = SOCKET) -> None:
    """Tell the log of this machine. Nothing depends on it: it is not waited for, and may not be there."""
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as log:
        log.connect(at)
        log.send(f"<{PRIORITY}>{TAG}[{os.getpid()}]: {who(os.environ)}: {text}".encode("utf-8", "replace"))


def there(host: Host, text: str) -> None:
    """Tell the log of a host that is driven from here, by its logger(1): bsdutils is essential, from Debian 4 on."""
    said = f"{who(os.environ)} on {socket.gethostname()}: {text}"
    with suppress(HostError):
        host.run("logger", "-t", TAG, "--", said, within=WITHIN)


def who(environment: Mapping[str, str]) -> str:
    """As in "root (sudo by alice) from 10.0.0.9"; who became root by sudo, and where sshd says that they came from."""
    uid = os.getuid()
    with suppress(KeyError):
        name = pwd.getpwuid(uid).pw_name
        by, at = _word(environment, "SUDO_USER"), _word(environment, "SSH_CONNECTION")
        return f"{name}{f' (sudo by {by})' if by else ''}{f' from {at}' if at else ''}"
    return f"uid {uid}"


def _word(environment: Mapping[str, str], name: str) -> str:
    """The first word of a variable, if it is one that can be a name or an address."""
    first = environment.get(name, "").partition(" ")[0]
    return first if first.isascii() and first.isprintable() and len(first) < 64 else ""
