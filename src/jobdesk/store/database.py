"""The database: opened, checked, migrated; its readers and its one writer."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    event,
    func,
    inspect,
    make_url,
    select,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from jobdesk import __version__
from jobdesk.domain.errors import InvalidInput, Unavailable
from jobdesk.store import filecheck, schema
from jobdesk.store.changes import Changes
from jobdesk.store.driver import LENIENT
from jobdesk.store.failures import Missing, explain, is_locked
from jobdesk.store.filecheck import Damaged
from jobdesk.store.lock import EngineLock, holder
from jobdesk.store.prepared import Prepared
from jobdesk.store.turnstile import Turnstile
from jobdesk.store.writer import Writer

_BEGIN = Prepared(text("BEGIN IMMEDIATE"))
_BUSY_SECONDS = 15.0
_BUSY_STEP = 1.0
"""Whoever waits to write looks up so often whether he should hurry, in seconds."""
_BUSY_TIMETABLE = 2.0
"""The timetable tries again by itself, and a stop must not wait for it."""
_ADVISORY_KEY = 0x6A6F_6264_6573_6B00
"""Any number will do, as long as nobody else uses it: "jobdesk" in ASCII."""


class Database:
    """Readers from a pool, one writer, and the line to the others on the same database.

    ``url`` is an SQLAlchemy URL; ``home`` the folder for what isn't in the database.
    ``on_trouble`` hears in a sentence why nothing can be stored, from the writer's thread,
    and None after each commit.
    """

    def __init__(
        self,
        url: str,
        home: Path,
        on_trouble: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self.url = _parse(url)
        self.home = home
        self.file = _sqlite_file(self.url)
        # Beside the file, so that two homes on one database have one engine.
        self.lock_path = (
            self.file.with_name(self.file.name + ".engine") if self.file else home / "engine.lock"
        )
        self.turnstile = (
            Turnstile(self.file.with_name(self.file.name + ".turn")) if self.file else None
        )
        self._identity: tuple[int, int] | None = None
        self._hurry = threading.Event()
        self._engine = self._create(immediate=False)
        self._writing = self._create(immediate=True)
        self.changes = Changes(self._engine, self.lock_path)
        self.writer = Writer(self._writing, self.changes.publish, on_trouble)
        self._advisory: Connection | None = None

    @classmethod
    def open(cls, url: str, home: Path, *, check: bool = False) -> Database:
        """A database that is ready for use; see :meth:`prepare`. With ``check`` it is
        looked over for damage first, unless an engine is running, which has done so."""
        database = cls(url, home)
        if check and holder(database.lock_path) is None:
            database.look()
            database.check_at_start()
        database.prepare()
        return database

    def look(self) -> None:
        """Refuse what :meth:`prepare` would, and leave not a trace of having been there:
        for whoever writes a lock beside the file before it comes to that."""
        if self.file is not None:
            self._check_not_newer(filecheck.identify(self.file))

    def prepare(self, held: EngineLock | None = None) -> None:
        """Create or migrate the schema where needed; nothing touches the file before.

        ``held`` is the engine's lock where the caller has it. Raises
        :class:`Unavailable` when the database can't be used, or is from a newer version.
        """
        try:
            self._prepare(held)
            # The first to be used, and the proof that the file can be opened for work.
            self._engine.connect().close()
            self._identity = self._look_at_file()
        except (DBAPIError, sqlite3.Error) as error:
            self._dispose()
            known = explain(error) if self.file is None else filecheck.unopened(self.file, error)
            raise known from None
        except BaseException:
            self._dispose()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with; it never waits for the writer."""
        try:
            with self._engine.connect() as conn:
                yield conn
        except DBAPIError as error:
            raise explain(error) from error

    def hurry(self) -> None:
        """From now on don't wait long for a lock: a stop is under way."""
        self._hurry.set()

    @property
    def missing(self) -> bool:
        """Whether the file is not there any more, moved or deleted. It may come back."""
        return self._identity is not None and self._look_at_file() is None

    @property
    def replaced(self) -> bool:
        """Whether another file has taken its place: what is written to the open one, nobody
        will find."""
        now = self._look_at_file()
        return None not in (self._identity, now) and self._identity != now

    def check_file(self) -> None:
        """Raise :class:`Missing` unless the file is the one that was opened."""
        if self._identity is None or self._identity == (now := self._look_at_file()):
            return
        if now is None:
            raise Missing(
                f"the database can't be used: {self.file} is gone; nothing was stored. Put its"
                " folder back where it was"
            )
        raise Missing(
            f"the database can't be used: {self.file} was replaced by another file while it"
            " was open; nothing was stored. Start again, to work with the new one"
        )

    def damage(self) -> str | None:
        """Why the file can't be relied on, in a sentence; None where all is well.

        Reads all of it: two seconds for each gigabyte.
        """
        if self.file is None:
            return None
        found = filecheck.damage(self.file, thorough=True)
        return filecheck.sentence(self.file, found) if found else None

    def check_at_start(self) -> None:
        """Raise :class:`~jobdesk.store.filecheck.Damaged` for a file that must not be
        written to. Only sensible before anybody writes, so for whoever starts an engine."""
        if self.file is None:
            return
        found = filecheck.damage_at_start(self.file)
        if found:
            self.give_up(filecheck.sentence(self.file, found))

    def give_up(self, said: str) -> NoReturn:
        """Note that the file is damaged, so that everybody refuses it, and raise that."""
        assert self.file is not None
        filecheck.mark(self.file, said)
        raise Damaged(said)

    def claim_server(self) -> bool:
        """On a database server: become its one engine, until :meth:`close`.

        False when another one is, maybe in another home or on another machine. For a
        file the lock beside it is enough.
        """
        if self.url.get_backend_name() != "postgresql":
            return True
        if self._advisory is None:
            self._advisory = self._engine.connect()
        taken = select(func.pg_try_advisory_lock(_ADVISORY_KEY))
        return bool(self._advisory.execute(taken).scalar_one())

    def timetable_engine(self) -> Engine:
        """An engine of its own for APScheduler's table. That table is a cache which is
        reconciled at every start, so its commits needn't be synced one by one."""
        return self._create(
            immediate=False, synchronous="NORMAL", autocommit=False, busy=_BUSY_TIMETABLE
        )

    def close(self) -> None:
        self.writer.close()
        self.changes.close()
        self._dispose()

    def _dispose(self) -> None:
        if self._advisory is not None:
            self._advisory.invalidate()  # a pooled connection would keep the lock
            self._advisory.close()
            self._advisory = None
        self._engine.dispose()
        self._writing.dispose()
        if self.turnstile is not None:
            self.turnstile.close()

    def _create(
        self,
        *,
        immediate: bool,
        synchronous: str = "FULL",
        autocommit: bool = True,
        busy: float = _BUSY_SECONDS,
    ) -> Engine:
        options: dict[str, Any] = {}
        if self.file is not None:
            step = _BUSY_STEP if immediate else busy
            options = {
                "creator": lambda: self._connect(step),
                "poolclass": QueuePool,
                "pool_size": 8,
                "max_overflow": 56,
            }
        if autocommit and not immediate:
            options["isolation_level"] = "AUTOCOMMIT"
        try:
            engine = create_engine(self.url, **options)
        except (ImportError, NoSuchModuleError) as error:
            raise Unavailable(
                f"the database {self.url.render_as_string()} needs a driver that is not"
                f" installed: {error}"
            ) from None
        if self.file is not None:
            _set_up_sqlite(engine, immediate=immediate, synchronous=synchronous)
            if immediate:
                event.listen(engine, "begin", self._begin)
        return engine

    def _connect(self, busy: float) -> sqlite3.Connection:
        assert self.file is not None
        # Once it is open, a file that went away must not be made anew, and empty.
        mode = "rwc" if self._identity is None else "rw"
        return sqlite3.connect(
            f"{self.file.as_uri()}?mode={mode}", uri=True, timeout=busy, check_same_thread=False
        )

    def _begin(self, conn: Connection) -> None:
        """A deferred transaction that turns into a write can fail at once with "database is
        locked", whatever the busy timeout; this one waits its turn."""
        deadline = time.monotonic() + _BUSY_SECONDS
        with self.turnstile.passing() if self.turnstile else nullcontext():
            while True:
                try:
                    _BEGIN.run(conn)
                    break
                except DBAPIError as error:
                    late = self._hurry.is_set() or time.monotonic() >= deadline
                    if late or not is_locked(error):
                        raise
        self.check_file()

    def _look_at_file(self) -> tuple[int, int] | None:
        if self.file is None:
            return None
        try:
            seen = os.stat(self.file)  # noqa: PTH116 - before each commit, so it counts
        except OSError:
            return None
        return seen.st_dev, seen.st_ino

    def _prepare(self, held: EngineLock | None) -> None:
        if self.file is not None:
            self._prepare_file(self.file)
        version = self._version()
        if version is None:
            self._create_tables()
            version = self._version()
        if version is None:
            raise Unavailable(f"{self._shown()} says nothing about its version: it is damaged")
        self._check_not_newer(version)
        if version < schema.HEAD:
            self._migrate(version, held)

    def _check_not_newer(self, version: str | None) -> None:
        if version is not None and version > schema.HEAD:
            raise Unavailable(
                f"the database {self._shown()} was made by a newer JobDesk (its schema is"
                f" {version}, this program knows up to {schema.HEAD}); it was left untouched."
                " Use the newer program"
            )

    def _prepare_file(self, file: Path) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"the folder {file.parent} can't be made: {error.strerror}") from None
        if file.exists() and not file.is_file():
            raise Unavailable(f"the database {file} is not a file")

    def _version(self) -> str | None:
        engine = self._engine
        if self.file is not None:
            # Look before touching: even opening a database for writing may change it.
            return filecheck.identify(self.file)
        if not inspect(engine).has_table("alembic_version"):
            return None
        with engine.connect() as conn:
            return conn.execute(select(schema.alembic_version.c.version_num)).scalar()

    def _create_tables(self) -> None:
        """Make all tables at once; of two who try, the second finds them made."""
        with self._writing.begin() as conn:
            if inspect(conn).has_table("alembic_version"):
                return
            if inspect(conn).has_table("runs"):
                raise Unavailable(f"{self._shown()} holds tables that are not JobDesk's")
            schema.metadata.create_all(conn)
            conn.execute(schema.alembic_version.insert().values(version_num=schema.HEAD))

    def _migrate(self, version: str, held: EngineLock | None) -> None:
        lock = held or EngineLock(self.lock_path)
        if held is None and not lock.acquire():
            other = holder(self.lock_path)
            who = f"{other.version}, pid {other.pid}" if other else "of an unknown version"
            raise Unavailable(
                f"an engine of JobDesk ({who}) is using the database with the older schema"
                f" {version}; this is JobDesk {__version__}, which needs {schema.HEAD}."
                " Stop that engine first"
            )
        try:
            from jobdesk.store.migrations import upgrade  # costs half a second

            upgrade(self._writing)
        finally:
            if held is None:
                lock.release()

    def _shown(self) -> str:
        return str(self.file) if self.file else self.url.render_as_string()


