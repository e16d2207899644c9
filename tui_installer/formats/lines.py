"""Files of independent lines: kernel modules to load (/etc/modules, modules-load.d), /etc/securetty and /etc/hosts.

Sources: modules-load.d(5) (`#` and `;` begin comments; the kernel takes `-` and `_` in a name alike), securetty(5)
(a terminal a line, without /dev/), hosts(5).
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tui_installer.formats.text import FormatError, body, confirm, decode, encode, insert, one_line, split_lines


def _module(line: str) -> str:
    """The module that a line names, with `_`; "" for a comment or a blank line."""
    words = body(line).split()
    return words[0].replace("-", "_") if words and words[0][0] not in "#;" else ""


def has_module(content: bytes, name: str) -> bool:
    """Whether module `name` is on a line of the file."""
    return name.replace("-", "_") in [_module(line) for line in split_lines(decode(content))]


def add_module(content: bytes, name: str) -> bytes:
    """`content` with a line for module `name` at its end, if there is none."""
    if has_module(content, name):
        return content
    text = decode(content)
    result = encode(insert(text, len(split_lines(text)), [one_line(name, "the module")]))
    confirm(has_module(result, name), True, f"module {name}")
    return result


def _terminal(line: str) -> str:
    """The terminal that a line names; "" for a comment or a blank line."""
    return body(line).partition("#")[0].strip()


def has_tty(content: bytes, name: str) -> bool:
    """Whether root may log in on that terminal."""
    return name in [_terminal(line) for line in split_lines(decode(content))]


def add_tty(content: bytes, name: str) -> bytes:
    """`content` with a line for that terminal at its end, if there is none."""
    if has_tty(content, name):
        return content
    text = decode(content)
    result = encode(insert(text, len(split_lines(text)), [one_line(name, "the terminal")]))
    confirm(has_tty(result, name), True, f"terminal {name}")
    return result


@dataclass(frozen=True, slots=True)
class HostsLine:
    """A line of /etc/hosts: the address as written, its names (the first is the canonical one), its 1-based line."""

    address: str
    names: tuple[str, ...]
    line: int


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def hosts(content: bytes) -> tuple[HostsLine, ...]:
    """All entries in file order. FormatError at a line that is no address with a name."""
    found = []
    for number, line in enumerate(split_lines(decode(content)), 1):
        words = line.split("#")[0].split()
        if words and (len(words) < 2 or not _address(words[0])):
            raise FormatError(number, f"found {body(line)!r}; an address and at least one name is accepted")
        if words:
            found.append(HostsLine(words[0], tuple(words[1:]), number))
    return tuple(found)


def add_host(content: bytes, address: str, names: Sequence[str]) -> bytes:
    """`content` in which `address` has all of `names`, what it had before first.

    They are added to its last line, else as a new line after the last one of the same family of addresses.
    Other addresses of these names are left alone.
    """
    found, text = hosts(content), decode(content)
    same = [host for host in found if _address(host.address) == _address(address)]
    known = {name for host in same for name in host.names}
    missing = [one_line(name, "the name") for name in dict.fromkeys(names) if name not in known]
    if not missing:
        return content
    lines = split_lines(text)
    if same:
        lines[same[-1].line - 1] = _with(lines[same[-1].line - 1], missing)
        text = "".join(lines)
    else:
        place = _neighbour(found, address) or len(lines)
        gap = _gap(lines[place - 1]) if lines and found else "\t"
        text = insert(text, place, [address + gap + " ".join(missing)])
    return _checked(text, address, missing)


def _checked(text: str, address: str, names: Sequence[str]) -> bytes:
    result = encode(text)
    has = {name for host in hosts(result) if _address(host.address) == _address(address) for name in host.names}
    confirm(sorted(has.intersection(names)), sorted(names), f"the names of {address}")
    return result


def _neighbour(found: Sequence[HostsLine], address: str) -> int:
    """The 1-based line of the last entry of the same family; 0 if there is none."""
    version = getattr(_address(address), "version", 0)
    return max([host.line for host in found if getattr(_address(host.address), "version", 0) == version], default=0)


def _gap(line: str) -> str:
    """What stands between address and name on a line: its one blank or tab, else a tab."""
    match = re.match(r"\s*[^\s#]+([ \t])[^\s#]", line)
    return match[1] if match else "\t"


def _with(line: str, names: Sequence[str]) -> str:
    """A line of /etc/hosts with more `names`, before its comment."""
    entry = line.split("#")[0].rstrip()
    blank = re.search(r"[^\s]([ \t])[^\s]+$", entry)
    gap = blank[1] if blank and len(entry.split()) > 2 else " "
    return entry + "".join(gap + name for name in names) + line[len(entry) :]


def remove_host(content: bytes, address: str, names: Sequence[str] = ()) -> bytes:
    """`content` in which `address` has none of `names`; () means all. A line without any name left goes whole."""
    text = _stripped(decode(content), hosts(content), address, names)
    result = encode(text)
    left = {name for host in hosts(result) if _address(host.address) == _address(address) for name in host.names}
    confirm(sorted(left.intersection(names) if names else left), [], f"the names of {address}")
    return result


def _stripped(text: str, found: Sequence[HostsLine], address: str, names: Sequence[str]) -> str:
    lines = split_lines(text)
    for host in reversed(found):
        gone = set(names or host.names).intersection(host.names)
        if _address(host.address) != _address(address) or not gone:
            continue
        line = lines[host.line - 1]
        lines[host.line - 1] = "" if gone == set(host.names) else _without(line, gone)
    return "".join(lines)


def _without(line: str, names: set[str]) -> str:
    """A line of /etc/hosts without `names`; blanks before what stays are kept."""
    entry, mark, comment = line.partition("#")
    kept = [piece for piece in re.findall(r"\s*\S+", entry) if piece.strip() not in names]
    return "".join(kept) + entry[len(entry.rstrip()) :] + mark + comment


def set_host_address(content: bytes, old_address: str, name: str, new_address: str) -> bytes:
    """`content` in which `name` has moved from `old_address` to `new_address`.

    The old line goes if no name is left on it, and a new one takes its place. The first name to be moved becomes the
    canonical one of a new line: move the full name before the short one.
    """
    found = hosts(content)
    old = [h for h in found if _address(h.address) == _address(old_address) and name in h.names]
    if not old or _address(old_address) == _address(new_address):
        return add_host(content, new_address, [name])
    text = decode(content)
    if not any(_address(host.address) == _address(new_address) for host in found):
        gap = _gap(split_lines(text)[old[-1].line - 1])
        text = insert(text, old[-1].line, [new_address + gap + one_line(name, "the name")])
    moved = add_host(encode(text), new_address, [name])
    return remove_host(moved, old_address, [name])


def off_loopback(content: bytes, name: str, address: str) -> bytes:
    """`content` in which a host's own names, which Debian's installer gives to 127.0.1.1, are at `address`."""
    short = name.split(".")[0]
    loop = [host for host in hosts(content) if host.address.startswith("127.")]
    for host in loop:
        mine = [each for each in host.names if each.split(".")[0] == short]
        for each in sorted(mine, key=lambda each: "." not in each):
            content = set_host_address(content, host.address, each, address)
    return content
