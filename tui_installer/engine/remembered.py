"""What was answered, and what is not believed of what was kept: the folders of the program, and the answers in them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import tomli_w

from tui_installer.engine.attempts import start_time
from tui_installer.engine.files import VERSION, Files, FileSystem, StateError
from tui_installer.engine.vault import Vault, hidden

NUMBER = "version"
"""What the version is called in what is kept."""
_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?P<pid>[0-9]+)")
"""The name of a file that is being written (`Files.save`)."""


class Remembered:
    """The two folders, with the answers. Everything may raise `StateError`."""

    def __init__(self, folder: Path, run: Path, disk: FileSystem | None) -> None:
        """`folder` survives a reboot, `run` does not."""
        self.folder = folder
        self.run = run
        self.files = Files(disk)
        self._vault = Vault(self.files, run / "marks.json")
        self._passed_over: dict[str, None] = {}
        self._not_understood: set[Path] = set()
        for each in (folder, run, folder / "blobs", folder / "plans"):
            self.files.folder(each)
        self._sweep()

    def _sweep(self) -> None:
        """Remove what was being written when a process ended."""
        for folder in (self.folder, self.run, self.folder / "blobs", self.folder / "plans"):
            for name in self.files.names(folder):
                if (found := _TEMPORARY.fullmatch(name)) and not start_time(int(found["pid"])):
                    with suppress(StateError):  # on a disk that is read-only it stays, which is no harm
                        self.files.remove(folder / name)

    def pass_over(self, what: str) -> None:
        """Remember, in a sentence, that something was not believed."""
        self._passed_over[what] = None

    @property
    def passed_over(self) -> tuple[str, ...]:
        """All that was not believed."""
        return tuple(self._passed_over)

    def answers(self) -> dict[str, dict[str, Any]]:
        """The answers given so far, a table a step; secrets only as long as the host has not been rebooted."""
        merged: dict[str, dict[str, Any]] = {}
        for path in (self.folder / "answers.toml", self.run / "secrets.toml"):
            for section, values in self._tables(path).items():
                merged.setdefault(section, {}).update(values)
        return merged

    def secrets(self, step: str) -> dict[str, Any]:
        """Those of a step that are remembered."""
        return dict(self._tables(self.run / "secrets.toml").get(step, {}))

    def typed(self) -> frozenset[str]:
        """All secrets that were typed since the last reboot, and are remembered."""
        tables = self._tables(self.run / "secrets.toml").values()
        return frozenset(value for table in tables for value in table.values() if isinstance(value, str) and value)

    def discretion(self) -> Callable[[str], str]:
        """What leaves out of a text all secrets that are known now."""
        kept = (value.decode("utf-8", "surrogateescape") for value in self._vault.values if b"\n" not in value)
        known = {*self.typed(), *kept}
        return lambda text: hidden(text, known)

    def keep(self, step: str, answers: Mapping[str, Any], secrets: Mapping[str, Any]) -> None:
        """Remember a step's answers instead of those given before; its secrets apart, until the next reboot."""
        self._remember(self.folder / "answers.toml", step, answers)
        self._remember(self.run / "secrets.toml", step, secrets)

    def _remember(self, path: Path, step: str, values: Mapping[str, Any]) -> None:
        before = self._tables(path)
        after = {name: each for name, each in {**before, step: dict(values)}.items() if each}
        if after == before:
            return
        if path in self._not_understood:
            self._not_understood.discard(path)
            self.pass_over(f"{path} was put aside as {self.files.set_aside(path).name}.")
        self.files.save(path, tomli_w.dumps({NUMBER: VERSION, **after}).encode())

    def _tables(self, path: Path) -> dict[str, dict[str, Any]]:
        """The tables of a file of ours. One that is torn, or of a later version, is passed over."""
        content = self.files.read(path)
        try:
            found = tomllib.loads((content or b"").decode())
            version = found.pop(NUMBER, 1)
            if version not in range(1, VERSION + 1):
                raise ValueError(f"it is of version {version}, and this program knows {VERSION}")
            if odd := [name for name, value in found.items() if not isinstance(value, dict)]:
                raise ValueError(f"{odd[0]!r} is no section")
        except ValueError as error:
            self.pass_over(f"{path} is not understood ({error}): what was answered there is asked for again.")
            self._not_understood.add(path)
            return {}
        return found
