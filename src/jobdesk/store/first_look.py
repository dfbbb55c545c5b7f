"""The newest rows of a database, before anything heavy is loaded.

SQLAlchemy and what reads jobs take longer to import than the window takes to show. So the
first picture is made from the few rows that are read here, with the driver alone, and the
desk is opened behind it. Only for the SQLite file of this very version: whatever else it
may be is left to :class:`jobdesk.store.database.Database`, which knows what to say.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jobdesk.domain.outcome import Reason
from jobdesk.domain.run import Origin, Run, RunState
from jobdesk.store.version import HEAD

ROWS = 60
"""As many as fit on a large screen."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES = tuple(field.name for field in fields(Run) if field.name != "problem")
_DEAD = "WHERE state || '' = 'dead' AND replayed_by IS NULL"  # in the words of its index


def newest_runs(file: Path, *, dead_letters: bool = False) -> list[Run] | None:
    """The newest runs (or dead letters), at most :data:`ROWS`; None where that can't be
    told quickly. Reads only, and makes nothing."""
    columns = ", ".join(_NAMES)
    which = _DEAD if dead_letters else ""
    query = f"SELECT {columns} FROM runs {which} ORDER BY id DESC LIMIT {ROWS}"
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=0)) as conn:
            if conn.execute("SELECT version_num FROM alembic_version").fetchone() != (HEAD,):
                return None
            conn.row_factory = sqlite3.Row
            return [_run(row) for row in conn.execute(query)]
    except (sqlite3.Error, ValueError, TypeError, OverflowError):
        return None


def _run(row: Mapping[str, Any]) -> Run:
    values = {name: row[name] for name in _NAMES}
    for name, value in values.items():
        if name.endswith("_at") and value is not None:
            values[name] = _EPOCH + timedelta(microseconds=value)
    values["state"], values["origin"] = RunState(row["state"]), Origin(row["origin"])
    values["reason"] = Reason(row["reason"]) if row["reason"] else None
    values["cancel_requested"] = bool(row["cancel_requested"])
    return Run(**values)
