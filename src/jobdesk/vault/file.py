"""Secrets in an encrypted file of the home, ``secrets.enc``; the key lies elsewhere.

What it protects: whoever gets the home alone (a copy, a backup, an export, a disk of its
own) can't read them. What it doesn't: whoever may read all files of this account has the
key as well. That is why a keyring, which the login unlocks, is taken where there is one.

The file is JSON: a version, the name of its key, and one Fernet token (AES-128-CBC with
HMAC-SHA256) that holds names and values.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from jobdesk.domain.errors import Unavailable

KEY_VARIABLE = "JOBDESK_VAULT_KEY"
"""Names the file of the key, for where the usual folder doesn't last, as in a container."""
_PATIENCE = 10.0
_VERSION = 1


class FileVault:
    """The file of one home; made with the first secret."""

    def __init__(self, home: Path) -> None:
        self._path = home / "secrets.enc"
        self._lock_path = home / "secrets.lock"

    def describe(self) -> str:
        return f"an encrypted file ({self._path})"

    def exists(self) -> bool:
        return self._path.exists()

    def read(self) -> dict[str, str]:
        """All secrets; empty where there is no file."""
        with self._explained():
            head = self._head()
        return {} if head is None else self._decrypted(head)

    def change(self, values: Mapping[str, str | None]) -> None:
        """Set those with a value, forget the others."""
        with self._explained(), self._locked():
            head = self._head()
            content = {} if head is None else self._decrypted(head)
            changed = {n: v for n, v in {**content, **values}.items() if v is not None}
            if changed == content:
                return
            name = str(head["key"]) if head is not None else secrets.token_hex(8)
            # A file without secrets needs no key, and one with them must find its own.
            token = _fernet(self._key(name, make=head is None)).encrypt(
                json.dumps(changed).encode()
            )
            document = {"version": _VERSION, "key": name, "data": token.decode()}
            _replace(self._path, json.dumps(document).encode())

    def _head(self) -> dict[str, Any] | None:
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            head = json.loads(text)
            if head["version"] == _VERSION and isinstance(head["data"], str):
                return {"key": str(head["key"]), "data": head["data"]}
        except (ValueError, KeyError, TypeError):
            pass
        raise Unavailable(f"{self._path} makes no sense to this JobDesk. {self._way_out()}")

    def _decrypted(self, head: Mapping[str, Any]) -> dict[str, str]:
        from cryptography.fernet import InvalidToken

        key = self._key(head["key"], make=False)
        try:
            content = json.loads(_fernet(key).decrypt(head["data"]))
        except (InvalidToken, ValueError):
            found = self._key_path(head["key"])
            raise Unavailable(
                f"{self._path} can't be read with the key in {found}. {self._way_out()}"
            ) from None
        return {str(name): str(value) for name, value in content.items()}

    def _key(self, name: str, *, make: bool) -> bytes:
        path = self._key_path(name)
        try:
            return path.read_bytes().strip()
        except FileNotFoundError:
            if not make:
                raise Unavailable(
                    f"the key of {self._path} is not there: {path}. {self._way_out()}"
                ) from None
        from cryptography.fernet import Fernet

        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = Fernet.generate_key()
        _replace(path, key + b"\n")
        return key

    def _key_path(self, name: str) -> Path:
        named = os.environ.get(KEY_VARIABLE, "").strip()
        if named:
            return Path(named).expanduser().absolute()
        from platformdirs import user_config_dir

        # A folder of its own: on some systems the config folder is the home's, too.
        return Path(user_config_dir("jobdesk-keys", appauthor=False)) / f"{Path(name).name}.key"

    def _way_out(self) -> str:
        return (
            "Put the key back that belongs to it, or move the file away and set the secrets"
            " anew with `jobdesk secret set`"
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = error.filename or self._path
            raise Unavailable(
                f"secrets can't be kept in a file: {where}: {error.strerror or error}"
            ) from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time: the file is read, changed and replaced as a whole."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        opened = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(opened, "r+b") as file:
            deadline = time.monotonic() + _PATIENCE
            while not _try_lock(file):
                if time.monotonic() >= deadline:
                    raise Unavailable(f"another program keeps {self._lock_path} locked")
                time.sleep(0.01)
            yield  # closing it lets go of the lock


def _fernet(key: bytes) -> Any:
    from cryptography.fernet import Fernet  # late: few need it

    try:
        return Fernet(key)
    except ValueError:
        raise Unavailable("the file that should hold a vault's key holds none") from None


def _replace(path: Path, data: bytes) -> None:
    """Write a file that only we may read, at once and as a whole, and on the disk."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink()
        raise


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        file.seek(0)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
