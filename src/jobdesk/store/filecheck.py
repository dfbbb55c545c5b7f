"""Looking at an SQLite file before anybody opens it: whose it is, and whether it is sound.

Nothing here changes the file, and where no other program has it open nothing appears
beside it: opening a database in the ordinary way may rewrite its header, replay or delete
its ``-wal``, and leave ``-wal`` and ``-shm`` behind.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from jobdesk.domain.errors import JobDeskError, Unavailable
from jobdesk.store import schema
from jobdesk.store.driver import connect
from jobdesk.store.failures import explain

SMALL = 64 * 1_048_576
"""Bytes up to which everything is checked at a start, indexes against tables too: a
quarter of a second. See docs/decisions/0011-damage.md."""

ADVICE = "Nothing was changed. Run `jobdesk doctor`: it says what can be restored"

_OURS = frozenset({"alembic_version", "jobs", "runs", "attempts", "queues", "settings"})
_MOST = 200
# Complaints about one row's values, which the reading of rows deals with.
_ABOUT_A_VALUE = re.compile(r"^(NULL|TEXT|NUMERIC|non-\w+) value in ")
_ABOUT_AN_INDEX = re.compile(
    r"missing from index|wrong # of entries in index|values differ from index"
)


class Damaged(Unavailable):
    """The database file is damaged, or gone though there are backups of it."""


def wal_of(file: Path) -> Path:
    return file.with_name(file.name + "-wal")


def has_wal(file: Path) -> bool:
    """Whether commits may lie in the write-ahead log beside the file."""
    return _size(wal_of(file)) > 0


def backups_folder(file: Path) -> Path:
    return file.with_name("backups")


def backups_of(file: Path) -> list[Path]:
    """The backups of a database file, the newest first."""
    return sorted(backups_folder(file).glob(f"{file.name}.20*Z.backup"), reverse=True)


@contextmanager
def peek(file: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only looks, at a file that is ours: it takes part in the locking
    where the folder allows that, so others may write meanwhile."""
    free = os.access(file.parent, os.W_OK) or has_wal(file)
    with closing(connect(file, "mode=ro" if free else "mode=ro&immutable=1")) as conn:
        yield conn


def unopened(file: Path, error: Exception) -> JobDeskError:
    """Why the file could not be opened: SQLite needs to write beside it even to read."""
    if not os.access(file.parent, os.W_OK):
        return Unavailable(
            f"the database {file} can't be used: its folder can't be written to, and"
            " nobody has it open; check the permissions of the folder"
        )
    return Unavailable(f"{explain(error)}; the file is {file}")


def identify(file: Path) -> str | None:
    """The schema version of a database of ours; None where a new one is to be made.

    Raises :class:`Damaged`, or Unavailable for what is not ours.
    """
    said = marked(file)
    if said is not None:
        raise Damaged(said)
    if _size(file) == 0:
        _check_nothing_was_there(file)
        return None
    wal = wal_damage(file)
    if wal is not None:
        raise Damaged(sentence(file, [wal]))
    try:
        known = _identify(file, "mode=ro&immutable=1")
        if known is not None and known > schema.HEAD:
            return known  # a newer program's: look no closer
        if has_wal(file):
            known = _identify(file, "mode=ro")
    except sqlite3.OperationalError as error:
        if "unsupported file format" in str(error):  # no SQLite has ever written another
            raise Damaged(sentence(file, [str(error)])) from None
        raise unopened(file, error) from None
    except sqlite3.DatabaseError as error:
        if has_wal(file):  # somebody may just be moving its pages
            with suppress(sqlite3.DatabaseError):
                return _identify(file, "mode=ro")
        failure = explain(error)
        raise Damaged(f"{failure}; the file is {file}. {ADVICE}") from None
    wrong = _head_damage(file) if known is not None else None
    if wrong is not None:
        raise Damaged(sentence(file, [wrong]))
    return known


def damage(file: Path, *, thorough: bool, logs: bool = True) -> list[str]:
    """What SQLite finds wrong with the file, in its words; empty where all is well.

    ``thorough`` compares the indexes with their tables as well. Without ``logs`` the
    output of the runs is left out, which is most of a large file. A value that can't be
    right is not damage of the file: its row is set aside when it is read.
    """
    wal = wal_damage(file)
    if wal is not None:
        return [wal]
    wrong = _head_damage(file)
    if wrong is not None:
        return [wrong]
    pragma = "integrity_check" if thorough else "quick_check"
    found: list[str] = []
    try:
        with peek(file) as conn:
            names = [name for (name,) in conn.execute(_TABLES)]
            kept = [name for name in names if logs or name != "log_chunks"]
            for target in [_MOST] if logs else kept:
                found += [str(row[0]) for row in conn.execute(f"PRAGMA {pragma}({target})")]
    except sqlite3.OperationalError as error:
        raise explain(error) from None  # locked, say: that is no damage
    except sqlite3.DatabaseError as error:
        found.append(str(error))
    lines = [line for text in found for line in text.splitlines() if line != "ok"]
    return [line for line in lines if not _ABOUT_A_VALUE.match(line)]


def damage_at_start(file: Path) -> list[str]:
    """What must be known before anything is written to the file.

    Everything where that is quick or the last end was unclean; else all but the logs,
    which the daily check reads first thing, in the background.
    """
    if _size(file) == 0:
        return []
    size = _size(file)
    return damage(file, thorough=size <= SMALL, logs=size <= SMALL or has_wal(file))


