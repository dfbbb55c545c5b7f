"""What the engine and its runners agree on.

A runner carries out one attempt of an action and says what it came to. It writes output
to a :class:`Sink`, heeds a :class:`StopToken`, and never raises for anything that the
script, the server or the person did: that is what the verdict is for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

from jobdesk.domain.log import Stream
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.signing import Signer

if TYPE_CHECKING:
    from jobdesk.domain.assertions import AnyAssertion
    from jobdesk.engine.runners.steps import Steps

GRACE_AT_STOP = 2.0
"""The longest grace (seconds) of an attempt that is ended because the engine stops."""


class Sink(Protocol):
    """Where output goes. Bounded, thread-safe, and quick: a runner holds nothing back."""

    def write(self, stream: Stream, data: bytes) -> None:
        """Bytes as they came, in order within their stream."""
        ...

    def system(self, *lines: str) -> None:
        """JobDesk's own sentences, each without a line break."""
        ...


class StopCause(StrEnum):
    """Who wants the attempt to end."""

    CANCELLED = "cancelled"
    """A person."""
    INTERRUPTED = "interrupted"
    """The engine, which stops."""


class StopToken:
    """The request to end one attempt: made once, from any thread; the first cause stays."""

    def __init__(self) -> None:
        # Re-entrant, so that a callback may look at the token that calls it.
        self._lock = threading.RLock()
        self._cause: StopCause | None = None
        self._hurried = False
        self._callbacks: dict[object, Callable[[], None]] = {}

    @property
    def cause(self) -> StopCause | None:
        """Why the attempt is to end, or None while nobody asked for that."""
        return self._cause

    def hurried(self) -> bool:
        """Whether the engine stops: whatever the attempt is ended for, and even if it
        ends by itself, there is no time for more than :data:`GRACE_AT_STOP`."""
        return self._hurried

    def request(self, cause: StopCause) -> None:
        """Ask for the end. Whoever asks later changes nothing but the haste."""
        with self._lock:
            self._hurried = self._hurried or cause is StopCause.INTERRUPTED
            if self._cause is not None:
                return
            self._cause = cause
            for callback in self._callbacks.values():
                callback()

    def on_request(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have ``callback`` called at the request: at once if it was made already.

        It is called in the asking thread, under a lock: it has to be quick and must not
        raise. Returns a function that takes it back; once that returned, the callback
        is neither running nor will it ever run, so what it uses can be closed.
        """
        key = object()
        with self._lock:
            if self._cause is not None:
                callback()
            else:
                self._callbacks[key] = callback

        def remove() -> None:
            with self._lock:
                self._callbacks.pop(key, None)

        return remove


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a runner needs to know besides the action.

    ``timeout`` bounds the whole attempt and ``grace`` lies between TERM and KILL, both in
    seconds; ``response_cap`` is in bytes. ``key`` (``JOBDESK_KEY``) and
    ``idempotency_key`` (``Idempotency-Key``) are the same for all attempts of a run,
    ``cookie`` (``JOBDESK_COOKIE``) is this attempt's alone: what carries it belongs to
    the attempt. ``on_spawn`` is called once, right after the start of a process, with
    its pid and its start in seconds since 1970, to one or two seconds the same as
    ``psutil.Process.create_time``. ``assertions`` must hold for a success. ``signer`` signs
    all requests; the headers in ``secret_headers`` (lower case) are for the host that was
    asked for, and no other.
    """

    run_id: int
    attempt: int
    key: str
    idempotency_key: str
    cookie: str
    timeout: float | None
    grace: float
    response_cap: int
    on_spawn: Callable[[int, float], None]
    assertions: tuple[AnyAssertion, ...] = ()
    signer: Signer | None = None
    secret_headers: frozenset[str] = frozenset()

    def grace_for(self, cause: StopCause | None) -> float:
        """Seconds between TERM and KILL. Less when the engine itself has to end: whoever
        logs out or shuts down doesn't wait for a script's long goodbye."""
        if cause is StopCause.INTERRUPTED:
            return min(self.grace, GRACE_AT_STOP)
        return self.grace


A = TypeVar("A", contravariant=True)


class Runner(Protocol[A]):
    """Carries out attempts of one kind of action; shared by all threads of an engine."""

    def steps(
        self, action: A, assignment: Assignment, sink: Sink, stop: StopToken
    ) -> Steps[Verdict]:
        """Run one attempt; over when nothing of it is left."""
        ...


def stopped_verdict(cause: StopCause) -> Verdict:
    """The verdict of an attempt that was ended by request."""
    if cause is StopCause.CANCELLED:
        return Verdict(Outcome.CANCELLED, Reason.CANCELLED, "cancelled")
    return Verdict(
        Outcome.INTERRUPTED,
        Reason.INTERRUPTED,
        "interrupted because the engine stopped",
        counted=False,
    )
