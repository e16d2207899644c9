"""dlm.conf(5) as dlm_controld 4.x reads it: how nodes are fenced, and its settings; edits that touch nothing else.

Source: dlm_controld/fence_config.c and config.c of 4.x. A section begins with a `device` line and ends with an empty
line, one that begins with a blank, or the file. Within it only comments, `connect DEVICE node=N ...` of that device
and `unfence DEVICE` may stand; anything else, also the next `device`, and *no* node is fenced by this file. A `connect`
outside a section is passed over. Devices of one name before a colon that follow each other must all succeed; else they
are tried in their order. `fence_all` before the first device that has the node stands for all nodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tui_installer.formats.fencing import FenceDevice, FenceUse, Method, is_secret
from tui_installer.formats.text import FormatError, confirm, decode, encode, insert, split_lines

MOST = 4
"""Devices of a node (FENCE_CONFIG_DEVS_MAX); one more is written over other memory."""
DEFAULT = "dlm_stonith"
"""The agent of a node that has none in the file (cmdline default of `fence_all`). It hands on to Pacemaker."""


@dataclass(frozen=True, slots=True)
class DlmConf:
    """What dlm.conf says."""

    devices: tuple[FenceDevice, ...] = ()
    nodes: Mapping[int, tuple[Method, ...]] = field(default_factory=dict)
    """Node id -> what fences it, in order."""
    fence_all: str = ""
    """The agent that fences every node; empty: there is none."""
    unfence: tuple[str, ...] = ()
    """Devices with which a node unfences itself when dlm starts there."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Those of the command line's options that are written: "enable_fencing" -> "0"."""
    refused: str = ""
    """Why dlm_controld takes no fencing from it, with the line; empty: it does."""

    @property
    def enabled(self) -> bool:
        """Whether the file leaves fencing on."""
        return self.settings.get("enable_fencing", "1") != "0"


@dataclass
class _Section:
    """A device and its lines, by their numbers from 0."""

    device: FenceDevice
    start: int
    connects: dict[int, FenceUse] = field(default_factory=dict)
    unfence: bool = False
    last: int = 0
    """Its last `connect`, or the device's own line."""
    end: int = 0
    """Its last line."""


def parse(content: bytes) -> DlmConf:
    """What dlm_controld makes of the file; it refuses none as a whole."""
    lines = [line.removesuffix("\n") for line in split_lines(decode(content))]
    settings = {match[1]: match[2] for line in lines if (match := re.match(r"(\w+)[ \t]*=[ \t]*(\S+)", line))}
    agent = next((words[1] for line in lines if len(words := line.split()) > 1 and line.startswith("fence_all")), "")
    try:
        found = list(_sections(lines))
    except FormatError as error:
        return DlmConf(settings=settings, refused=str(error))
    ids = sorted({nodeid for section in found for nodeid in section.connects})
    full = [nodeid for nodeid in ids if sum(nodeid in section.connects for section in found) > MOST]
    return DlmConf(
        devices=tuple(section.device for section in found),
        nodes={nodeid: tuple(_methods(found, nodeid)) for nodeid in ids},
        fence_all=agent,
        unfence=tuple(section.device.name for section in found if section.unfence),
        settings=settings,
        refused=f"node {full[0]} has more than {MOST} devices" if full else "",
    )


def _sections(lines: list[str]) -> Iterator[_Section]:
    current: _Section | None = None
    for at, line in enumerate(lines):
        if current is None or line == "" or line.startswith(" "):
            if current is not None:
                yield current
            current = _begun(at, line) if line.startswith("device") else None
        elif not line.startswith("#"):
            _line(current, at, line)
    if current is not None:
        yield current


def _begun(at: int, line: str) -> _Section:
    words = line.split()
    if len(words) < 3:
        raise FormatError(at + 1, f"found {line!r}; device NAME AGENT ... is accepted")
    pairs = tuple(_pairs(words[3:]))
    settings = tuple(pair for pair in pairs if not is_secret(pair[0]))
    secrets = tuple(pair for pair in pairs if is_secret(pair[0]))
    return _Section(FenceDevice(words[1], words[2], settings, secrets), at, last=at, end=at)


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        key, _, value = word.partition("=")
        yield key, value


