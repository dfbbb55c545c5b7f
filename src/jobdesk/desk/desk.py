"""The desk: what a button, a command, a REST call and a line of Python all call."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from jobdesk import paths
from jobdesk.clock import Clock, SystemClock
from jobdesk.desk.alerts import Alerts
from jobdesk.desk.answers import EngineHealth, Overview
from jobdesk.desk.channels import Channels
from jobdesk.desk.heartbeats import Heartbeats
from jobdesk.desk.job_door import JobDoor
from jobdesk.desk.queue_door import QueueDoor
from jobdesk.desk.run_commands import RunCommands
from jobdesk.desk.run_questions import RunQuestions
from jobdesk.desk.secrets import Secrets
from jobdesk.desk.signing import Signing
from jobdesk.desk.tokens import Tokens
from jobdesk.desk.vault import VaultDoor
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.interruption import Interruption
from jobdesk.domain.run import Run
from jobdesk.domain.settings import EngineSettings
from jobdesk.store import (
    interruptions,
    jobs,
    preferences,
    queues,
)
from jobdesk.store.changes import STOP
from jobdesk.store.database import Database, default_url
from jobdesk.store.lock import EngineInfo, holder

DATABASE_VARIABLE = "JOBDESK_DATABASE_URL"


def find_database_url(home: Path) -> str:
    """The database of a home: what JOBDESK_DATABASE_URL says, else a file in it."""
    return os.environ.get(DATABASE_VARIABLE, "").strip() or default_url(home)


class Desk(RunCommands, RunQuestions, JobDoor, QueueDoor):
    """The one door to a JobDesk.

    Commands return when they are on disk. Errors are those of
    :mod:`jobdesk.domain.errors`. All methods may be called from any thread. A context
    manager; a script that never closes it still exits.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self.tokens = Tokens(database, clock)
        """Who may come in over HTTP. What isn't about runs, jobs and queues has a door of
        its own behind this one."""
        vault = VaultDoor(database, clock)
        self.secrets = Secrets(database, vault)
        """What ``${secret:NAME}`` stands for."""
        self.alerts = Alerts(database, clock)
        """What went wrong and is still open, and who was told of it."""
        self.channels = Channels(database, clock, vault)
        """Where alerts go."""
        self.heartbeats = Heartbeats(database, clock)
        """Signs of life that are expected from elsewhere."""
        self.signing = Signing(database, vault)
        """How outgoing requests are signed."""

    @classmethod
    def open(
        cls,
        home: str | Path | None = None,
        *,
        database_url: str | None = None,
        clock: Clock | None = None,
        check: bool = False,
    ) -> Self:
        """Open the desk in ``home`` (default: everybody else's), making it if need be.

        With ``check`` the database is looked over for damage first, as an engine does
        before it starts; a second or two where it is large.
        """
        folder = Path(home).expanduser().absolute() if home is not None else paths.home()
        url = database_url or find_database_url(folder)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"the folder {folder} can't be used: {error.strerror}") from None
        return cls(Database.open(url, folder, check=check), clock or SystemClock())

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def home(self) -> Path:
        """The folder of this desk."""
        return self._db.home

    @property
    def database_url(self) -> str:
        """Where its rows are; a password in it is masked."""
        return self._db.url.render_as_string(hide_password=True)

    def overview(self) -> Overview:
        with self._db.reading() as conn:
            lanes = queues.all_queues(conn)
            all_jobs, enabled_jobs = jobs.counts(conn)
        return Overview(
            queued=sum(q.queued for q in lanes),
            running=sum(q.running for q in lanes),
            retrying=sum(q.retrying for q in lanes),
            scheduled=sum(q.scheduled for q in lanes),
            dead=sum(q.dead for q in lanes),
            jobs=all_jobs,
            enabled_jobs=enabled_jobs,
            paused_queues=sum(q.paused for q in lanes),
        )

    def interruption(self) -> Interruption | None:
        """What an unexpected end of the engine did, until somebody dismisses it."""
        with self._db.reading() as conn:
            return interruptions.read(conn)

    def dismiss_interruption(self) -> None:
        """A person has seen it: :meth:`interruption` is None from now on."""
        self._write(interruptions.forget)

    def wait(self, run_id: int, *, timeout: float | None = None) -> Run:
        """Wait until a run is finished. Raises Unavailable when no engine runs (any more),
        and TimeoutError after ``timeout`` seconds."""
        look = threading.Event()
        stop = self.listen(lambda topics: look.set())
        deadline = None if timeout is None else self._clock.monotonic() + timeout
        try:
            while True:
                look.clear()
                run = self.run(run_id)
                if run.finished:
                    return run
                if self.engine() is None:
                    raise Unavailable(
                        f"no engine is running, so run {run_id} waits; it is kept."
                        " Start one with `jobdesk serve`"
                    )
                left = 1.0 if deadline is None else min(1.0, deadline - self._clock.monotonic())
                if left <= 0:
                    raise TimeoutError(f"run {run_id} is still {run.state}")
                look.wait(left)
        finally:
            stop()

    # -- the engine, settings, changes --------------------------------------------

    def engine(self) -> EngineInfo | None:
        """Who runs the engine on this database, or None."""
        return holder(self._db.lock_path)

    def engine_health(self) -> EngineHealth | None:
        """How the engine says it is; None where none runs, or none answers soon.
        Listeners hear the topic ``engine`` when there is something else to say."""
        answer = self._db.changes.ask()
        return None if answer is None else EngineHealth(answer.get("trouble"), answer.get("api"))

    def check_file(self) -> None:
        """Raise Unavailable when the database's file was moved, deleted or replaced while
        this desk was open."""
        self._db.check_file()

    def check_database(self) -> str | None:
        """What is wrong with the database file, or None. Reads all of it."""
        return self._db.damage()

    def stop_engine(self) -> bool:
        """Ask the engine to stop gracefully; whether there is one. Returns at once."""
        if self.engine() is None:
            return False
        self._db.changes.publish(frozenset({STOP}))
        return True

    def settings(self) -> EngineSettings:
        with self._db.reading() as conn:
            return preferences.load(conn)

    def save_settings(self, settings: EngineSettings) -> None:
        """Replace the engine's settings; a running engine takes them up at once."""
        self._write(lambda tx: preferences.save(tx, settings))

    def listen(self, listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """Be told, on a background thread, which topics to look at again; returns what
        ends it. Topics: runs, run:ID, jobs, queues, settings, engine, log:ID, or ``*``."""
        return self._db.changes.listen(listener)
