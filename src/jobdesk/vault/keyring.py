"""The keyring of the system: Secret Service, Keychain, Credential Manager, KWallet.

It belongs to another program, which may ask the person at the desk to unlock it, or not
answer at all; so it is only ever talked to in a thread of its own, and not for ever.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from jobdesk.domain.errors import Unavailable

LOOK_PATIENCE = 3.0
"""Seconds to find out whether there is a keyring."""
PATIENCE = 30.0
"""Seconds for an answer: somebody may have to type a password."""
_MOST_ON_WINDOWS = 1_200
"""Characters that the Credential Manager takes (2,560 bytes of UTF-16), less a margin."""
_HELP = (
    "Unlock the keyring, or set JOBDESK_VAULT=file for the engine and whoever sets secrets,"
    " and set them anew: then they are in an encrypted file"
)

T = TypeVar("T")


class KeyringVault:
    """Secrets in a backend of ``keyring``, under one service name."""

    def __init__(self, backend: Any, service: str, patience: float = PATIENCE) -> None:
        self._backend, self._service, self._patience = backend, service, patience

    def describe(self) -> str:
        kind = type(self._backend)
        return f"the system's keyring ({kind.__module__.rpartition('.')[2]})"

    def takes(self, value: str) -> bool:
        """Whether it is not too long for this system's keyring."""
        return sys.platform != "win32" or len(value) <= _MOST_ON_WINDOWS

    def get_all(self, names: Iterable[str]) -> dict[str, str]:
        wanted = list(names)

        def ask() -> dict[str, str]:
            found = {name: self._backend.get_password(self._service, name) for name in wanted}
            return {name: value for name, value in found.items() if value is not None}

        return self._call(ask)

    def set(self, name: str, value: str) -> None:
        self._call(lambda: self._backend.set_password(self._service, name, value))

    def delete(self, name: str) -> None:
        def work() -> None:
            # Its way of saying "there is none" differs by backend.
            if self._backend.get_password(self._service, name) is not None:
                self._backend.delete_password(self._service, name)

        self._call(work)

    def _call(self, work: Callable[[], T]) -> T:
        try:
            return _bounded(work, self._patience)
        except TimeoutError:
            text = f"{self.describe()} did not answer within {self._patience:g} s"
            raise Unavailable(f"{text}. {_HELP}") from None
        except Exception as error:
            # Each backend has errors of its own. Their texts name no values.
            said = " ".join(str(error).split())[:300] or type(error).__name__
            raise Unavailable(f"{self.describe()} can't be used: {said}. {_HELP}") from None


def find_keyring(
    service: str, *, insist: bool = False, patience: float = LOOK_PATIENCE
) -> KeyringVault | None:
    """This session's keyring, or None where there is none that is safe to use.

    With ``insist`` Unavailable is raised instead of None.
    """
    try:
        backend = _bounded(_safe_backend, patience)
    except TimeoutError:
        backend = None
    except Exception:
        # A backend that can't even be looked at is none.
        backend = None
    if backend is None and insist:
        raise Unavailable(
            "there is no keyring here that could be used, and JOBDESK_VAULT insists on one."
            " Unset it, and an encrypted file takes its place"
        )
    return None if backend is None else KeyringVault(backend, service)


def _safe_backend() -> Any | None:
    """What ``keyring`` recommends: neither a stand-in for none nor one that keeps plain
    text, both of which have a priority below 1."""
    import keyring  # late: it looks through everything that is installed
    from keyring.backend import KeyringBackend
    from keyring.backends.chainer import ChainerBackend
    from keyring.backends.fail import Keyring as Nothing

    backend = keyring.get_keyring()
    if isinstance(backend, ChainerBackend):
        return next(iter(filter(_safe, backend.backends)), None)
    if isinstance(backend, Nothing):
        # It remembers what it found first. A session's keyring may be up only now.
        kinds = [kind for kind in KeyringBackend.get_viable_backends() if _safe(kind)]
        best = max(kinds, key=lambda kind: float(kind.priority), default=None)
        return None if best is None else best()
    return backend if _safe(backend) else None


def _safe(backend: Any) -> bool:
    """Of a backend, or a class of them."""
    kind = backend if isinstance(backend, type) else type(backend)
    stand_in = kind.__module__.rpartition(".")[2] in ("chainer", "fail", "null")
    return not stand_in and float(backend.priority) >= 1


def _bounded(work: Callable[[], T], patience: float) -> T:
    """What ``work`` returns or raises; TimeoutError if it takes longer. It isn't ended
    then: whoever hangs in another program can't be."""
    answers: list[T] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            answers.append(work())
        except BaseException as error:
            errors.append(error)
        done.set()

    threading.Thread(target=run, name="keyring", daemon=True).start()
    if not done.wait(patience):
        raise TimeoutError
    if errors:
        raise errors[0]
    return answers[0]
