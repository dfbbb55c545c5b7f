"""The database file by way of the driver alone, for whoever looks after the file itself."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

LENIENT = partial(str, encoding="utf-8", errors="surrogateescape")
"""Bytes that are no text must not spoil what is beside them: a ``text_factory``."""

_PATIENCE = 15.0


class _Connection(sqlite3.Connection):
    """The driver stumbles over its own message where that names a table whose name is no
    text any more."""

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        try:
            return super().execute(sql, parameters)
        except UnicodeDecodeError:
            raise sqlite3.DatabaseError("malformed database schema") from None


def connect(file: Path, how: str = "mode=rw") -> sqlite3.Connection:
    """Open ``file`` with SQLite's URI parameters ``how``; transactions are begun by hand."""
    uri = f"{file.as_uri()}?{how}"
    connection = sqlite3.connect(
        uri, uri=True, timeout=_PATIENCE, isolation_level=None, factory=_Connection
    )
    connection.text_factory = LENIENT
    return connection
