"""The database: opened, checked, migrated; its readers and its one writer."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

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
from jobdesk.store import schema
from jobdesk.store.changes import Changes
from jobdesk.store.failures import Missing, explain, is_locked
from jobdesk.store.lock import EngineLock, holder
from jobdesk.store.writer import Writer

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
        self._identity: tuple[int, int] | None = None
        self._hurry = threading.Event()
        self._engine = self._create(immediate=False)
        self._writing = self._create(immediate=True)
        self.changes = Changes(self._engine, self.lock_path)
        self.writer = Writer(self._writing, self.changes.publish, on_trouble)
        self._advisory: Connection | None = None

    @classmethod
    def open(cls, url: str, home: Path) -> Database:
        """A database that is ready for use; see :meth:`prepare`."""
        database = cls(url, home)
        database.prepare()
        return database

    def prepare(self, held: EngineLock | None = None) -> None:
        """Create or migrate the schema where needed; nothing touches the file before.

        ``held`` is the engine's lock where the caller has it. Raises
        :class:`Unavailable` when the database can't be used, or is from a newer version.
        """
        try:
            self._prepare(held)
            self._identity = self._look_at_file()
        except (DBAPIError, sqlite3.Error) as error:
            self._dispose()
            raise explain(error) from None
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
        """What SQLite finds wrong with the file, in its words; None where all is well."""
        if self.file is None:
            return None
        with self.reading() as conn:
            found = conn.execute(text("PRAGMA quick_check(5)")).scalars().all()
        return None if found == ["ok"] else "; ".join(map(str, found))

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
        while True:
            try:
                conn.exec_driver_sql("BEGIN IMMEDIATE")
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
        if version > schema.HEAD:
            raise Unavailable(
                f"the database {self._shown()} was made by a newer JobDesk (its schema is"
                f" {version}, this program knows up to {schema.HEAD}); it was left untouched."
                " Use the newer program"
            )
        if version < schema.HEAD:
            self._migrate(version, held)

    def _prepare_file(self, file: Path) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"the folder {file.parent} can't be made: {error.strerror}") from None
        if file.exists() and not file.is_file():
            raise Unavailable(f"the database {file} is not a file")
        if not file.exists() or file.stat().st_size == 0:
            return
        # Look before touching: even opening a database for writing may change it.
        try:
            with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as peek:
                peek.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            if not os.access(file.parent, os.W_OK):
                raise Unavailable(
                    f"the database {file} can't be used: its folder can't be written to, and"
                    " nobody has it open; check the permissions of the folder"
                ) from None
            failure = explain(error)
            raise Unavailable(f"{failure}; the file is {file}") from None

    def _version(self) -> str | None:
        engine = self._engine
        if self.file is not None:
            if not self.file.exists() or self.file.stat().st_size == 0:
                return None
            with closing(sqlite3.connect(f"{self.file.as_uri()}?mode=ro", uri=True)) as peek:
                known = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
                if peek.execute(known).fetchone() is None:
                    return None
                row = peek.execute("SELECT version_num FROM alembic_version").fetchone()
                return str(row[0]) if row else None
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
    return parsed.set(database=str(Path(named).expanduser().absolute()))


def _sqlite_file(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or url.database is None:
        return None
    return Path(url.database)


def _set_up_sqlite(engine: Engine, *, immediate: bool, synchronous: str) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, record: object) -> None:
        if immediate:
            # Transactions are begun by hand below, never by the driver's guess.
            connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA journal_size_limit = 67108864")
        cursor.close()
