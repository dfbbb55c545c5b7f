"""Hands due runs to free workers, and passes on what people want ended."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from jobdesk.clock import Clock
from jobdesk.engine.attempt import Attempts
from jobdesk.engine.runners.base import GRACE_AT_STOP, StopCause, StopToken
from jobdesk.engine.trouble import Complaint
from jobdesk.engine.workers import Workers
from jobdesk.store import claims, runs
from jobdesk.store.claims import Claim
from jobdesk.store.database import Database
from jobdesk.store.writer import Tx

_LONGEST_SLEEP = 60.0
_AFTER_TROUBLE = 1.0

log = logging.getLogger(__name__)


class Dispatcher:
    """One thread that promotes, claims and starts; it sleeps until something is due or
    somebody wakes it."""

    def __init__(
        self, database: Database, clock: Clock, attempts: Attempts, slots: Callable[[], int]
    ) -> None:
        self._db, self._clock, self._attempts, self._slots = database, clock, attempts, slots
        self._workers = Workers()
        self._guard = threading.Lock()
        # By attempt: a run may be claimed again before its last attempt has left this table.
        self._running: dict[int, tuple[int, StopToken]] = {}
        self._concluding = 0
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._quiet = threading.Condition(self._guard)
        self.idle = threading.Event()
        """Set when nothing is left that could run; see :func:`claims.unfinished`."""
        self._complaint = Complaint(log, "nothing new is started")
        self._thread = threading.Thread(target=self._loop, name="dispatcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Look again: something was pushed, finished, cancelled, resumed or set."""
        self._wake.set()

    @property
    def running(self) -> int:
        """How many attempts are being run."""
        return len(self._running)

    def stop(self, grace: float) -> None:
        """Claim nothing more; let attempts finish for ``grace`` seconds, then end them.

        Takes at most ``grace`` and about 5 seconds: what can't be ended by then is left
        to the rescue of the next start.
        """
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._wait_quiet(grace)
        with self._guard:
            tokens = [token for _, token in self._running.values()]
        for token in tokens:
            token.request(StopCause.INTERRUPTED)
        # What has ended but can't be stored now (a full disk) has had the grace for it.
        self._wait_ended(GRACE_AT_STOP + 0.5)
        self._wait_quiet(0.5)
        self._workers.close(0.5)

    def _wait_quiet(self, seconds: float) -> None:
        with self._quiet:
            self._quiet.wait_for(lambda: not self._running and not self._concluding, seconds)

    def _wait_ended(self, seconds: float) -> None:
        with self._quiet:
            self._quiet.wait_for(lambda: not self._running, seconds)

    def _loop(self) -> None:
        while True:
            # In this order: a stop that comes in between is seen, or wakes us.
            self._wake.clear()
            if self._stopping.is_set():
                return
            try:
                pause = self._pass()
                self._complaint.settled()
            except Exception as error:
                # Without this thread nothing would ever run again, whatever it was.
                self._complaint.about(error)
                self._stopping.wait(_AFTER_TROUBLE)  # whoever wakes us can't help it
                continue
            if pause > 0:
                self._wake.wait(pause)

    def _pass(self) -> float:
        """One round; how many seconds there is nothing to do, unless woken."""
        self._end_cancelled()
        free = self._slots() - len(self._running)

        def work(tx: Tx) -> tuple[list[Claim], datetime | None]:
            now = self._clock.now()
            claims.promote(tx, now)
            return claims.claim(tx, now, free), runs.next_available(tx.conn)

        claimed, next_due = self._db.writer.run(work)
        for claim in claimed:
            self._begin(claim)
        if not claimed:
            self._look_whether_idle()
        if next_due is None:
            return _LONGEST_SLEEP
        return max(0.0, min(_LONGEST_SLEEP, (next_due - self._clock.now()).total_seconds()))

    def _begin(self, claim: Claim) -> None:
        token = StopToken()
        with self._guard:
            self._running[claim.attempt_id] = (claim.run.id, token)
        self._workers.submit(lambda: self._perform(claim, token))

    def _perform(self, claim: Claim, token: StopToken) -> None:
        with self._guard:
            self._concluding += 1
        try:
            self._attempts.perform(claim, token, self._concluded)
        except Exception:
            self._concluded()  # it never will be
            raise
        finally:
            with self._quiet:
                # The slot is free as soon as the conclusion is on its way: the writer
                # keeps the order, so the next claim sees it.
                self._running.pop(claim.attempt_id, None)
                self._quiet.notify_all()
            self._wake.set()

    def _concluded(self) -> None:
        with self._quiet:
            self._concluding -= 1
            self._quiet.notify_all()
        self._wake.set()

    def _end_cancelled(self) -> None:
        with self._guard:
            if not self._running:
                return
        with self._db.reading() as conn:
            wanted = set(claims.cancel_requests(conn))
        with self._guard:
            tokens = [token for run_id, token in self._running.values() if run_id in wanted]
        for token in tokens:
            token.request(StopCause.CANCELLED)

    def _look_whether_idle(self) -> None:
        with self._guard:
            if self._running or self._concluding:
                return
        with self._db.reading() as conn:
            if claims.unfinished(conn) == 0:
                self.idle.set()