def _line(section: _Section, at: int, line: str) -> None:
    words, name = line.split(), section.device.name
    section.end = at
    if line.startswith("unfence") and name in line:
        section.unfence = True
        return
    pairs = tuple(_pairs(words[2:]))
    nodeid = dict(pairs).get("node", "")
    if not line.startswith("connect") or words[1:2] != [name] or not nodeid.isdigit():
        raise FormatError(at + 1, f"found {words[:2]}; within the section of {name}: connect {name} node=N ...")
    use = FenceUse(name, tuple(pair for pair in pairs if pair[0] != "node"))
    section.connects.setdefault(int(nodeid), use)
    section.last = at


def _methods(found: list[_Section], nodeid: int) -> Iterator[Method]:
    """Parallel devices are one method: two that follow each other, of one name before the colon."""
    uses = [section.connects[nodeid] for section in found if nodeid in section.connects]
    while uses:
        base, colon, _ = uses[0].device.partition(":")
        alike = [uses.pop(0)]
        while colon and uses and uses[0].device.startswith(f"{base}:"):
            alike.append(uses.pop(0))
        yield Method(base, tuple(alike))


# --- edits


def add_connect(content: bytes, use: FenceUse, nodeid: int) -> bytes:
    """`content` with a node's line in the section of a device that is there, after the last one of its kind.

    Raises `FormatError`.
    """
    text = decode(content)
    section = next((each for each in _read(text) if each.device.name == use.device), None)
    if section is None:
        raise FormatError(0, f"there is no device {use.device}")
    if nodeid in section.connects:
        raise FormatError(section.last + 1, f"node {nodeid} is connected to {use.device} already")
    result = encode(insert(text, section.last + 1, [_connect(use, nodeid)]))
    return _confirmed(content, result, use, nodeid)


def add_device(content: bytes, device: FenceDevice, use: FenceUse, nodeid: int, behind: str = "") -> bytes:
    """`content` with a section for one more device, behind that of another (empty: the last one), with one node.

    Raises `FormatError`.
    """
    text = decode(content)
    found = _read(text)
    if device.name in [each.device.name for each in found]:
        raise FormatError(0, f"there is a device {device.name} already")
    at = next((each.end for each in found if each.device.name == behind), None)
    words = ["device ", device.name, device.agent, *map(_word, (*device.settings, *device.secrets))]
    section = ["", " ".join(words), _connect(use, nodeid)]
    count = len(split_lines(text))
    result = encode(insert(text, count if at is None else at + 1, section if text else section[1:]))
    if device not in parse(result).devices:
        raise FormatError(0, f"the device {device.name} would not read as it is meant; this file can't hold it")
    return _confirmed(content, result, use, nodeid)


def remove_node(content: bytes, nodeid: int) -> bytes:
    """`content` without a node's lines, nor the devices that it alone was connected to. Raises `FormatError`."""
    lines = split_lines(decode(content))
    gone: set[int] = set()
    for section in _read(decode(content)):
        if set(section.connects) == {nodeid}:
            gone |= set(range(section.start, section.end + 1))
            gone |= {section.start - 1} if section.start and not lines[section.start - 1].strip() else set()
        elif nodeid in section.connects:
            pattern = rf"connect\s+\S+\s(?:.*\s)?node={nodeid}(?:\s|$)"
            gone |= {at for at in range(section.start, section.end + 1) if re.match(pattern, lines[at])}
    result = encode("".join(line for at, line in enumerate(lines) if at not in gone))
    wanted = {each: methods for each, methods in parse(content).nodes.items() if each != nodeid}
    confirm(parse(result).nodes, wanted, "what is left")
    return result


def _read(text: str) -> list[_Section]:
    return list(_sections([line.removesuffix("\n") for line in split_lines(text)]))


def _connect(use: FenceUse, nodeid: int) -> str:
    return " ".join(["connect", use.device, f"node={nodeid}", *map(_word, use.attributes)])


def _word(pair: tuple[str, str]) -> str:
    word = f"{pair[0]}={pair[1]}"
    if not re.fullmatch(r"[!-~]+", word) or not pair[0]:
        raise FormatError(0, f"{pair[0]} has blanks or other than ASCII letters, which dlm.conf cannot hold")
    return word


def _confirmed(before: bytes, result: bytes, use: FenceUse, nodeid: int) -> bytes:
    """The new line is there, and nothing else has changed."""
    old, new = parse(before), parse(result)
    uses = [each for method in new.nodes.get(nodeid, ()) for each in method.devices]
    confirm(use in uses, True, "the new line")
    others = (each for each in {*old.nodes, *new.nodes} if each != nodeid)
    confirm(all(old.nodes.get(each) == new.nodes.get(each) for each in others), True, "that nothing else has changed")
    return result
