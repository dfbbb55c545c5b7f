"""The vault of a home: the system's keyring, or an encrypted file where there is none."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

from jobdesk.domain.errors import InvalidInput
from jobdesk.vault.file import FileVault
from jobdesk.vault.keyring import KeyringVault, find_keyring

VARIABLE = "JOBDESK_VAULT"
_LOOK_AGAIN = 30.0
"""Seconds until a keyring is looked for again where there was none."""


class Place(StrEnum):
    """Which vault has a secret."""

    KEYRING = "keyring"
    FILE = "file"


class Vault:
    """Keeps secrets by name; may be used from any thread.

    New ones go to the keyring if this session has one, else to the file; a name is only
    ever in one of them. ``JOBDESK_VAULT`` (``keyring`` or ``file``) insists on one. All
    methods raise Unavailable, with what helps, where the vault can't be used.
    """

    def __init__(self, home: Path, forced: Place | None) -> None:
        self._file = FileVault(home)
        # By its real path: people come to a home by several.
        self._service = f"JobDesk ({os.path.realpath(home)})"
        self._forced = forced
        self._looking = threading.Lock()
        self._found: KeyringVault | None = None
        self._none_until = 0.0

    @classmethod
    def open(cls, home: Path, environ: Mapping[str, str] | None = None) -> Vault:
        """The vault of a home. Costs nothing: it is looked for when first asked.

        Raises InvalidInput for a ``JOBDESK_VAULT`` that makes no sense.
        """
        named = (os.environ if environ is None else environ).get(VARIABLE, "").strip().lower()
        if named not in ("", *Place):
            raise InvalidInput(VARIABLE, named, f"one of {', '.join(Place)}")
        return cls(home, Place(named) if named else None)

    @property
    def place(self) -> Place:
        """Where a new secret goes."""
        return Place.FILE if self._keyring() is None else Place.KEYRING

    def describe(self) -> str:
        """Where a new secret goes, in words."""
        keyring = self._keyring()
        return self._file.describe() if keyring is None else keyring.describe()

    def get(self, name: str) -> str | None:
        """The value of a secret; None where there is none of that name."""
        return self.get_all([name]).get(name)

    def get_all(self, names: Iterable[str]) -> dict[str, str]:
        """The values of those of ``names`` that there are."""
        # The file first: it costs less, and what was put there while there was no keyring
        # is newer than what an older keyring may have.
        wanted = list(names)
        found: dict[str, str] = {}
        if self._forced is not Place.KEYRING and self._file.exists():
            content = self._file.read()
            found = {name: content[name] for name in wanted if name in content}
        left = [name for name in wanted if name not in found]
        keyring = self._keyring() if left else None
        if keyring is not None:
            found |= keyring.get_all(left)
        return found

    def set(self, name: str, value: str) -> Place:
        """Keep a secret, in place of the one of that name; where it is now."""
        keyring = self._keyring()
        if keyring is None or not keyring.takes(value):
            self._file.change({name: value})
            return Place.FILE
        keyring.set(name, value)
        if self._file.exists():
            self._file.change({name: None})
        return Place.KEYRING

    def delete(self, name: str) -> None:
        """Forget a secret, wherever it is; nothing happens where there is none."""
        if self._file.exists():
            self._file.change({name: None})
        keyring = self._keyring()
        if keyring is not None:
            keyring.delete(name)

    def _keyring(self) -> KeyringVault | None:
        """The keyring; never looked for where the file is insisted on.

        One that was found stays. Where there was none it may come up later: an engine may
        be started before the rest of the session.
        """
        if self._forced is Place.FILE:
            return None
        with self._looking:
            if self._found is None and time.monotonic() >= self._none_until:
                insist = self._forced is Place.KEYRING
                self._found = find_keyring(self._service, insist=insist)
                self._none_until = time.monotonic() + _LOOK_AGAIN
            return self._found
