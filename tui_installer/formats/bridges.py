"""/etc/network/interfaces: a card's configuration moved to a bridge that has the card as its port.

Source: bridge-utils-interfaces(5). A bridge is brought up by `auto`: no hotplug event announces it.
"""

import re
from collections.abc import Sequence

from tui_installer.formats.interfaces import Stanza, options_of, stanzas
from tui_installer.formats.text import FormatError, body, confirm, decode, encode, insert, one_line, split_lines


def bridge_of(content: bytes, port: str) -> str:
    """The interface that has `port` among its bridge_ports; "" if there is none."""
    for stanza in stanzas(content):
        if stanza.kind == "iface" and any(key == "bridge_ports" and port in v.split() for key, v in stanza.options):
            return stanza.names[0]
    return ""


def bridged(content: bytes, card: str, bridge: str, options: Sequence[tuple[str, str]]) -> bytes:
    """`content` in which `bridge` has the stanza of `card`, with more `options` (bridge_ports among them).

    FormatError if `card` is not configured with an address by one stanza on a line of its own, or `bridge` is.
    """
    found = [stanza for stanza in stanzas(content) if stanza.kind == "iface" and card in stanza.names]
    if len(found) != 1 or not found[0].method or options_of(content, bridge):
        raise FormatError(0, f"one iface stanza of {card} and none of {bridge} is accepted")
    lines = split_lines(decode(content))
    _replace(lines, found[0].line, rf"(iface\s+){re.escape(card)}\b", rf"\g<1>{bridge}")
    for stanza in stanzas(content):
        if card in stanza.names and (stanza.kind == "auto" or stanza.kind.startswith("allow-")):
            if stanza.names != (card,):
                raise FormatError(stanza.line, f"{card} alone after {stanza.kind} is accepted")
            _replace(lines, stanza.line, rf"{stanza.kind}(\s+){re.escape(card)}\b", rf"auto\g<1>{bridge}")
    margin = _margin(lines, found[0])
    rows = [one_line(f"{margin}{key} {value}", "the option") for key, value in options]
    result = encode(insert("".join(lines), found[0].last, rows))
    confirm(options_of(result, bridge), (*found[0].options, *options), f"the options of {bridge}")
    return result


def _replace(lines: list[str], number: int, old: str, new: str) -> None:
    changed, count = re.subn(old, new, lines[number - 1], count=1)
    if not count:
        raise FormatError(number, f"found {body(lines[number - 1])!r}; the whole statement on one line is accepted")
    lines[number - 1] = changed


def _margin(lines: list[str], stanza: Stanza) -> str:
    """What stands before the stanza's last option."""
    last = lines[stanza.last - 1]
    return last[: len(last) - len(last.lstrip(" \t"))] if stanza.last > stanza.line else "    "
