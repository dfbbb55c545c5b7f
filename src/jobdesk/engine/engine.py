"""The engine: everything that makes things happen, started and stopped in order."""

from __future__ import annotations

import logging
import os
import random
import threading
from datetime import datetime, timedelta
from pathlib import Path

from jobdesk import __version__
from jobdesk.clock import Clock
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.parsing import iso
from jobdesk.domain.run import RunState
from jobdesk.domain.settings import EngineSettings
from jobdesk.engine.attempt import Attempts
from jobdesk.engine.dispatcher import Dispatcher
from jobdesk.engine.heartbeat import Heartbeat
from jobdesk.engine.janitor import Janitor
from jobdesk.engine.runners.children import Children
from jobdesk.engine.runners.http import HttpRunner
from jobdesk.engine.runners.process_tree import become_subreaper, end_orphans
from jobdesk.engine.runners.script import ScriptRunner
from jobdesk.engine.timetable import ON_TIME, Timetable
from jobdesk.store import claims, preferences, setback
from jobdesk.store.changes import ALL, STOP
from jobdesk.store.database import Database
from jobdesk.store.hub import Hub
from jobdesk.store.lock import EngineInfo, EngineLock, holder
from jobdesk.store.writer import WORK

_REAP_EVERY = 30
"""Heartbeats between two looks for adopted children that have ended."""

log = logging.getLogger(__name__)


