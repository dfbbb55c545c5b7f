"""Hands due runs to free workers, and passes on what people want ended.

The work is done in *turns*: one turn concludes whatever has ended, promotes what is due
and claims for every free worker, all in one commit, and hands out what it claimed as soon
as that is on disk. A worker that is done asks for the next turn; those that are done while
it is on its way share it, and an end waits up to 2 ms for company while more attempts run than
have ended. So the busier the desk, the more runs one commit carries, and a single run waits
for nobody.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime

from jobdesk.clock import Clock
from jobdesk.domain.errors import JobDeskError, Unavailable
from jobdesk.engine.attempt import Attempts, Ending
from jobdesk.engine.runners.base import GRACE_AT_STOP, StopCause, StopToken
from jobdesk.engine.runners.steps import Steps
from jobdesk.engine.trouble import Complaint
from jobdesk.engine.workers.workers import Workers
from jobdesk.store import claims
from jobdesk.store.claims import Claim
from jobdesk.store.database import Database
from jobdesk.store.writer import Tx

_LONGEST_SLEEP = 60.0
_AFTER_TROUBLE = 1.0
_LOOK_FOR_HURRY = 0.1
_FOR_STORING = 2.5
"""How long a stop waits, after the grace, for a database that is locked or full."""
_COMPANY = 0.002
"""How long an end waits for others to share its commit with: a commit for each takes the
processor from the scripts."""

log = logging.getLogger(__name__)


class Dispatcher:
    """One thread that sleeps until something is due or somebody wakes it, and asks for a
    turn then; the turns themselves are made in the writer's thread."""

    def __init__(
        self, database: Database, clock: Clock, attempts: Attempts, slots: Callable[[], int]
    ) -> None:
        self._db, self._clock, self._attempts, self._slots = database, clock, attempts, slots
        self._workers = Workers()
        self._guard = threading.Lock()
        self._quiet = threading.Condition(self._guard)
        # By attempt: a run may be claimed again before its last attempt has left this table.
        self._running: dict[int, tuple[int, StopToken]] = {}
        self._reserved = 0
        """Slots that a turn on its way may fill."""
        self._ended: list[Ending] = []
        self._concluding = 0
        self._turn_asked = False
        self._waiting = 0
        """Turns whose ends the writer keeps until they can be stored; they take new ones along."""
        self._next_due: datetime | None = None
        self._next_look = 0.0
        self._company_until = 0.0
        self._asked = True
        self._calm = False
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self.idle = threading.Event()
        """Set when nothing is left that could run; see :func:`claims.anything_unfinished`."""
        self._complaint = Complaint(log, "nothing new is started")
        self._thread = threading.Thread(target=self._loop, name="dispatcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Look again: something was pushed, cancelled, resumed or set."""
        self._asked = True
        self._wake.set()

    @property
    def running(self) -> int:
        """How many attempts are being run."""
        return len(self._running)

    def stop(self, grace: float, hurry: threading.Event | None = None) -> None:
        """Claim nothing more; let attempts finish for ``grace`` seconds (or until
        ``hurry`` is set), then end them.

        Takes at most ``grace`` and somewhat less than 5 seconds: what can't be ended by
        then is left to the rescue of the next start. A negative ``grace`` says how long
        ago it was over.
        """
        end_of_storing = time.monotonic() + grace + _FOR_STORING
        with self._guard:
            self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._company_until:
            self._ask_for_turn()  # nobody else would any more
        self._wait_quiet(grace, hurry)
        with self._guard:
            tokens = [token for _, token in self._running.values()]
        for token in tokens:
            token.request(StopCause.INTERRUPTED)
        self._wait_ended(GRACE_AT_STOP + 1.5)
        self._wait_quiet(max(0.5, end_of_storing - time.monotonic()))
        self._workers.close(0.5)

    def _wait_quiet(self, seconds: float, hurry: threading.Event | None = None) -> None:
        end = time.monotonic() + seconds
        with self._quiet:
            while self._busy and (left := end - time.monotonic()) > 0:
                if hurry is not None and hurry.is_set():
                    return
                self._quiet.wait(min(left, _LOOK_FOR_HURRY))

    @property
    def _busy(self) -> bool:
        """Whether something runs, is about to, or has ended and is not on disk yet."""
        return bool(self._running or self._concluding or self._reserved)

    # -- the thread ---------------------------------------------------------------

    def _wait_ended(self, seconds: float) -> None:
        with self._quiet:
            self._quiet.wait_for(lambda: not self._running, seconds)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                pause = self._look()
            except Exception as error:
                # Without this thread nothing would ever run again, whatever it was.
                self._complaint.about(error)
                pause = self._look_again()
            if pause > 0:
                self._wake.wait(pause)
            self._wake.clear()

    def _look(self) -> float:
        """See what is to be done; how many seconds there is nothing, unless woken."""
        if self._next_look and self._clock.monotonic() >= self._next_look:
            self._asked, self._next_look = True, 0.0
        if self._company_until and time.monotonic() >= self._company_until:
            self._company_until = 0.0
            self._ask_for_turn()
        if self._asked:
            self._asked = False
            self._end_cancelled()
            self._ask_for_turn()
        elif self._next_due is not None and self._clock.now() >= self._next_due:
            self._next_due = None  # the turn says when the next one is
            self._ask_for_turn()
        if self._calm:
            self._calm = False
            self._look_whether_idle()
        return self._pause()

    def _pause(self) -> float:
        pause, due = _LONGEST_SLEEP, self._next_due
        if due is not None:
            pause = min(pause, (due - self._clock.now()).total_seconds())
        if self._next_look:
            pause = min(pause, self._next_look - self._clock.monotonic())
        if self._company_until:
            pause = min(pause, self._company_until - time.monotonic())
        return max(0.0, pause)

    def _look_again(self) -> float:
        self._next_look = self._clock.monotonic() + _AFTER_TROUBLE
        return _AFTER_TROUBLE

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
            if self._busy:
                return
        with self._db.reading() as conn:
            if not claims.anything_unfinished(conn):
                self.idle.set()

    # -- a turn -------------------------------------------------------------------

    def _ask_for_turn(self) -> None:
        """Have a turn made, unless one is on its way that has not looked around yet."""
        with self._guard:
            if self._turn_asked or self._waiting:
                return
            self._turn_asked = True
            self._company_until = 0.0
        turn = _Turn()
        try:
            concluded, claimed = self._db.writer.submit_pair(
                lambda tx: self._conclude(tx, turn), lambda tx: self._claim(tx, turn)
            )
        except Unavailable as error:
            # Closed: the next start finds what can't be concluded any more, such as what
            # had to wait for its log in front of a locked database.
            with self._guard:
                left, self._ended = self._ended, []
            for ending in left:
                log.warning("how run %s ended could not be stored: %s", ending.run_id, error)
            return
        concluded.add_done_callback(lambda future: self._concluded(turn, future))
        claimed.add_done_callback(lambda future: self._claimed(turn, future))

    def _conclude(self, tx: Tx, turn: _Turn) -> None:
        with self._guard:
            self._take_along(turn)
        self._attempts.conclude(tx, turn.endings)

    def _take_along(self, turn: _Turn) -> None:
        if not turn.looked:
            turn.looked, self._turn_asked = True, False
        turn.endings += self._ended
        self._ended.clear()

    def _claim(self, tx: Tx, turn: _Turn) -> tuple[list[Claim], datetime | None]:
        with self._guard:
            if not self._stopping.is_set():
                turn.reserved = max(0, self._slots() - len(self._running) - self._reserved)
                self._reserved += turn.reserved
        now = self._clock.now()
        claims.promote(tx, now)
        return claims.claim(tx, now, turn.reserved), claims.next_due(tx.conn, now)

    def _concluded(self, turn: _Turn, future: Future[None]) -> None:
        error = future.exception()
        if error is None:
            self._attempts.settle(turn.endings)
        elif isinstance(error, JobDeskError):
            # Waited out until the engine had to stop, or the database is damaged. The next
            # start finds these runs as an engine that died would have left them.
            with self._guard:
                self._take_along(turn)  # it may not have come to that
            for ending in turn.endings:
                log.warning("how run %s ended could not be stored: %s", ending.run_id, error)
        elif len(turn.endings) > 1:
            # One of them can't be recorded; alone, it is in nobody's way.
            for ending in turn.endings:
                self._conclude_alone(ending)
            return
        elif turn.endings and not turn.endings[0].given_up:
            log.error("run %s could not be concluded", turn.endings[0].run_id, exc_info=error)
            self._conclude_alone(turn.endings[0].as_defect(error))
            return
        with self._quiet:
            turn.settled = True
            self._waiting -= turn.in_vain
            self._concluding -= len(turn.endings)
            self._quiet.notify_all()
        if turn.in_vain:
            self._ask_for_turn()  # nobody could while this one waited
        self._become_calm()

    def _conclude_alone(self, ending: Ending) -> None:
        turn = _Turn([ending])
        future = self._db.writer.submit(lambda tx: self._attempts.conclude(tx, [ending]), keep=True)
        future.add_done_callback(lambda done: self._concluded(turn, done))

    def _claimed(self, turn: _Turn, future: Future[tuple[list[Claim], datetime | None]]) -> None:
        error = future.exception()
        claimed, due = ([], None) if error else future.result()
        tokens = [StopToken() for _ in claimed]
        with self._quiet:
            self._reserved -= turn.reserved
            for claim, token in zip(claimed, tokens, strict=True):
                self._running[claim.attempt_id] = (claim.run.id, token)
            self._quiet.notify_all()
        for claim, token in zip(claimed, tokens, strict=True):
            self._workers.submit(self._perform(claim, token))
        if error is not None:
            with self._guard:
                # Else one more would be kept each second, for as long as the disk is full.
                turn.in_vain = not turn.settled
                self._waiting += turn.in_vain
            self._complaint.about(error)
            self._look_again()
            self._wake.set()
            return
        self._complaint.settled()
        if due != self._next_due:
            self._next_due = due
            self._wake.set()
        if not claimed:
            self._become_calm()

    def _become_calm(self) -> None:
        if not self._busy:
            self._calm = True
            self._wake.set()

    def _perform(self, claim: Claim, token: StopToken) -> Steps[None]:
        ending = yield from self._attempts.perform(claim, token)
        with self._quiet:
            # The slot is free from here on: the next claim comes after the conclusion.
            del self._running[claim.attempt_id]
            self._concluding += 1
            self._quiet.notify_all()
        if ending.after is None:
            self._settle(ending)
        else:
            # A turn may be on its way already, ahead of this part of the log.
            ending.after.add_done_callback(lambda _: self._settle(ending))

    def _settle(self, ending: Ending) -> None:
        with self._guard:
            self._ended.append(ending)
            enough = self._stopping.is_set() or len(self._ended) >= len(self._running)
            if not enough and len(self._ended) == 1 and not self._turn_asked:
                self._company_until = time.monotonic() + _COMPANY
                self._wake.set()
        if enough:
            self._ask_for_turn()


class _Turn:
    """What one turn concludes, how many slots it may fill, whether it has looked around and
    its ends are settled, and whether claiming failed before they were."""

    def __init__(self, endings: list[Ending] | None = None) -> None:
        self.endings = endings or []
        self.reserved = 0
        self.looked = False
        self.settled = False
        self.in_vain = False
