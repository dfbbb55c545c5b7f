"""One attempt, from claim to conclusion: run, judge, conclude; in steps, see
``runners/steps.py``.

Its start is on disk before we get here: the claim opened it.
"""

from __future__ import annotations

import logging
import random
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from jobdesk.clock import Clock
from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.mask import Mask
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.references import OPENING
from jobdesk.domain.run import RunState
from jobdesk.domain.settings import EngineSettings
from jobdesk.domain.timeout import NO_LIMIT
from jobdesk.engine.logsink import Batch, LogSink, store_all
from jobdesk.engine.runners.base import Assignment, Runner, Sink, StopToken
from jobdesk.engine.runners.steps import BLOCK, Steps
from jobdesk.engine.secrets import Filled, MaskingSink, NotReady, Secrets, masked
from jobdesk.store import claims, logs
from jobdesk.store.claims import Claim, End
from jobdesk.store.writer import Tx, Writer

HTTP_TIMEOUT = 30.0
_FLUSH = 0.25
_NOTHING = Mask(())

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Live:
    """An attempt that is being run, as the flusher sees it."""

    sink: LogSink
    attempt_id: int
    process: tuple[int, float] | None = None
    seen: bool = False
    noted: bool = False


class Flusher:
    """Brings the logs of running attempts to the store several times a second.

    Also notes the process of an attempt, for the day the engine dies under it. Attempts
    that are over within a quarter of a second cost no extra write, so it begins with what
    was there a round ago; should the engine die in just that time, the cookie in the
    environment finds their processes.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._guard = threading.Lock()
        self._live: dict[int, _Live] = {}
        self._any = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="log-flusher", daemon=True)
        self._thread.start()

    @contextmanager
    def watching(self, live: _Live) -> Iterator[None]:
        with self._guard:
            self._live[live.attempt_id] = live
            self._any.set()
        try:
            yield
        finally:
            with self._guard:
                del self._live[live.attempt_id]
                if not self._live and not self._closing.is_set():
                    self._any.clear()

    def close(self) -> None:
        with self._guard:
            self._closing.set()
            self._any.set()
        self._thread.join()

    def _loop(self) -> None:
        while not self._closing.is_set():
            self._any.wait()
            self._closing.wait(_FLUSH)
            with self._guard:
                live = list(self._live.values())
            for one in live:
                if one.seen:
                    self._note(one)
                    one.sink.flush()
                one.seen = True

    def _note(self, live: _Live) -> None:
        if live.process is not None and not live.noted:
            live.noted = True
            pid, started = live.process
            attempt_id = live.attempt_id
            self._writer.submit(
                lambda tx: claims.record_process(tx, attempt_id, pid, started), keep=True
            )


@dataclass(slots=True)
class Ending:
    """How an attempt ended: to be recorded, in whichever transaction comes next.

    ``at`` is when that was: storing it may have to wait for room on the disk. ``lasted`` is
    its length in seconds, measured where no clock can be set. ``after`` is an earlier part
    of the log on its way to the store, which must be there first. ``state`` is what its run
    became by that, None where that is no longer this attempt's to say.
    ``given_up`` when not even a defect could be recorded the last time.
    """

    claim: Claim
    verdict: Verdict
    log: Batch | None
    at: datetime
    lasted: float
    after: Future[None] | None = None
    state: RunState | None = None
    given_up: bool = False

    @property
    def run_id(self) -> int:
        return self.claim.run.id

    def stored(self) -> End:
        """What the store keeps of it."""
        size = self.log.size if self.log is not None else None
        return End(self.claim, self.verdict, self.at, self.lasted, size)

    def as_defect(self, error: BaseException) -> Ending:
        """The same end without what could not be stored of it."""
        plain = Verdict(Outcome.FAILED, Reason.ENGINE_ERROR, f"not recorded: {error}")
        return Ending(self.claim, plain, None, self.at, self.lasted, given_up=True)


class Attempts:
    """Performs claims in whichever threads carry out the steps; ends are recorded by one
    thread, the writer's."""

    def __init__(
        self,
        writer: Writer,
        clock: Clock,
        desk_id: str,
        scripts: Runner[ScriptAction],
        http: Runner[HttpAction],
        settings: Callable[[], EngineSettings],
        rng: random.Random,
        secrets: Secrets,
    ) -> None:
        self._writer, self._clock, self._desk_id = writer, clock, desk_id
        self._scripts, self._http = scripts, http
        self._settings, self._rng, self._secrets = settings, rng, secrets
        self._flusher = Flusher(writer)
        self.died = 0
        """How many runs died since the engine started."""

    def perform(self, claim: Claim, stop: StopToken) -> Steps[Ending]:
        """Run one attempt to its end; what there is to :meth:`conclude`."""
        sink = LogSink(
            claim.attempt_id,
            claim.run.id,
            self._settings().output_cap,
            self._clock,
            self._writer,
        )
        live = _Live(sink, claim.attempt_id)
        began = self._clock.monotonic()
        with self._flusher.watching(live):
            verdict = yield from self._run(claim, live, stop)
        lasted = self._clock.monotonic() - began
        rest = sink.finish()
        return Ending(claim, verdict, rest, self._clock.now(), lasted, sink.flushing)

    def conclude(self, tx: Tx, endings: Sequence[Ending]) -> None:
        """Record ends: the rest of the logs, the attempts, and what becomes of their runs."""
        logged = [(ending, ending.log) for ending in endings if ending.log is not None]
        store_all(tx, [log for _, log in logged])
        tx.touch(*[f"log:{ending.run_id}" for ending, _ in logged])
        after = claims.conclude_all(tx, [ending.stored() for ending in endings], self._rng)
        for ending, transition in zip(endings, after, strict=True):
            ending.state = transition.state if transition else None
            if transition is None and ending.log is not None:
                logs.state_size(tx, ending.claim.attempt_id, *ending.log.size)

    def settle(self, endings: Iterable[Ending]) -> None:
        """Count what the ends came to, now that they are on disk."""
        self.died += sum(ending.state is RunState.DEAD for ending in endings)

    def close(self) -> None:
        self._flusher.close()

    def cookie(self, attempt_id: int) -> str:
        """What marks the processes of an attempt; the desk's id comes first."""
        return f"{self._desk_id}:{attempt_id}"

    def _run(self, claim: Claim, live: _Live, stop: StopToken) -> Steps[Verdict]:
        run, mask = claim.run, _NOTHING
        try:
            if OPENING not in run.spec:
                filled = Filled(run.action, frozenset(), _NOTHING)
                return (yield from self._carry_out(claim, filled, live, live.sink, stop))
            yield BLOCK  # a keyring may ask somebody first
            filled = self._secrets.fill(run.action)
            mask = filled.mask
            sink = MaskingSink(live.sink, mask)
            try:
                verdict = yield from self._carry_out(claim, filled, live, sink, stop)
                return masked(verdict, mask)
            finally:
                sink.finish()
        except NotReady as not_ready:
            live.sink.system(str(not_ready))
            return not_ready.verdict
        except Exception as error:
            # A runner answers for whatever scripts and servers do, so this is a defect
            # of ours, or a row that can't be read: the run must not hang because of it.
            trace = mask.text(traceback.format_exc())
            log.error("attempt %s of run %s failed in the engine\n%s", run.attempt, run.id, trace)
            said = mask.text(str(error))
            live.sink.system(f"JobDesk failed to run this: {said}")
            summary = said.splitlines()[0] if said else type(error).__name__
            return Verdict(Outcome.FAILED, Reason.ENGINE_ERROR, summary)

    def _carry_out(
        self, claim: Claim, filled: Filled, live: _Live, sink: Sink, stop: StopToken
    ) -> Steps[Verdict]:
        run, action, settings = claim.run, filled.action, self._settings()

        def spawned(pid: int, started: float) -> None:
            live.process = (pid, started)

        http = isinstance(action, HttpAction)
        own_key = f"{self._desk_id}-{run.id}"
        assignment = Assignment(
            run_id=run.id,
            attempt=run.attempt,
            key=run.key or own_key,
            idempotency_key=own_key,
            cookie=self.cookie(claim.attempt_id),
            timeout=self._timeout(action, run.timeout),
            grace=settings.kill_grace,
            response_cap=settings.response_cap,
            on_spawn=spawned,
            assertions=run.policy.assertions,
            signer=self._secrets.signer() if http else None,
            secret_headers=filled.headers,
        )
        if isinstance(action, ScriptAction):
            return (yield from self._scripts.steps(action, assignment, sink, stop))
        return (yield from self._http.steps(action, assignment, sink, stop))

    @staticmethod
    def _timeout(action: ScriptAction | HttpAction, asked: float | None) -> float | None:
        if asked is None and isinstance(action, HttpAction):
            return HTTP_TIMEOUT
        return None if asked == NO_LIMIT else asked
