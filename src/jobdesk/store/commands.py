"""What a person can do to a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select, update

from jobdesk.domain import lifecycle
from jobdesk.domain.lifecycle import Transition
from jobdesk.domain.run import Run
from jobdesk.store import callbacks, runs, schema
from jobdesk.store.writer import WORK, Tx

_r = schema.runs.c


def apply(tx: Tx, run: Run, transition: Transition, now: datetime) -> None:
    """Write a transition that :mod:`lifecycle` allowed."""
    tx.conn.execute(update(schema.runs).where(_r.id == run.id).values(**asdict(transition)))
    tx.touch("runs", WORK, f"run:{run.id}")
    callbacks.run_ended(tx, run, transition, now)


def cancel(tx: Tx, run_ids: Sequence[int], now: datetime) -> None:
    """Cancel runs that wait; ask the engine to end those that run.

    All or none: one that can't be cancelled is refused, and nothing is changed.
    """
    for run in _each(tx, run_ids):
        transition = lifecycle.cancel(run, now)
        if transition is not None:
            apply(tx, run, transition, now)
        else:
            tx.conn.execute(
                update(schema.runs).where(_r.id == run.id).values(cancel_requested=True)
            )
            tx.touch("runs", WORK, f"run:{run.id}")


def retry_now(tx: Tx, run_ids: Sequence[int], now: datetime) -> None:
    """End the countdown of retrying runs; all or none."""
    _apply_each(tx, run_ids, lifecycle.retry_now, now)


def discard(tx: Tx, run_ids: Sequence[int], now: datetime) -> None:
    """Put dead letters away; all or none."""
    _apply_each(tx, run_ids, lifecycle.discard, now)


def dead_letters(tx: Tx, queue: str | None) -> list[int]:
    """The ids of all readable dead letters that nobody has replayed, the oldest first."""
    query = select(_r.id).where(schema.ATTENTION)
    if queue is not None:
        query = query.where(_r.queue == queue)
    dead = list(tx.conn.execute(query.order_by(_r.id)).scalars())
    # One that was set aside must not keep the others from being replayed.
    return [run.id for run in runs.get_many(tx.conn, dead) if run.problem is None]


def _each(tx: Tx, run_ids: Sequence[int]) -> list[Run]:
    return [runs.get(tx.conn, run_id) for run_id in dict.fromkeys(run_ids)]


def _apply_each(
    tx: Tx,
    run_ids: Sequence[int],
    decide: Callable[[Run, datetime], Transition],
    now: datetime,
) -> None:
    for run in _each(tx, run_ids):
        apply(tx, run, decide(run, now), now)
