"""Putting a sound database in the place of a damaged one, and saying what that costs."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text, update

from jobdesk.domain import lifecycle
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.lifecycle import Event
from jobdesk.domain.outcome import Outcome, Reason
from jobdesk.domain.run import RunState
from jobdesk.store import backup, filecheck, schema
from jobdesk.store.database import Database, default_url
from jobdesk.store.driver import connect
from jobdesk.store.filecheck import Damaged, wal_of
from jobdesk.store.lock import EngineLock, holder
from jobdesk.store.writer import Tx

_r, _a = schema.runs.c, schema.attempts.c
_LEAP = 1_000_000
"""Ids that are left out where nobody can tell which were given since the backup: what a
script or a server took for another run's must not come again."""


@dataclass(frozen=True, slots=True)
class BackupFound:
    """A backup, and what is wrong with it, if anything."""

    path: Path
    made_at: datetime
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it. ``made_at`` is the moment that the database is back at (None: the
    damaged file was mended and nothing is lost); ``losses`` are sentences."""

    source: Path
    made_at: datetime | None
    set_aside: Path | None
    losses: list[str]
    held: int
    """How many runs became dead letters because they may have run since."""


def examine(file: Path) -> list[str]:
    """What is wrong with a database of ours; empty where it is sound, or not there yet.

    Raises Unavailable for what is not ours, or a newer program's."""
    try:
        known = filecheck.identify(file)
    except Damaged as error:
        found = []
        with suppress(OSError, Unavailable):
            found = filecheck.damage(file, thorough=True)
        if not found and filecheck.marked(file) is not None:
            filecheck.unmark(file)  # whoever wrote that was wrong, or the disk was
            return examine(file)
        return found or [str(error)]
    if known is None:
        return []
    if known > schema.HEAD:
        raise Unavailable(f"the database {file} was made by a newer JobDesk; use that one")
    return filecheck.damage(file, thorough=True)


def backups(file: Path) -> Iterator[BackupFound]:
    """The backups, the newest first, each checked."""
    for path in filecheck.backups_of(file):
        problem = None
        try:
            known = filecheck.identify(path)
            found = filecheck.damage(path, thorough=True)
            if found:
                problem = found[0]
            elif known is None or known > schema.HEAD:
                problem = "it is of another version"
        except Unavailable as error:
            problem = str(error)
        yield BackupFound(path, backup.made_at(path), problem)


def restore(database: Database, now: datetime) -> Restored | None:
    """Put the best there is in the place of the damaged file, which is kept beside it under
    another name; None where the database is sound.

    ``database`` must not have been used. Raises Unavailable while an engine or anybody
    else uses the file, and where there is nothing sound to restore.
    """
    file = database.file
    if file is None:
        raise Unavailable("only an SQLite database has backups of JobDesk's; use your server's")
    with suppress(Damaged):
        database.look()  # before a lock is written beside somebody else's file
    with _alone(database):
        found = examine(file)
        if not found:
            filecheck.unmark(file)
            return None
        target = file.with_name(file.name + ".restoring")
        try:
            return _replace(database, file, target, found, now)
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"the database could not be restored: {error}") from error
        finally:
            for left in (target, wal_of(target), target.with_name(target.name + "-shm")):
                left.unlink(missing_ok=True)


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    lock = EngineLock(database.lock_path)
    if not lock.acquire():
        other = holder(database.lock_path)
        who = f"pid {other.pid}" if other else "pid unknown"
        raise Unavailable(f"an engine is running ({who}); stop it first, then restore")
    try:
        assert database.file is not None
        if _in_use(database.file):
            raise Unavailable(
                "another program has the database open; close the window of JobDesk first"
            )
        yield
    finally:
        lock.release()


def _in_use(file: Path) -> bool:
    """Whether any connection holds SQLite's shared lock, as all do in WAL mode. (Windows
    doesn't let an open file be renamed, so there it is found out later.)"""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        with file.open("r+b") as opened:
            try:
                # https://www.sqlite.org/lockingv3.html: 510 bytes behind PENDING and RESERVED
                fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
            except OSError:
                return True
    except OSError:
        return False  # it is gone, or not even ours to write: then nothing is replaced either
    return False


def _replace(
    database: Database, file: Path, target: Path, found: list[str], now: datetime
) -> Restored:
    source, made_at = _source(file, target, found)
    losses: list[str] = []
    held = 0
    if made_at is not None:
        losses, highest = _losses(file, target)
        held = _settle(database, target, made_at, now, highest)
    if filecheck.damage(target, thorough=True):
        raise Unavailable("what was restored is not sound either; nothing was changed")
    with target.open("r+b") as opened:
        os.fsync(opened.fileno())
    kept = _set_aside(file, now)
    target.replace(file)
    filecheck.unmark(file)
    return Restored(source, made_at, kept, losses, held)


def _source(file: Path, target: Path, found: list[str]) -> tuple[Path, datetime | None]:
    """Fill ``target`` with the best there is; where it came from, and of which moment it
    is (None: of now)."""
    wal_lost = filecheck.wal_damage(file) is not None
    if _mended(file, target, found, without_wal=wal_lost):
        at = datetime.fromtimestamp(file.stat().st_mtime, UTC) if wal_lost else None
        return file, at
    for one in backups(file):
        if one.problem is None:
            shutil.copyfile(one.path, target)
            target.chmod(0o600)
            return one.path, one.made_at
    raise Unavailable(
        f"the database {file} is damaged, and there is no sound backup of it in"
        f" {filecheck.backups_folder(file)}. Nothing was changed. To begin anew, move the"
        " database and that folder away"
    )