def only_indexes(found: list[str]) -> bool:
    """Whether the damage is of a kind that building the indexes anew mends."""
    return all(_ABOUT_AN_INDEX.search(line) for line in found)


def sentence(file: Path, found: list[str]) -> str:
    """The damage as everybody is told of it: engine, window and commands."""
    what = "; ".join(found[:3]) + ("; and more" if len(found) > 3 else "")
    return f"the database {file} is damaged ({what}). {ADVICE}"


# -- the note that a file is damaged: who was told it once needn't look again ------------


def mark(file: Path, said: str) -> None:
    """Note beside the file that it is damaged, so that nobody writes to it any more."""
    note = {"file": _fingerprint(file), "says": said}
    with suppress(OSError):  # a full or read-only disk: then everybody looks for himself
        _note(file).write_text(json.dumps(note), encoding="utf-8")


def marked(file: Path) -> str | None:
    """What was found wrong with this very file, unless it was changed or replaced since."""
    try:
        note = json.loads(_note(file).read_text(encoding="utf-8"))
        return str(note["says"]) if note["file"] == _fingerprint(file) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def unmark(file: Path) -> None:
    _note(file).unlink(missing_ok=True)


def _note(file: Path) -> Path:
    return file.with_name(file.name + ".damaged")


def _fingerprint(file: Path) -> list[int]:
    try:
        stat = file.stat()
    except OSError:
        return []
    return [stat.st_ino, stat.st_size, stat.st_mtime_ns]


# -- inside ----------------------------------------------------------------------------

_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)


def _identify(file: Path, how: str) -> str | None:
    with closing(connect(file, how)) as conn:
        tables = {str(name) for (name,) in conn.execute(_TABLES)}
        (application,) = conn.execute("PRAGMA application_id").fetchone()
        if not tables and not application:
            return None
        if len(tables & _OURS) > len(_OURS) / 2 and not tables >= _OURS:
            lost = ", ".join(sorted(_OURS - tables))
            raise Damaged(f"{file} is damaged: the table {lost} is not in it. {ADVICE}")
        if not tables >= _OURS:
            names = ", ".join(sorted(tables)[:3]) or f"none, but the mark {application}"
            raise Unavailable(
                f"the database {file} belongs to another program: it holds tables that are not"
                f" JobDesk's ({names}). It was left untouched; let JOBDESK_DATABASE_URL name"
                " another file"
            )
        row = conn.execute("SELECT version_num FROM alembic_version").fetchone()
        if row is None:
            raise Damaged(f"{file} says nothing about its version: it is damaged. {ADVICE}")
        return str(row[0])


def _check_nothing_was_there(file: Path) -> None:
    """A database that is gone must not quietly become an empty one."""
    what = "is gone" if not file.exists() else "is empty"
    if has_wal(file):
        raise Damaged(f"the database {file} {what}, but its {wal_of(file).name} is not. {ADVICE}")
    if backups_of(file):
        raise Damaged(
            f"the database {file} {what}, and there are backups of it. {ADVICE}. To begin anew"
            f" instead, move the folder {backups_folder(file)} away"
        )


def _head_damage(file: Path) -> str | None:
    """What the first 100 bytes tell of, and SQLite does not mind: cheap enough for every
    command, also where no engine has looked over the whole file.

    https://www.sqlite.org/fileformat2.html#the_database_header
    """
    if has_wal(file):
        return None  # the pages may lie there; the check of the tables sees
    with file.open("rb") as opened:
        head = opened.read(100)
    if len(head) < 100 or not head.startswith(b"SQLite format 3\x00"):
        return "file is not a database"
    if head[18] not in (1, 2):
        return "its format is marked as one that can only be read"
    (page,) = struct.unpack(">H", head[16:18])
    changed, pages, valid_for = (struct.unpack(">I", head[at : at + 4])[0] for at in (24, 28, 92))
    whole = pages * (65536 if page == 1 else page)
    size = _size(file)
    if changed == valid_for and size < whole:
        return f"the file is cut short: {size:,} of {whole:,} bytes are there"
    return None


def wal_damage(file: Path) -> str | None:
    """What is wrong with the head of the write-ahead log. SQLite would take one that it
    can't read for an empty one and write over it, and the commits in it were lost.

    https://www.sqlite.org/fileformat2.html#the_write_ahead_log
    """
    try:
        with wal_of(file).open("rb") as opened:
            head = opened.read(32)
    except OSError:
        return None
    if not head.strip(b"\0"):
        return None  # a power cut before its first commit
    if len(head) < 32:
        return f"{wal_of(file).name} is cut short"
    order = {0x377F0682: "<", 0x377F0683: ">"}.get(struct.unpack(">I", head[:4])[0])
    if order is not None:
        one = two = 0
        numbers = struct.unpack(order + "6I", head[:24])
        for first, second in zip(numbers[::2], numbers[1::2], strict=True):
            one = (one + first + two) & 0xFFFFFFFF
            two = (two + second + one) & 0xFFFFFFFF
        if struct.unpack(">2I", head[24:]) == (one, two):
            return None
    return f"{wal_of(file).name} can't be read"


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
