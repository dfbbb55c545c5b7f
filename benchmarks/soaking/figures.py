"""What the soak came to, in numbers."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.soaking.ledger import Books

_STATES = ("succeeded", "dead", "cancelled", "discarded", "skipped")


def figures(home: Path, books: Books, seconds: float, violations: int) -> dict[str, float]:
    """Names and numbers, in the order in which they are shown."""
    database = home / "jobdesk.db"
    with closing(sqlite3.connect(database)) as conn:

        def count(query: str) -> int:
            return int(conn.execute(f"SELECT count(*) FROM {query}").fetchone()[0])

        found: dict[str, float] = {"minutes": round(seconds / 60, 1), "runs": count("runs")}
        found |= {f"runs {state}": count(f"runs WHERE state = '{state}'") for state in _STATES}
        found["runs waiting"] = count("runs WHERE finished_at IS NULL")
        found["attempts"] = count("attempts")
        interrupted = count("attempts WHERE outcome = 'interrupted'")
    crashed = len(books.crashed)
    found["attempts interrupted by a kill (counted)"] = crashed
    found["attempts interrupted by a stop (not counted)"] = interrupted - crashed
    found |= {name: books.counts[name] for name in sorted(books.counts)}
    found |= {f"longest {name}": round(books.longest[name], 2) for name in sorted(books.longest)}
    found["database (MB)"] = round(database.stat().st_size / 1_048_576, 1)
    found["violations"] = violations
    return found


def table(numbers: dict[str, float]) -> str:
    """The figures as a table in Markdown, to be pasted where they are wanted."""
    width = max(map(len, numbers))
    lines = [f"| {name:<{width}} | {number:>9,} |" for name, number in numbers.items()]
    head = [f"| {'figure':<{width}} | {'':>9} |", f"|{'-' * (width + 2)}|----------:|"]
    return "\n".join([*head, *lines])
