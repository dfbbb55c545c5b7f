"""Statements that are compiled once and handed straight to the driver.

What happens for every single run (push, claim, conclude, its log) goes this way: building,
compiling and executing a Core statement costs 0.2 to 0.5 ms in Python, the same statement
on the driver's cursor 5 to 20 µs. Everything else stays with SQLAlchemy's own execution.

Values travel in the database's own form: times as whole microseconds (:func:`micros`),
words as plain ``str``. Rows come back as plain tuples, in the order of the columns asked
for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_AS_IT_IS = frozenset({str, int, bool})


def micros(moment: datetime) -> int:
    """An aware time as the tables have it."""
    return (moment - EPOCH) // _MICROSECOND


def moment(stored: int) -> datetime:
    """The aware UTC time of a stored one."""
    return EPOCH + timedelta(microseconds=stored)


class Prepared:
    """One statement, for any of the databases that we know.

    ``columns`` are the names of the parameters of an INSERT or UPDATE that sets just
    these. Parameters that the statement itself has values for needn't be given.
    """

    def __init__(self, statement: ClauseElement, columns: Iterable[str] | None = None) -> None:
        self._statement = statement
        self._columns = None if columns is None else list(columns)
        self._compiled: dict[str, tuple[str, tuple[str, ...] | None, dict[str, Any]]] = {}

    def rows(self, conn: Connection, **values: Any) -> list[tuple[Any, ...]]:
        """Execute it and take everything it returns."""
        return self._cursor(conn, values).fetchall()  # type: ignore[no-any-return]

    def row(self, conn: Connection, **values: Any) -> tuple[Any, ...] | None:
        """Execute it and take the first row that it returns."""
        cursor = self._cursor(conn, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
        cursor.close()
        return row

    def run(self, conn: Connection, **values: Any) -> int:
        """Execute it; how many rows it changed."""
        return int(self._cursor(conn, values).rowcount)

    def many(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute it for each of ``rows``, all of them with the same names."""
        if not rows:
            return
        text, order, own = self._text(conn)
        values = [{**own, **row} for row in rows] if own else rows
        cursor = conn.connection.cursor()
        try:
            cursor.executemany(
                text, values if order is None else [[row[n] for n in order] for row in values]
            )
        except conn.dialect.loaded_dbapi.Error as error:
            raise self._failed(conn, error) from error
        finally:
            cursor.close()

    def _cursor(self, conn: Connection, values: Mapping[str, Any]) -> Any:
        text, order, own = self._text(conn)
        if own:
            values = {**own, **values}
        cursor = conn.connection.cursor()
        try:
            cursor.execute(text, values if order is None else [values[name] for name in order])
        except conn.dialect.loaded_dbapi.Error as error:
            cursor.close()
            raise self._failed(conn, error) from error
        return cursor

    def _failed(self, conn: Connection, error: Exception) -> Exception:
        """As SQLAlchemy would have it, so that trouble looks the same whichever way."""
        text, _, _ = self._text(conn)
        known = conn.dialect.loaded_dbapi.Error
        return DBAPIError.instance(text, None, error, known, dialect=conn.dialect)

    def _text(self, conn: Connection) -> tuple[str, tuple[str, ...] | None, dict[str, Any]]:
        found = self._compiled.get(conn.dialect.name)
        if found is None:
            compiled: Any = self._statement.compile(dialect=conn.dialect, column_keys=self._columns)
            own = {
                name: plain(value)
                for name, value in compiled.params.items()
                if not compiled.binds[name].required
            }
            order = tuple(compiled.positiontup) if compiled.positional else None
            found = self._compiled[conn.dialect.name] = (str(compiled), order, own)
        return found


def plain(value: Any) -> Any:
    """A value in the database's own form."""
    if value is None or type(value) in _AS_IT_IS:
        return value
    if isinstance(value, datetime):
        return micros(value)
    return value.value if isinstance(value, Enum) else value
