"""The note that a rescue leaves, until a person has seen it: one row of the settings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from jobdesk.domain.interruption import Interruption
from jobdesk.domain.parsing import iso
from jobdesk.domain.run import Run, RunState
from jobdesk.store import schema
from jobdesk.store.writer import Tx

_s = schema.settings.c
_NAME = "interruption"
_MOST = 1_000
"""How many runs, the newest, are remembered."""


def read(conn: Connection) -> Interruption | None:
    """What has happened since the last :func:`forget`; None if nothing, or if the note is
    damaged."""
    text = conn.execute(select(_s.value).where(_s.name == _NAME)).scalar()
    try:
        value = json.loads(text or "null")
        runs = {int(run_id): RunState(state) for run_id, state in value["runs"].items()}
        return Interruption(datetime.fromisoformat(value["found_at"]), int(value["ends"]), runs)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def note(tx: Tx, rescued: Iterable[Run], now: datetime) -> None:
    """Add what a rescue found to what nobody has seen yet."""
    before = read(tx.conn)
    runs = dict(before.runs) if before else {}
    runs.update((run.id, run.state) for run in rescued)
    kept = {str(run_id): runs[run_id] for run_id in sorted(runs)[-_MOST:]}
    ends = 1 + (before.ends if before else 0)
    value = json.dumps({"found_at": iso(now), "ends": ends, "runs": kept})
    forget(tx)
    tx.conn.execute(insert(schema.settings).values(name=_NAME, value=value))


def forget(tx: Tx) -> None:
    """A person has seen it."""
    tx.conn.execute(delete(schema.settings).where(_s.name == _NAME))
    tx.touch("settings")