def default_url(home: Path) -> str:
    """The SQLite file in a home."""
    return str(URL.create("sqlite", database=str(home / "jobdesk.db")))


def _parse(url: str) -> URL:
    expected = "an SQLAlchemy URL such as sqlite:////home/me/jobs.db"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidInput("JOBDESK_DATABASE_URL", url, expected) from None
    if parsed.get_backend_name() != "sqlite":
        return parsed
    named = parsed.database or ""
    if not Path(named).name or named.startswith((":memory:", "file:")):
        raise InvalidInput("JOBDESK_DATABASE_URL", url, f"{expected}, with a file")
    if parsed.query:
        raise InvalidInput("JOBDESK_DATABASE_URL", url, f"{expected}, without options after the ?")
    # Absolute, so that it stays the same file wherever the program goes.
    path = Path(named).expanduser().absolute()
    if path.is_symlink():
        # SQLite's own files lie beside what the link leads to, and so must the lock and the
        # backups: a link in another home is one more name for a database, not another one.
        path = Path(os.path.realpath(path))
    return parsed.set(database=str(path))


def _sqlite_file(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or url.database is None:
        return None
    return Path(url.database)


def _set_up_sqlite(engine: Engine, *, immediate: bool, synchronous: str) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, record: object) -> None:
        if immediate:
            # Transactions are begun by hand (Database._begin), never by the driver's guess.
            connection.isolation_level = None
        cursor = connection.cursor()
        # Bytes that are no text must not spoil the page that they are on; see rows.
        connection.text_factory = LENIENT
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA journal_size_limit = 67108864")
        cursor.close()
