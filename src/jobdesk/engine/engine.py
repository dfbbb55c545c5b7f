"""The engine: everything that makes things happen, started and stopped in order."""

from __future__ import annotations

import logging
import math
import os
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

from jobdesk import __version__
from jobdesk.clock import Clock
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.parsing import iso
from jobdesk.domain.references import CHANNEL
from jobdesk.domain.run import RunState
from jobdesk.domain.settings import EngineSettings
from jobdesk.engine.alerting import Alerting
from jobdesk.engine.attempt import Attempts
from jobdesk.engine.backups import Backups
from jobdesk.engine.dispatcher import Dispatcher
from jobdesk.engine.heartbeat import Heartbeat
from jobdesk.engine.janitor import Janitor
from jobdesk.engine.runners.base import GRACE_AT_STOP
from jobdesk.engine.runners.children import Children
from jobdesk.engine.runners.http import HttpRunner
from jobdesk.engine.runners.process_tree import (
    Orphaned,
    become_subreaper,
    end_orphans,
    names_of,
)
from jobdesk.engine.runners.script import ScriptRunner
from jobdesk.engine.secrets import Secrets
from jobdesk.engine.timetable import ON_TIME, Timetable
from jobdesk.engine.trouble import Complaint, Trouble
from jobdesk.store import channels, claims, filecheck, preferences, quarantine, secrets, setback
from jobdesk.store.changes import ALL, STOP
from jobdesk.store.database import Database
from jobdesk.store.hub import Hub
from jobdesk.store.lock import EngineInfo, EngineLock, holder
from jobdesk.store.writer import WORK
from jobdesk.vault import Vault

_REAP_EVERY = 30
"""Heartbeats between two looks for adopted children that have ended."""

log = logging.getLogger(__name__)


