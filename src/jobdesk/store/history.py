"""What history is kept, and what is pruned: in small steps, the oldest first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, text, update

from jobdesk.domain.parsing import iso
from jobdesk.domain.retention import LastCleaning, judge
from jobdesk.domain.run import RunState
from jobdesk.store import schema
from jobdesk.store.writer import Tx

_r = schema.runs.c
_a = schema.attempts.c
_s = schema.settings.c
_CLEANED = "cleaned"
_STEP = 200

_KEPT = text("attempts.log_bytes > 0")  # in the words of its index

_LOGS_GO = (
    (RunState.SUCCEEDED,),
    (RunState.CANCELLED, RunState.DISCARDED),
    (RunState.DEAD,),
)

_FINISHED = (RunState.SUCCEEDED, RunState.CANCELLED, RunState.SKIPPED, RunState.DISCARDED)


def believe(tx: Tx, now: datetime) -> bool:
    """Whether the clock may be believed today; see :mod:`jobdesk.domain.retention`."""
    text = tx.conn.execute(select(_s.value).where(_s.name == _CLEANED)).scalar()
    try:
        times = [datetime.fromisoformat(time) if time else None for time in json.loads(text or "")]
        last = LastCleaning(times[0], times[1]) if times[0] else None
    except (ValueError, TypeError, IndexError):
        last = None  # never cleaned, or the note is damaged
    noted, allowed = judge(last, now)
    tx.conn.execute(delete(schema.settings).where(_s.name == _CLEANED))
    value = json.dumps([iso(noted.at), iso(noted.doubted_since)])
    tx.conn.execute(insert(schema.settings).values(name=_CLEANED, value=value))
    return allowed


@dataclass(frozen=True, slots=True)
class Part:
    """Runs that are kept equally long: finished ones or dead letters, of one queue or of
    all but some."""

    dead: bool = False
    queue: str | None = None
    but: tuple[str, ...] = ()

    @property
    def states(self) -> tuple[RunState, ...]:
        return (RunState.DEAD,) if self.dead else _FINISHED

    def conditions(self) -> list[ColumnElement[bool]]:
        if self.queue is not None:
            return [_r.queue == self.queue]
        return [_r.queue.not_in(self.but)] if self.but else []


def prune(tx: Tx, part: Part, before: datetime) -> int:
    """Delete some runs of ``part`` that ended before ``before``; how many."""
    deleted = 0
    for state in part.states:
        old = (
            select(_r.id)
            .where(_r.state == state, _r.finished_at.is_not(None), _r.finished_at < before)
            .where(*part.conditions())
            .order_by(_r.finished_at)
            .limit(_STEP - deleted)
        )
        deleted += _delete(tx, list(tx.conn.execute(old).scalars()))
    return deleted


def prune_beyond(tx: Tx, queue: str, keep: int) -> int:
    """Delete some finished runs of a queue, so that in the end the newest ``keep`` stay."""
    finished = (
        select(_r.id)
        .where(_r.queue == queue, _r.state.in_(_FINISHED))
        .order_by(_r.id.desc())
        .offset(keep)
        .limit(_STEP)
    )
    return _delete(tx, list(tx.conn.execute(finished).scalars()))


def log_bytes(conn: Connection) -> int:
    """The size of all logs together."""
    kept = select(func.coalesce(func.sum(_a.log_bytes), 0)).where(_KEPT)
    return int(conn.execute(kept).scalar_one())


def prune_logs(tx: Tx) -> int:
    """Delete some logs; how many bytes that freed.

    The oldest of succeeded runs go first, then those of cancelled and discarded ones, and
    only then those of the dead, which somebody may have to understand.
    """
    for states in _LOGS_GO:
        found = tx.conn.execute(
            select(_a.id, _a.log_bytes)
            .join_from(schema.attempts, schema.runs, _a.run_id == _r.id)
            .where(_KEPT, schema.state_in(*states))
            .order_by(_a.id)
            .limit(_STEP)
        ).all()
        if found:
            break
    ids = [row.id for row in found]
    tx.conn.execute(delete(schema.log_chunks).where(schema.log_chunks.c.attempt_id.in_(ids)))
    tx.conn.execute(
        update(schema.attempts)
        .where(_a.id.in_(ids))
        .values(log_bytes=0, omitted_bytes=_a.omitted_bytes + _a.log_bytes)
    )
    return sum(row.log_bytes for row in found if type(row.log_bytes) is int)


def _delete(tx: Tx, ids: list[int]) -> int:
    if not ids:
        return 0
    tx.touch("runs")
    # Attempts and logs go with their runs (ON DELETE CASCADE).
    return tx.conn.execute(delete(schema.runs).where(_r.id.in_(ids))).rowcount