def _mended(file: Path, target: Path, found: list[str], *, without_wal: bool) -> bool:
    """Whether a copy of the file is sound once its indexes are built anew, or once the
    write-ahead log that can't be read is left out."""
    if not file.exists() or file.stat().st_size == 0:
        return False
    if not without_wal and not filecheck.only_indexes(found):
        return False
    shutil.copyfile(file, target)
    target.chmod(0o600)
    if filecheck.has_wal(file) and not without_wal:
        shutil.copyfile(wal_of(file), wal_of(target))
    try:
        with closing(connect(target)) as conn:
            conn.execute("REINDEX")
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return not filecheck.damage(target, thorough=True)
    except (sqlite3.Error, Unavailable):
        return False


def _settle(
    database: Database, target: Path, made_at: datetime, now: datetime, highest: int
) -> int:
    """Make sure that nothing runs twice without anybody's word; how many runs that holds.

    What waited or ran at the time of the backup may have run since. So may have the fires
    of jobs: none up to now are made up.
    """
    home = target.parent
    restored = Database(default_url(home).replace("jobdesk.db", target.name), home)
    try:
        restored.prepare()
        return restored.writer.run(lambda tx: _settle_rows(tx, made_at, now, highest))
    finally:
        restored.close()


def _settle_rows(tx: Tx, made_at: datetime, now: datetime, highest: int) -> int:
    when = f"{made_at:%Y-%m-%d %H:%M} UTC"
    done = tx.conn.execute(
        update(schema.runs)
        .where(schema.state_in(*lifecycle.sources(Event.SET_ASIDE)))
        .where((_r.state != RunState.SCHEDULED) | (_r.available_at <= now))
        .values(
            state=RunState.DEAD,
            reason=Reason.INTERRUPTED,
            error=f"restored from a backup of {when}; it may have run since then."
            " Replay it if it has not",
            finished_at=now,
        )
    )
    tx.conn.execute(
        update(schema.attempts)
        .where(_a.outcome.is_(None))
        .values(
            outcome=Outcome.INTERRUPTED,
            reason=Reason.INTERRUPTED,
            error=f"how it ended is not known: it ran at the time of the backup, {when}",
            finished_at=now,
        )
    )
    tx.conn.execute(update(schema.jobs).values(last_due_at=now))
    tx.conn.execute(
        text("UPDATE sqlite_sequence SET seq = max(seq, :seq) WHERE name = 'runs'"),
        {"seq": highest},
    )
    if not tx.conn.execute(text("SELECT 1 FROM sqlite_sequence WHERE name = 'runs'")).first():
        tx.conn.execute(text("INSERT INTO sqlite_sequence VALUES ('runs', :s)"), {"s": highest})
    return done.rowcount


def _losses(file: Path, target: Path) -> tuple[list[str], int]:
    """What the damaged file is seen to hold that the other doesn't, in sentences; and the
    highest id of a run that may have been given."""
    with closing(connect(target, "mode=ro")) as conn:
        last = _ask(conn, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'runs'") or 0
        jobs = dict(conn.execute("SELECT name, updated_at FROM jobs"))
    losses = ["the output of all runs (backups hold none)"] if _logless(target) else []
    highest = last + _LEAP
    if file.exists() and file.stat().st_size:
        how = "mode=ro" if filecheck.wal_damage(file) is None else "mode=ro&immutable=1"
        with closing(connect(file, how)) as conn:
            seen = _ask(conn, "SELECT max(id) FROM runs")
            given = _ask(conn, "SELECT max(seq) FROM sqlite_sequence WHERE name = 'runs'")
            if given is not None or seen is not None:
                highest = max(given or 0, seen or 0, last)
                losses += _lost_runs(last, highest)
            losses += _lost_jobs(conn, jobs)
    if highest == last + _LEAP:
        losses.append("what was pushed since then; which runs, the damaged file doesn't tell")
    return losses, highest


def _lost_runs(last: int, highest: int) -> list[str]:
    if highest <= last:
        return []
    which = f"run {highest}" if highest == last + 1 else f"the runs {last + 1} to {highest}"
    return [f"{which}: not in it"]


def _lost_jobs(conn: sqlite3.Connection, known: dict[str, int]) -> list[str]:
    try:
        found = conn.execute("SELECT name, updated_at FROM jobs ORDER BY name").fetchall()
    except sqlite3.Error:
        return ["jobs that were set up or changed since then; the damaged file doesn't tell which"]
    losses = [f"the job {name!r}: not in it" for name, _ in found if name not in known]
    changed = [name for name, at in found if name in known and known[name] != at]
    losses += [f"what was changed in the job {name!r}" for name in changed]
    there = {name for name, _ in found}
    losses += [f"that the job {name!r} was removed" for name in known if name not in there]
    return losses


def _logless(target: Path) -> bool:
    with closing(connect(target, "mode=ro")) as conn:
        return not _ask(conn, "SELECT EXISTS (SELECT 1 FROM log_chunks)")


def _ask(conn: sqlite3.Connection, question: str) -> int | None:
    try:
        (answer,) = conn.execute(question).fetchone()
    except sqlite3.Error:
        return None  # it can't be read there either
    return answer if type(answer) is int else None


def _set_aside(file: Path, now: datetime) -> Path | None:
    """Rename what is damaged, and what belongs to it; nothing is deleted."""
    kept = file.with_name(f"{file.name}.damaged-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    for tail in ("-wal", "-shm", ""):
        part = file.with_name(file.name + tail)
        if part.exists():
            part.rename(kept.with_name(kept.name + tail))
    return kept if kept.exists() else None
