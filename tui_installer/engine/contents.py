"""Contents of files by their hash, without the secrets in them: what plans and journal name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from tui_installer.engine.files import StateError
from tui_installer.engine.remembered import Remembered
from tui_installer.engine.vault import Sealed, sealed
from tui_installer.model.masks import Mask


class Contents(Remembered):
    """The `Blobs` of plans and journal."""

    def put(self, content: bytes, mask: Mask = "") -> str:
        """See `Blobs.put`. A name is the SHA-256 of what is kept: it says whether that is still the same."""
        without = self._vault.seal(content, mask, (each.encode() for each in self.typed()))
        kept = content if without is None else without.to_bytes()
        name = ("" if without is None else "sealed-") + hashlib.sha256(kept).hexdigest()
        path = self.folder / "blobs" / name
        if not path.exists():
            self.files.save(path, kept)
        return name

    def get(self, name: str) -> bytes:
        """See `Blobs.get`. Raises `Forgotten` if a secret in it is not known any more."""
        without = self.sealed(name)
        return self._kept(name) if without is None else self._vault.open(without)

    def sealed(self, name: str) -> Sealed | None:
        """The content of that name as it is kept; None: it has no secrets. Raises KeyError if it is gone."""
        if not name.startswith("sealed-"):
            return None
        if (found := sealed(self._kept(name))) is None:
            raise KeyError(name)
        return found

    def _kept(self, name: str) -> bytes:
        found = None
        if re.fullmatch("(sealed-)?[0-9a-f]{64}", name):
            try:
                found = self.files.read(self.folder / "blobs" / name)
            except StateError as error:
                if error.problem.code != "state.foreign":
                    raise
                self.pass_over(str(error))
        if found is None or hashlib.sha256(found).hexdigest() != name.removeprefix("sealed-"):
            raise KeyError(name)
        return found

    def guesses(self, name: str) -> bool:
        """Whether a secret in the content of that name is not known but for a guess. Raises KeyError."""
        without = self.sealed(name)
        return without is not None and self._vault.guesses(without)

    def learn(self, found: Mapping[str, bytes], *, guessed: bool = False) -> bool:
        """See `Vault.learn`."""
        return self._vault.learn(found, guessed=guessed)
