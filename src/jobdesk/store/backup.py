"""Backups of an SQLite database: jobs, queues, settings, runs and attempts, but no logs.

The logs may be gigabytes, three times over; what a job is and what became of a run is
small. A backup is one consistent moment, read without holding up the writer, and nobody
takes it for one before it was checked: until then it has another name.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobdesk.domain.errors import Unavailable
from jobdesk.store.driver import connect
from jobdesk.store.filecheck import backups_folder, backups_of

KEPT = 3
EVERY = timedelta(days=1)
RESERVE = 256 * 1_048_576
"""Bytes that a backup leaves free on the disk, whatever else."""

_STEP = 2_000
"""Rows copied at once; between two steps others get the disk."""
_PAUSE = 0.005
_STAMP = "%Y%m%dT%H%M%SZ"
_LEFT_OUT = ("log_chunks", "apscheduler_jobs")
_GONE_WITH_THE_LOGS = {"log_bytes": "0", "omitted_bytes": "omitted_bytes + log_bytes"}


class Stopped(Exception):
    """The backup was not finished because somebody wanted it to end."""


def made_at(backup: Path) -> datetime:
    """The moment a backup is of, from its name; the year 1 for another name."""
    with suppress(ValueError, IndexError):
        return datetime.strptime(backup.name.split(".")[-2], _STAMP).replace(tzinfo=UTC)
    return datetime.min.replace(tzinfo=UTC)


def is_due(file: Path, now: datetime) -> bool:
    """Whether the newest backup is older than a day. Those of the future, made before the
    clock was set back, don't count."""
    made = [at for at in map(made_at, backups_of(file)) if at <= now]
    return not made or now - max(made) >= EVERY


def make(file: Path, now: datetime, stop: Callable[[], bool] = lambda: False) -> Path | None:
    """Back the database up, and delete the oldest backups; None where there is nothing to
    back up. Raises Unavailable where the disk has no room or a check fails (the older
    backups are kept then), and :class:`Stopped` soon after ``stop`` says so."""
    folder = backups_folder(file)
    final = folder / f"{file.name}.{now.astimezone(UTC).strftime(_STAMP)}.backup"
    partial = final.with_suffix(".partial")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in folder.glob(f"{file.name}.*.partial"):
            left.unlink()  # of an engine that was killed meanwhile
        if not _copy(file, partial, stop):
            return None
        _check(partial)
        _sync(partial)
        partial.replace(final)
        _sync(folder)
        others = [one for one in backups_of(file) if one != final]
        for old in others[KEPT - 1 :]:
            old.unlink()
    except (sqlite3.Error, OSError) as error:
        raise Unavailable(f"the backup could not be made: {error}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return final


def _copy(file: Path, target: Path, stop: Callable[[], bool]) -> bool:
    """Copy what is kept, as of one moment; False when there are neither jobs nor runs."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(connect(target)) as conn:
        conn.execute("PRAGMA journal_mode = OFF")
        conn.execute("PRAGMA synchronous = OFF")
        conn.execute("ATTACH ? AS live", (f"{file.as_uri()}?mode=ro",))
        conn.execute("BEGIN")
        # From this first look on, the transaction sees the database as it is now.
        some = "SELECT EXISTS (SELECT 1 FROM live.jobs) OR EXISTS (SELECT 1 FROM live.runs)"
        if not conn.execute(some).fetchone()[0]:
            return False
        _check_room(conn, target)
        parts = conn.execute(
            "SELECT type, name, tbl_name, sql FROM live.sqlite_master WHERE sql IS NOT NULL"
        ).fetchall()
        kept = [part for part in parts if not part[1].startswith("sqlite_")]
        kept = [part for part in kept if part[2] != "apscheduler_jobs"]
        for kind, name, _, sql in kept:
            if kind == "table":
                conn.execute(sql)
                if name not in _LEFT_OUT:
                    _copy_table(conn, name, target, stop)
        conn.execute("DELETE FROM sqlite_sequence")
        conn.execute("INSERT INTO sqlite_sequence SELECT name, seq FROM live.sqlite_sequence")
        for kind, _, _, sql in kept:
            if kind != "table":
                _go_on(target, stop)
                conn.execute(sql)
        conn.execute("COMMIT")
    return True


def _copy_table(
    conn: sqlite3.Connection, name: str, target: Path, stop: Callable[[], bool]
) -> None:
    columns = [row[1] for row in conn.execute(f"PRAGMA main.table_info({name})")]
    changed = _GONE_WITH_THE_LOGS if name == "attempts" else {}
    values = ", ".join(changed.get(column, column) for column in columns)
    # A row with nothing where something must be can't be kept, and must not keep the
    # others from being so.
    insert = (
        f"INSERT OR IGNORE INTO main.{name} ({', '.join(columns)}) SELECT {values}"
        f" FROM live.{name} WHERE rowid > ? AND rowid <= ? ORDER BY rowid"
    )
    some = f"SELECT rowid FROM live.{name} WHERE rowid > ? ORDER BY rowid LIMIT {_STEP}"
    following = f"SELECT max(rowid) FROM ({some})"
    done = -1
    while (upto := conn.execute(following, (done,)).fetchone()[0]) is not None:
        _go_on(target, stop)
        conn.execute(insert, (done, upto))
        done = upto
        time.sleep(_PAUSE)


def _go_on(target: Path, stop: Callable[[], bool]) -> None:
    if stop():
        raise Stopped
    if shutil.disk_usage(target.parent).free < RESERVE:
        raise Unavailable("the backup was given up: the disk is nearly full")


def _check_room(conn: sqlite3.Connection, target: Path) -> None:
    """What is kept takes no more than the file without its logs and its free pages."""
    pages, unused, size = (
        conn.execute(f"PRAGMA live.{name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    logs = conn.execute("SELECT total(log_bytes) FROM live.attempts WHERE log_bytes > 0")
    needed = max((pages - unused) * size - int(logs.fetchone()[0]), size)
    free = shutil.disk_usage(target.parent).free
    if free < needed + RESERVE:
        raise Unavailable(
            f"there is no room for a backup: it may take {needed / 1e6:.0f} MB, and"
            f" {free / 1e6:.0f} MB are free, of which {RESERVE / 1e6:.0f} MB are left alone"
        )


def _check(backup: Path) -> None:
    with closing(connect(backup, "mode=ro&immutable=1")) as conn:
        found = [str(row[0]) for row in conn.execute("PRAGMA integrity_check(5)")]
    if found != ["ok"]:
        raise Unavailable(f"the backup is not sound: {'; '.join(found)}")


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