class Engine:
    """One engine on one database. :meth:`start`, wait for :attr:`stop_requested` or
    :attr:`idle`, then :meth:`stop`.

    ``workers`` overrides the setting; ``origin`` says who started it (window, terminal,
    service). Raises Unavailable when another engine has the database.
    """

    def __init__(
        self, url: str, home: Path, clock: Clock, *, origin: str, workers: int | None = None
    ) -> None:
        self._clock, self._origin, self._workers = clock, origin, workers
        self._db = Database(url, home)
        self._lock = EngineLock(self._db.lock_path)
        self._settings = EngineSettings()
        self._beats = 0
        self._jobs_changed = threading.Event()
        self._stopping = threading.Event()
        self._reconciler = threading.Thread(
            target=self._reconcile_loop, name="reconciler", daemon=True
        )
        self.stop_requested = threading.Event()
        self.rescued = 0
        """How many runs a dead engine had left running."""

    def start(self) -> None:
        """Take the lock, rescue what a dead engine left, and begin."""
        self._take_lock()
        # At once, so that nobody reads the note of an engine that is gone.
        self._announce(None, "")
        try:
            self._db.prepare(self._lock)
            if not self._db.claim_server():
                raise Unavailable("an engine is already running for this database, elsewhere")
            self._build()
        except BaseException:
            self._lock.release()
            raise
        self._rescue()
        self._set_back_meanwhile()
        self._hub = Hub(self._db.home, self._heard)
        self._db.changes.relay_to(self._hub.publish)
        self._announce(self._hub.address, self._hub.key)
        self._unlisten = self._db.changes.listen(self._heard)
        self._timetable.start()
        for part in (self._reconciler, self._dispatcher, self._janitor, self._heartbeat):
            part.start()
        log.info("engine %s started, pid %s (%s)", __version__, os.getpid(), self._origin)

    @property
    def idle(self) -> threading.Event:
        """Set once nothing is queued, running, retrying or scheduled."""
        return self._dispatcher.idle

    @property
    def died(self) -> int:
        """How many runs have died since the start."""
        return self._attempts.died + self._dead_at_rescue

    def stop(self) -> None:
        """Stop gracefully: claim nothing more, let short work finish, end the rest."""
        log.info("engine stopping; %s attempts are running", self._dispatcher.running)
        self._stopping.set()
        self._jobs_changed.set()
        self._heartbeat.stop()
        self._reconciler.join()
        self._timetable.stop()
        self._dispatcher.stop(self._settings.stop_grace)
        self._janitor.stop()
        self._attempts.close()
        self._http.close()
        self._unlisten()
        self._db.writer.close()
        self._hub.close()
        self._db.close()
        self._lock.release()
        log.info("engine stopped")

    # -- inside -------------------------------------------------------------------

    def _take_lock(self) -> None:
        try:
            taken = self._lock.acquire()
        except OSError as error:
            raise Unavailable(
                f"the engine's lock {self._lock.path} can't be written: {error.strerror}"
            ) from None
        if not taken:
            other = holder(self._lock.path)
            who = f"pid {other.pid}, started by {other.origin}" if other else "pid unknown"
            raise Unavailable(f"an engine is already running for this database ({who})")

    def _announce(self, address: str | tuple[str, int] | None, key: str) -> None:
        started = iso(self._clock.now()) or ""
        self._lock.announce(
            EngineInfo(os.getpid(), __version__, self._origin, started, address, key)
        )

    def _build(self) -> None:
        become_subreaper()
        self._children = Children()
        self._http = HttpRunner()
        self._desk_id = self._db.writer.run(preferences.desk_id)
        self._load_settings()
        self._attempts = Attempts(
            self._db.writer,
            self._clock,
            self._desk_id,
            ScriptRunner(self._children),
            self._http,
            lambda: self._settings,
            random.Random(),
        )
        self._dispatcher = Dispatcher(
            self._db,
            self._clock,
            self._attempts,
            lambda: self._workers or self._settings.workers,
        )
        self._timetable = Timetable(self._db, self._clock)
        self._janitor = Janitor(self._db, self._clock, lambda: self._settings)
        self._heartbeat = Heartbeat(self._clock, self._jumped, self._beat)

    def _rescue(self) -> None:
        """End the processes of a dead engine, then give its runs back."""
        with self._db.reading() as conn:
            left = claims.orphans(conn)
        for orphan in left:
            end_orphans(
                orphan.pid,
                orphan.pid_started,
                self._attempts.cookie(orphan.attempt_id),
                self._settings.kill_grace,
            )
        rescued = self._db.writer.run(lambda tx: claims.rescue(tx, self._clock.now()))
        self.rescued = len(rescued)
        self._dead_at_rescue = sum(run.state is RunState.DEAD for run in rescued)
        for run in rescued:
            log.warning("run %s was interrupted by the end of the last engine", run.id)

    def _heard(self, topics: frozenset[str]) -> None:
        """Somebody committed something; called from several threads, so only wake."""
        if STOP in topics:
            self.stop_requested.set()
        if topics & {ALL, WORK, "queues"}:
            self._dispatcher.wake()
        if topics & {ALL, "jobs"}:
            self._jobs_changed.set()
        if topics & {ALL, "settings"}:
            self._settings_changed()

    def _settings_changed(self) -> None:
        before = self._settings
        self._load_settings()
        if before != self._settings:
            self._dispatcher.wake()
            self._janitor.wake()

    def _load_settings(self) -> None:
        with self._db.reading() as conn:
            self._settings = preferences.load(conn)

    def _reconcile_loop(self) -> None:
        """Follow changes of jobs; several that come together are one look."""
        while True:
            self._jobs_changed.wait()
            self._jobs_changed.clear()
            if self._stopping.is_set():
                return
            try:
                self._timetable.reconcile()
            except Exception:
                log.exception("the timetable could not be brought up to date")
                self._jobs_changed.set()
                self._stopping.wait(1.0)
            self._stopping.wait(0.05)

    def _jumped(self, seconds: float) -> None:
        if seconds < 0:
            self._set_back(self._clock.now() - timedelta(seconds=seconds))
        self._timetable.clock_jumped()
        self._dispatcher.wake()

    def _set_back(self, until: datetime) -> None:
        """The clock came from ``until``: no countdown gets longer by that."""
        moved = self._db.writer.run(lambda tx: setback.shorten_waits(tx, until, self._clock.now()))
        log.warning("the clock was set back; the waits of %s runs were shortened", moved)

    def _set_back_meanwhile(self) -> None:
        """The same at the start: was the clock set back while no engine ran?"""
        with self._db.reading() as conn:
            trace = setback.newest_trace(conn)
        if trace is not None and trace > self._clock.now() + ON_TIME:
            self._set_back(trace)

    def _beat(self) -> None:
        self._beats += 1
        if self._beats % _REAP_EVERY == 0:
            self._children.reap_adopted()
