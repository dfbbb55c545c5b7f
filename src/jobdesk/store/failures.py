"""What the database complains about, in sentences for people."""

from __future__ import annotations

from sqlalchemy.exc import DatabaseError, DataError, DBAPIError, IntegrityError, ProgrammingError

from jobdesk.domain.errors import JobDeskError, Unavailable

_SENTENCES = (
    ("locked", "another program has kept it locked for too long; close what else uses the file"),
    ("busy", "another program has kept it locked for too long; close what else uses the file"),
    ("full", "the disk is full; nothing was stored. Free some space and try again"),
    ("readonly", "it can't be written to; check the permissions of the file and its folder"),
    ("read-only", "it can't be written to; check the permissions of the file and its folder"),
    ("disk i/o", "reading or writing the file failed; check the disk"),
    ("unable to open", "the file can't be opened; check that its folder exists and is yours"),
    ("malformed", "the file is damaged; run `jobdesk doctor`"),
    ("not a database", "the file is not a database; run `jobdesk doctor`"),
    ("no such table", "the file is not a JobDesk database, or is damaged; run `jobdesk doctor`"),
)

_PASSING = ("locked", "busy", "full", "disk i/o", "unable to open")


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
    return isinstance(error, DatabaseError) and not isinstance(
        error, (DataError, IntegrityError, ProgrammingError)
    )


def is_passing(error: Exception) -> bool:
    """Whether the trouble may pass without anybody touching the database."""
    if not isinstance(error, DatabaseError) or not is_trouble(error):
        return False
    # Not str(error): that repeats the statement's parameters, which may say anything.
    text = str(error.orig).lower()
    return any(needle in text for needle in _PASSING)
