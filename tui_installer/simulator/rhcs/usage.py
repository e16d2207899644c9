"""What each tool of each release understands on its command line; all else it refuses, in its own words.

The tables in `files/usage` say it, with the source of that version beside each: nothing is known here that no source
shows. Long options are taken only as they are written in full.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tui_installer.simulator.machine import Machine
from tui_installer.simulator.rhcs.era import era
from tui_installer.simulator.say import Answer

TABLES = Path(__file__).parent / "files" / "usage"
NEW_QUOTES = ("squeeze",)
"""Releases whose C library quotes an option that is refused on both sides: 'x', not `x'."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one tool of one release knows."""

    source: str
    """The file and version, or the sheet, that shows it."""
    options: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Each option as it is typed -> (its first spelling, "" for a switch, "=" with a value, "#" with a number, "?" with
    a value that is glued on or not there)."""
    words: tuple[str, ...] = ()
    """What may stand first among the operands; empty: anything."""
    most: int = 1 << 17
    """How many operands are taken."""
    least: int = 0
    modes: Mapping[str, str] = field(default_factory=dict)
    """Of iscsiadm: which letters each value of -m goes with."""
    first: bool = False
    """Options end at the first operand: what comes behind is another command's."""
    silent: bool = False
    """getopt itself says nothing (":" at the beginning of its string)."""
    says: str = ""
    """What follows when an option is refused, with {tool}, {word} and {letter}."""
    unknown: str = ""
    """What is said to a first operand that is none of `words`."""
    code: int = 1
    output: bool = False
    """Whether it is said on stdout."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command line as the tool takes it apart."""

    given: tuple[str, ...]
    """First spellings of its options."""
    values: Mapping[str, str]
    operands: tuple[str, ...]
    wrong: str = ""
    """The option that is unknown, or lacks its value; empty: none."""
    lacks: bool = False


@cache
def usages() -> Mapping[tuple[str, str], Usage]:
    """By release and tool."""
    found: dict[tuple[str, str], Usage] = {}
    for path in sorted(TABLES.glob("*.toml")):
        for entry in tomllib.loads(path.read_text())["usage"]:
            tools, releases = entry.pop("tools").split(), entry.pop("releases").split()
            found |= {(release, tool): _usage(entry) for release in releases for tool in tools}
    return found


def _usage(entry: Mapping[str, Any]) -> Usage:
    named: dict[str, tuple[str, str]] = {}
    for group in entry.get("options", "").split():
        kind = group[-1] if group[-1] in "=#?" and group != "-?" else ""
        names = group.removesuffix(kind).split(",")
        named |= {name: (names[0], kind) for name in names}
    words = tuple(entry.get("words", "").split())
    plain = {key: value for key, value in entry.items() if key not in ("options", "words")}
    return Usage(**plain, options=named, words=words)


def of(host: Machine, argv: tuple[str, ...]) -> Usage:
    """What the tool of a command line knows on a host. Raises KeyError."""
    return usages()[era(host).name, argv[0].rsplit("/", 1)[-1]]


def parsed(usage: Usage, words: tuple[str, ...]) -> Parsed:
    """Take the words behind a tool's name apart, as getopt_long(3) does."""
    given: list[str] = []
    values: dict[str, str] = {}
    operands: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--" or (usage.first and not word.startswith("-")):
            operands += left if word == "--" else [word, *left]
            break
        if word.startswith("-") and word != "-":
            wrong, lacks = _option(usage, word, left, given, values)
            if wrong:
                return Parsed(tuple(given), values, tuple(operands), wrong, lacks)
        else:
            operands.append(word)
    return Parsed(tuple(given), values, tuple(operands))


def _option(usage: Usage, word: str, left: list[str], given: list[str], values: dict[str, str]) -> tuple[str, bool]:
    """Take one word of options, and from `left` the value of its last: (what is wrong, whether it lacks a value)."""
    for name, glued, more in _pieces(usage, word):
        if name not in usage.options or (glued and not usage.options[name][1] and not more):
            return name, False
        known, kind = usage.options[name]
        given.append(known)
        if kind in ("=", "#") and not glued and not left:
            return name, True
        if kind:
            values[known] = glued or (left.pop(0) if kind != "?" else "")
    return "", False


def _pieces(usage: Usage, word: str) -> Iterator[tuple[str, str, bool]]:
    """(option, value that is glued to it, whether letters follow) of a word: --name=value, -name, or letters."""
    if word.startswith("--"):
        name, _, value = word.partition("=")
        yield name, value, False
        return
    if word in usage.options:  # tools with options of one dash: -verbose
        yield word, "", False
        return
    for at, letter in enumerate(word[1:], 2):
        takes = usage.options.get(f"-{letter}", ("", ""))[1]
        yield f"-{letter}", word[at:] if takes else "", not takes
        if takes:
            return


def _refused(release: str, argv: tuple[str, ...]) -> str:
    """Why a command line is refused before the tool looks at what its options say."""
    usage = usages().get((release, argv[0].rsplit("/", 1)[-1]))
    if usage is None:
        return "no source says what this tool knows"
    found = parsed(usage, argv[1:])
    if found.wrong:
        return f"{found.wrong} lacks its value" if found.lacks else f"{found.wrong} is unknown"
    if usage.words and found.operands and found.operands[0] not in usage.words:
        return f"{found.operands[0]} is unknown"
    if not usage.least <= len(found.operands) <= usage.most:
        return f"{len(found.operands)} operands"
    if odd := _stray(usage, found):
        return f"{odd} does not go with -m {found.values['-m']}"
    return ""


def verdict(release: str, argv: tuple[str, ...]) -> str:
    """Why a command line is not understood; empty: it is."""
    if reason := _refused(release, argv):
        return reason
    usage = usages()[release, argv[0].rsplit("/", 1)[-1]]
    numbers = {known for known, kind in usage.options.values() if kind == "#"}
    values = parsed(usage, argv[1:]).values
    odd = next((name for name in values if name in numbers and not values[name].isdigit()), "")
    return f"{odd} wants a number, not {values[odd]}" if odd else ""


def _stray(usage: Usage, found: Parsed) -> str:
    """An option that does not go with the mode."""
    letters = usage.modes.get(found.values.get("-m", ""), "")
    return next((name for name in found.given if letters and name[1:] not in letters), "")


def refusal(host: Machine, argv: tuple[str, ...]) -> Answer | None:
    """What a tool answers to a command line that it does not understand; None: it does, or no table speaks of it."""
    tool = argv[0].rsplit("/", 1)[-1]
    usage = usages().get((era(host).name, tool))
    if usage is None or not _refused(era(host).name, argv):
        return None
    found = parsed(usage, argv[1:])
    text = ""
    if found.wrong:
        text = ("" if usage.silent else _getopt(host, argv[0], found)) + _filled(usage.says, argv[0], found.wrong)
    elif usage.words and found.operands and found.operands[0] not in usage.words:
        text = _filled(usage.unknown or usage.says, argv[0], found.operands[0])
    elif odd := _stray(usage, found):
        mode, or_ = found.values["-m"], " or " if found.values["-m"] == "session" else "/"
        text = f"iscsiadm: {mode} mode: option '{odd}' is not allowed{or_}supported\n"
    else:
        text = _filled(usage.says, argv[0], "")
    return (usage.code, text, "") if usage.output else (usage.code, "", text)


def _filled(text: str, name: str, word: str) -> str:
    tool = name.rsplit("/", 1)[-1]
    return text.replace("{name}", name).replace("{tool}", tool).replace("{word}", word).replace("{letter}", word[1:2])


def _getopt(host: Machine, name: str, found: Parsed) -> str:
    """glibc's own line: 2.3 and 2.7 quote as `this', 2.11 as 'this', letters likewise."""
    new, word = era(host).name in NEW_QUOTES, found.wrong
    letter = f"'{word[1:2]}'" if new else word[1:2]
    if word.startswith("--"):
        quoted = f"'{word}'" if new else f"`{word}'"
        return (
            f"{name}: option {quoted} requires an argument\n"
            if found.lacks
            else f"{name}: unrecognized option {quoted}\n"
        )
    if found.lacks:
        return f"{name}: option requires an argument -- {letter}\n"
    return f"{name}: invalid option -- {letter}\n"