class Engine:
    """One engine on one database. :meth:`start`, wait for :attr:`stop_requested` or
    :attr:`idle`, then :meth:`stop`.

    ``workers`` overrides the setting; ``origin`` says who started it (window, terminal,
    service); ``on_settings`` is told when others are in force. Raises Unavailable when
    another engine has the database.
    """

    def __init__(
        self,
        url: str,
        home: Path,
        clock: Clock,
        *,
        origin: str,
        workers: int | None = None,
        on_settings: Callable[[EngineSettings], None] = lambda _: None,
    ) -> None:
        self._on_settings = on_settings
        self._clock, self._origin, self._workers = clock, origin, workers
        self._trouble = Trouble(self._tell_health)
        self._beside: str | None = None
        self._probe: Future[None] | None = None
        self._hub: Hub | None = None
        self._db = Database(url, home, self._stored)
        self._lock = EngineLock(self._db.lock_path)
        self._settings = EngineSettings()
        self._beats = 0
        self._jobs_changed = threading.Event()
        self._stopping = threading.Event()
        self._reconciler = threading.Thread(
            target=self._reconcile_loop, name="reconciler", daemon=True
        )
        self.stop_requested = threading.Event()
        self.hurry = threading.Event()
        """Set it to cut the grace of a stop short."""
        self._stop_began = math.inf
        self._ending = ExitStack()
        self.rescued = 0
        """How many runs a dead engine had left running."""
        self._damage: str | None = None
        self.failure: str | None = None
        """Why it asked for a stop itself; None where others did."""

    def start(self) -> None:
        """Take the lock, rescue what a dead engine left, and begin.

        Where that fails, everything that was begun is ended again.
        """
        # First of all, so that not even a lock appears beside another program's file.
        self._db.look()
        self._take_lock()
        try:
            self._begin()
        except BaseException:
            self._ending.close()
            raise
        log.info("engine %s started, pid %s (%s)", __version__, os.getpid(), self._origin)

    def _begin(self) -> None:
        """Each part says how it is ended; :attr:`_ending` does so in the opposite order."""
        ending = self._ending
        ending.callback(self._lock.release)
        # At once, so that nobody reads the note of an engine that is gone.
        self._announce(None, "")
        self._db.check_at_start()
        ending.callback(self._mark_damage)
        ending.callback(self._db.close)
        self._db.prepare(self._lock)
        if not self._db.claim_server():
            raise Unavailable("an engine is already running for this database, elsewhere")
        self._hub = Hub(self._db.home, self._heard, self._health)
        ending.callback(self._hub.close)
        ending.callback(self._db.writer.close)
        self._build()
        self._rescue()
        self._set_back_meanwhile()
        self._db.changes.relay_to(self._hub.publish)
        self._announce(self._hub.address, self._hub.key)
        ending.callback(self._db.changes.listen(self._heard))
        self._backups.start()
        ending.callback(self._backups.stop)
        self._janitor.start()
        ending.callback(self._janitor.stop)
        ending.callback(self._stop_dispatcher)
        self._timetable.start()
        ending.callback(self._timetable.stop)
        self._alerting.start()
        ending.callback(self._alerting.stop)
        self._reconciler.start()
        ending.callback(self._stop_reconciler)
        if not self.stop_requested.is_set():
            self._dispatcher.start()
        self._heartbeat.start()
        ending.callback(self._heartbeat.stop)

    def note_api(self, trouble: str | None) -> None:
        """Why the API that should be served beside it is not; for whoever asks how it is."""
        self._beside = trouble
        self._tell_health()

    @property
    def settings(self) -> EngineSettings:
        """What is in force."""
        return self._settings

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
        self._stop_began = time.monotonic()
        self._stopping.set()
        self._db.hurry()
        self._ending.close()
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
            if other and other.version not in ("?", __version__):
                who += f"; it is JobDesk {other.version}, this is {__version__}"
            raise Unavailable(f"an engine is already running for this database ({who})")

    def _announce(self, address: str | tuple[str, int] | None, key: str) -> None:
        started = iso(self._clock.now()) or ""
        try:
            self._lock.announce(
                EngineInfo(os.getpid(), __version__, self._origin, started, address, key)
            )
        except OSError as error:
            raise Unavailable(
                f"the engine's lock {self._lock.path} can't be written: {error.strerror}."
                " Free some space, or see whether the folder is yours"
            ) from None

    def _build(self) -> None:
        become_subreaper()
        self._children = Children()
        self._http = HttpRunner()
        self._ending.callback(self._http.close)
        self._desk_id = self._db.writer.run(preferences.desk_id)
        self._load_settings()
        self._vault = Vault.open(self._db.home)
        self._secrets = Secrets(self._vault, self._db, self._clock, lambda: self._settings)
        self._attempts = Attempts(
            self._db.writer,
            self._clock,
            self._desk_id,
            ScriptRunner(self._children),
            self._http,
            lambda: self._settings,
            random.Random(),
            self._secrets,
        )
        self._ending.callback(self._attempts.close)
        self._dispatcher = Dispatcher(
            self._db,
            self._clock,
            self._attempts,
            lambda: self._workers or self._settings.workers,
        )
        self._timetable = Timetable(self._db, self._clock)
        self._janitor = Janitor(self._db, self._clock, lambda: self._settings)
        self._backups = Backups(self._db, self._clock, self._found_damage)
        self._alerting = Alerting(self._db, self._clock, self._addresses_of)
        self._heartbeat = Heartbeat(self._clock, self._jumped, self._beat)

    def _rescue(self) -> None:
        """End the processes of a dead engine, then give its runs back."""
        with self._db.reading() as conn:
            left = claims.orphans(conn)
        if left:
            self._end_orphans(left)
        for run in self._db.writer.run(lambda tx: quarantine.sweep(tx, self._clock.now())):
            log.warning("run %s can't be read and is set aside: %s", run.id, run.problem)
        rescued = self._db.writer.run(lambda tx: claims.rescue(tx, self._clock.now()))
        self.rescued = len(rescued)
        self._dead_at_rescue = sum(run.state is RunState.DEAD for run in rescued)
        for run in rescued:
            log.warning("run %s was interrupted by the end of the last engine", run.id)

    def _end_orphans(self, left: list[claims.Orphan]) -> None:
        attempts = [
            Orphaned(one.pid, one.pid_started, self._attempts.cookie(one.attempt_id))
            for one in left
        ]
        # All at once, and soon: nothing else runs until this is over.
        grace = min(self._settings.kill_grace, GRACE_AT_STOP)
        survivors = end_orphans(attempts, grace, log.info)
        if survivors:
            log.error("left by the last engine, and can't be ended: %s", names_of(survivors))

    def _heard(self, topics: frozenset[str]) -> None:
        """Somebody committed something; called from several threads, so only wake."""
        if STOP in topics:
            self.stop_requested.set()
        if topics & {ALL, secrets.TOPIC}:
            self._secrets.look_again()
        if topics & {ALL, WORK, "queues"}:
            self._dispatcher.wake()
        self._alerting.heard(topics)
        if topics & {ALL, "jobs"}:
            self._jobs_changed.set()
        if topics & {ALL, "settings"}:
            self._settings_changed()

    def _addresses_of(self, names: list[str]) -> dict[str, str]:
        """Where the channels of these names lead, without those that are off."""
        with self._db.reading() as conn:
            known = {one.name for one in channels.all_channels(conn) if one.enabled}
        kept = self._vault.get_all(f"{CHANNEL}{name}" for name in names if name in known)
        return {name.removeprefix(CHANNEL): address for name, address in kept.items()}

    def _settings_changed(self) -> None:
        before = self._settings
        self._load_settings()
        if before != self._settings:
            self._dispatcher.wake()
            self._janitor.wake()
            self._on_settings(self._settings)

    def _load_settings(self) -> None:
        with self._db.reading() as conn:
            self._settings = preferences.load(conn)

    def _reconcile_loop(self) -> None:
        """Follow changes of jobs; several that come together are one look."""
        complaint = Complaint(log, "the timetable could not be brought up to date")
        while True:
            self._jobs_changed.wait()
            self._jobs_changed.clear()
            if self._stopping.is_set():
                return
            try:
                self._timetable.reconcile(anyway=False)
                complaint.settled()
            except Exception as error:
                complaint.about(error)
                self._jobs_changed.set()
                self._stopping.wait(1.0)
            self._stopping.wait(0.05)

    def _found_damage(self, said: str) -> None:
        """Stop rather than write on into a damaged file."""
        log.error("%s", said)
        self._damage = self.failure = said
        self.stop_requested.set()

    def _mark_damage(self) -> None:
        """After the last that was written: the next start must not look past it."""
        if self._damage is not None and self._db.file is not None:
            filecheck.mark(self._db.file, self._damage)

    def _stop_reconciler(self) -> None:
        self._stopping.set()
        self._jobs_changed.set()
        self._reconciler.join()

    def _stop_dispatcher(self) -> None:
        # A locked database may have kept the other parts; that is part of the time for a stop.
        gone = time.monotonic() - self._stop_began
        self._dispatcher.stop(self._settings.stop_grace - gone, self.hurry)

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
        self._look_at_file()
        if self._trouble.words is not None and (self._probe is None or self._probe.done()):
            # Not any commit will do: one that writes nothing succeeds on a full disk, too.
            self._probe = self._db.writer.submit(preferences.probe)
            self._probe.add_done_callback(self._probed)

    def _look_at_file(self) -> None:
        """Its folder may come back, and then we go on. A file in its place is another
        desk, which may get an engine of its own at any time: then this one must end."""
        try:
            self._db.check_file()
        except Unavailable as error:
            self._trouble.begin(str(error))
            if self._db.replaced and self.failure is None:
                self.failure = str(error)
                self.stop_requested.set()

    def _probed(self, probe: Future[None]) -> None:
        if probe.exception() is None:
            self._trouble.over()

    def _stored(self, trouble: str | None) -> None:
        """The writer's word after each transaction; the end of a trouble is probed for."""
        if trouble is not None:
            self._trouble.begin(trouble)

    def _health(self) -> dict[str, str | None]:
        return {"trouble": self._trouble.words, "api": self._beside}

    def _tell_health(self) -> None:
        if self._hub is not None:
            self._hub.publish(frozenset({"engine"}))
