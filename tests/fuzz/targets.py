"""All that reads or edits text from outside: found by what it takes, so that none is forgotten."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, get_type_hints

import tui_installer.formats
import tui_installer.probes
from screens.terminal.keys import Keyboard
from screens.terminal.paste import Pastes
from tests.formats.corpus import READERS
from tests.formats.test_corpus import EDITS
from tui_installer.engine import entries, state, vault
from tui_installer.formats.text import FormatError
from tui_installer.hosts import ssh_files, ssh_messages
from tui_installer.hosts.host import File, HostError, Result
from tui_installer.model import masks, text
from tui_installer.model.answers import AnswersError
from tui_installer.model.change import Edit, WriteFiles, show

TOLD = frozenset({"formats.xml_text.scan"})
"""Are given only what another one has accepted."""
OWN = (FormatError, HostError, AnswersError)
"""What may be raised."""
Target = Callable[[bytes], object]


def targets() -> dict[str, Target]:
    """By name."""
    found = {f"reader {family}": reader for family, reader in READERS.items()}
    found |= {f"edit {family}": edit for family, edit in EDITS.items()}
    for package in (tui_installer.probes, tui_installer.formats):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            found |= dict(_of(importlib.import_module(info.name)))
    return {name: target for name, target in {**found, **_others()}.items() if name not in TOLD}


def _of(module: ModuleType) -> Iterator[tuple[str, Target]]:
    """The module's functions that take one text, as str, bytes or the result of a command."""
    for name, function in inspect.getmembers(module, inspect.isfunction):
        if name.startswith("_") or function.__module__ != module.__name__:
            continue
        parameters = list(inspect.signature(function).parameters.values())
        needed = [each for each in parameters if each.default is each.empty and each.kind is not each.VAR_POSITIONAL]
        if len(needed) == 1 and (given := _given(get_type_hints(function).get(needed[0].name))):
            yield f"{module.__name__.removeprefix('tui_installer.')}.{name}", _call(function, given)


def _given(kind: object) -> Callable[[bytes], Any] | None:
    if kind is bytes:
        return bytes
    if kind is str:
        return lambda content: content.decode("utf-8", "surrogateescape")
    if kind is Result:
        return _result
    return (lambda content: File(content)) if kind in (File, File | None) else None


def _result(content: bytes) -> Result:
    said = content.decode("utf-8", "surrogateescape")
    return Result(("tool",), "exited", 0, said, said[:200])


def _call(function: Callable[..., Any], given: Callable[[bytes], Any]) -> Target:
    def call(content: bytes) -> object:
        said = function(given(content))
        return list(said) if inspect.isgenerator(said) else said

    return call


def _others() -> dict[str, Target]:
    """What is typed, what is kept, what is shown, and what ssh says."""

    def shown(content: bytes) -> object:
        return [list(show(WriteFiles("x", (Edit("here", "/x", None, File(content), mask),)))) for mask in masks.MASKS]

    def typed(content: bytes) -> object:
        keyboard, pastes = Keyboard(), Pastes()
        parts = (content[at : at + 40].decode("latin-1") for at in range(0, len(content), 40))
        return [*(pastes.take(keyboard.type(part)) for part in parts), pastes.take(keyboard.give_up()), pastes.end()]

    return {
        "typed": typed,
        "journal": entries.understood,
        "blob": vault.sealed,
        "request": state.understood,
        "shown": shown,
        "printable": lambda content: text.printable(content.decode("utf-8", "surrogateescape")),
        "ssh file": lambda content: ssh_files.understand("/x", _result(content)),
        "ssh keys": lambda content: ssh_messages.parse_keys(content.decode("utf-8", "replace")),
        "ssh links": lambda content: ssh_files.links(*[content.decode("utf-8", "surrogateescape")] * 3),
    }
