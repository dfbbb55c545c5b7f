"""What the database complains about, in sentences for people."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, IntegrityError, ProgrammingError

from jobdesk.domain.errors import JobDeskError, Unavailable

_SENTENCES = (
    ("locked", "another program has kept it locked for too long; close what else uses the file"),
    ("busy", "another program has kept it locked for too long; close what else uses the file"),
    ("full", "the disk is full; nothing was stored. Free some space and try again"),
    ("readonly", "it can't be written to; check the permissions of the file and its folder"),
    ("read-only", "it can't be written to; check the permissions of the file and its folder"),
    (
        "disk i/o",
        "reading or writing the file failed; see whether the disk is full, gone or failing",
    ),
    (
        "unable to open",
        "the file can't be opened; check that its folder exists and is yours, and that the"
        " disk isn't full",
    ),
    ("malformed", "the file is damaged; run `jobdesk doctor`"),
    ("not a database", "the file is not a database; run `jobdesk doctor`"),
    ("no such table", "the file is not a JobDesk database, or is damaged; run `jobdesk doctor`"),
)

_PASSING = ("locked", "busy", "full", "readonly", "read-only", "disk i/o", "unable to open")


class Missing(Unavailable):
    """The database's file is not where it was opened. What SQLite would go on writing to
    is a file that nobody will ever find again."""


def explain(error: Exception) -> JobDeskError:
    """The error as one of ours; those that already are pass through."""
    if isinstance(error, JobDeskError):
        return error
    text = str(error.orig if isinstance(error, DBAPIError) else error)
    for needle, sentence in _SENTENCES:
        if needle in text.lower():
            return Unavailable(f"the database can't be used: {sentence} ({text})")
    return Unavailable(f"the database can't be used: {text}")


def is_trouble(error: Exception) -> bool:
    """Whether the database is in trouble, rather than asked for something wrong."""
    return isinstance(error, (DatabaseError, sqlite3.DatabaseError, Missing)) and not isinstance(
        error,
        (DataError, IntegrityError, ProgrammingError, sqlite3.IntegrityError, sqlite3.DataError),
    )


def is_passing(error: Exception) -> bool:
    """Whether the trouble may pass without anybody changing what is in the database:
    there is room again, the lock is gone, the folder is back or may be written to."""
    if isinstance(error, Missing):
        return True
    if not is_trouble(error):
        return False
    return any(needle in _words(error) for needle in _PASSING)


def is_locked(error: Exception) -> bool:
    """Whether another program has the database locked."""
    return is_trouble(error) and ("locked" in _words(error) or "busy" in _words(error))


def _words(error: Exception) -> str:
    # Not str(error): that repeats the statement's parameters, which may say anything.
    return str(error.orig if isinstance(error, DBAPIError) else error).lower()
