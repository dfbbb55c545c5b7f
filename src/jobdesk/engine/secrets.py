"""Secrets for attempts: filled in before anything is sent or started, masked in all that
comes back."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from jobdesk.clock import Clock
from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.log import Stream
from jobdesk.domain.mask import Mask, MaskedStream
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.secret import Unfit, names_in, resolve, secret_headers
from jobdesk.domain.settings import EngineSettings
from jobdesk.domain.shell import Shell
from jobdesk.domain.signing import CURRENT, PREVIOUS, Signer
from jobdesk.engine.runners.base import Sink
from jobdesk.store import secrets
from jobdesk.store.database import Database
from jobdesk.vault import Place, Vault

FRESH = 5.0
"""Seconds that the vault is not asked again, unless the secret was set meanwhile."""

_SHELL = Shell.WINDOWS if sys.platform == "win32" else Shell.POSIX


class NotReady(Exception):
    """Why an attempt can't begin; the verdict says it all."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.verdict = Verdict(Outcome.FAILED, reason, text)


@dataclass(frozen=True, slots=True)
class Filled:
    """An action with its secrets, which headers hold one, and what hides them again."""

    action: ScriptAction | HttpAction
    headers: frozenset[str]
    mask: Mask


class Secrets:
    """What attempts get from the vault; one for all threads of an engine."""

    def __init__(
        self,
        vault: Vault,
        database: Database,
        clock: Clock,
        settings: Callable[[], EngineSettings],
    ) -> None:
        self._vault, self._db, self._clock, self._settings = vault, database, clock, settings
        self._asking = threading.Lock()
        self._known: dict[str, tuple[int | None, float, str]] = {}
        self._failure: tuple[float, str] = (0.0, "")
        self._signs = False
        self._noticed, self._looked_at = 1, 0

    def look_again(self) -> None:
        """Somebody set or removed a secret."""
        self._noticed += 1

    def fill(self, action: ScriptAction | HttpAction) -> Filled:
        """The action as it is carried out. Raises :class:`NotReady`."""
        wanted = names_in(action)
        values = self._values(wanted) if wanted else {}
        missing = [name for name in wanted if name not in values]
        if missing:
            self._check_within_reach(missing)
            noun = "secret is" if len(missing) == 1 else "secrets are"
            text = f"{', '.join(missing)}: the {noun} not set"
            raise NotReady(Reason.SECRET_MISSING, text)
        try:
            filled = resolve(action, values, _SHELL)
        except Unfit as error:
            http = isinstance(action, HttpAction)
            reason = Reason.INVALID_URL if http else Reason.SPAWN_ERROR
            raise NotReady(reason, str(error)) from None
        return Filled(filled, secret_headers(action), Mask(values.values()))

    def signer(self) -> Signer | None:
        """What requests are signed with, None where nobody asked for signatures.

        Raises :class:`NotReady` rather than have a request sent without its signature.
        """
        if self._looked_at != self._noticed:
            # What is noticed while we look means another look.
            noticed = self._noticed
            with self._db.reading() as conn:
                self._signs = secrets.changed_at(conn, CURRENT) is not None
            self._looked_at = noticed
        if not self._signs:
            return None
        values = self._values((CURRENT, PREVIOUS), noted_only=True)
        if CURRENT not in values:
            self._check_within_reach([CURRENT])
            text = "the signing secret was set but can't be found: `jobdesk signing set`"
            raise NotReady(Reason.SECRET_MISSING, text)
        settings, previous = self._settings(), values.get(PREVIOUS)
        return Signer(
            values[CURRENT].encode(),
            None if previous is None else previous.encode(),
            settings.signing_header,
            settings.signing_timestamp_header,
        )

    def _check_within_reach(self, missing: list[str]) -> None:
        """A secret that is in a keyring, and no keyring here: that is not "not set"."""
        with self._db.reading() as conn:
            noted = {one.name for one in secrets.all_secrets(conn) if one.place == Place.KEYRING}
        away = [name for name in missing if name in noted]
        if away and self._vault.place is not Place.KEYRING:
            text = (
                f"{', '.join(away)}: kept in the system's keyring, which this engine can't reach;"
                " start it in your session, or set JOBDESK_VAULT=file and the secret anew"
            )
            raise NotReady(Reason.ENGINE_ERROR, text)

    def _values(self, wanted: Iterable[str], *, noted_only: bool = False) -> dict[str, str]:
        with self._db.reading() as conn:
            noted = {name: secrets.changed_at(conn, name) for name in wanted}
        if noted_only:
            noted = {name: when for name, when in noted.items() if when is not None}
        # One asks for all: a keyring that hangs shall not be asked by every worker.
        with self._asking:
            now = self._clock.monotonic()
            found = {}
            for name, when in noted.items():
                known = self._known.get(name)
                if known is not None and known[0] == when and known[1] > now:
                    found[name] = known[2]
            left = [name for name in noted if name not in found]
            if left:
                fresh = self._ask(left, now)
                until = self._clock.monotonic() + FRESH
                self._known |= {name: (noted[name], until, v) for name, v in fresh.items()}
                found |= fresh
        return found

    def _ask(self, names: list[str], now: float) -> dict[str, str]:
        until, said = self._failure
        if until <= now:
            try:
                return self._vault.get_all(names)
            except Unavailable as error:
                said = str(error)
                self._failure = (self._clock.monotonic() + FRESH, said)
        # It may be there again at the next attempt, so this is no missing secret.
        raise NotReady(Reason.ENGINE_ERROR, f"the secrets can't be read: {said}")


class MaskingSink:
    """A sink that hides secrets before anybody keeps what is written."""

    def __init__(self, inner: Sink, mask: Mask) -> None:
        self._inner, self._mask = inner, mask
        self._streams: dict[Stream, MaskedStream] = {
            stream: mask.stream() for stream in (Stream.STDOUT, Stream.STDERR)
        }

    def write(self, stream: Stream, data: bytes) -> None:
        self._pass_on(stream, self._streams[stream].feed(data))

    def system(self, *lines: str) -> None:
        self._inner.system(*map(self._mask.text, lines))

    def finish(self) -> None:
        """Pass on what was held back; nothing more is written."""
        for stream, masked in self._streams.items():
            self._pass_on(stream, masked.finish())

    def _pass_on(self, stream: Stream, data: bytes) -> None:
        if data:
            self._inner.write(stream, data)


def masked(verdict: Verdict, mask: Mask) -> Verdict:
    """The verdict as it may be kept."""
    return replace(
        verdict,
        error=mask.document(verdict.error),
        request=mask.document(verdict.request),
        response=mask.document(verdict.response),
    )
