"""Looks at the database between two lives of the engine, and remembers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.soaking.ledger import Books

_CONCLUDED = "('succeeded', 'dead', 'cancelled', 'skipped', 'discarded')"


class Witness:
    """What was concluded must stay as it was: history is never rewritten."""

    def __init__(self, database: Path, books: Books) -> None:
        self._database, self._books = database, books
        self._known: dict[int, tuple[str, int, int, str | None]] = {}
        self.looks = 0

    def open_attempts(self) -> set[int]:
        """The ids of attempts that have no end; sensible only while no engine runs."""
        with closing(sqlite3.connect(self._database, timeout=60)) as conn:
            return {row[0] for row in conn.execute("SELECT id FROM attempts WHERE outcome IS NULL")}

    def look(self) -> None:
        """Compare all concluded runs with what they were at the last look."""
        self.looks += 1
        query = (
            f"SELECT id, state, attempt, finished_at, reason FROM runs WHERE state IN {_CONCLUDED}"
        )
        with closing(sqlite3.connect(self._database, timeout=60)) as conn:
            now = {row[0]: tuple(row[1:]) for row in conn.execute(query)}
        for run, before in self._known.items():
            after = now.get(run)
            if after is not None and (before[0], after[0]) == ("dead", "discarded"):
                after = ("dead", *after[1:])
            if after is not None and (before[0], after[0]) == ("skipped", "skipped"):
                continue  # the last of many sums up those that come after it
            if after != before:
                self._books.problems.append(f"run {run} was {before} and is {after}: rewritten")
        self._known = now
