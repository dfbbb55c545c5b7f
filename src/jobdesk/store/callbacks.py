"""Telling somebody's endpoint how a run ended.

A callback is a run like any other: it is retried, it can die and be replayed, and all of
that can be seen. It is made in the commit in which the run it tells about ends, so it is
neither lost nor sent for an end that was not stored.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from jobdesk.domain.action import HttpAction
from jobdesk.domain.lifecycle import Transition
from jobdesk.domain.parsing import iso
from jobdesk.domain.references import literal
from jobdesk.domain.run import FINISHED, Origin, Run, RunState
from jobdesk.store import schema
from jobdesk.store.prepared import Prepared
from jobdesk.store.pushing import NewRun, push_many
from jobdesk.store.writer import Tx

QUEUE = "callbacks"
"""Where they run: a queue of their own, so that they can be limited and paused."""

_a = schema.attempts.c
_LAST = Prepared(
    select(_a.http_status, _a.exit_code, _a.duration_ms)
    .where(_a.run_id == bindparam("of"))
    .order_by(_a.number.desc())
    .limit(1)
)
_QUEUE_ID = Prepared(select(schema.queues.c.id).where(schema.queues.c.name == bindparam("named")))


def run_ended(tx: Tx, run: Run, after: Transition, now: datetime) -> None:
    """Call back, if the run has somebody to call; its last attempt is closed by now."""
    if run.policy_spec is None or after.state not in FINISHED or after.state is RunState.DISCARDED:
        return
    try:
        url = run.policy.callback_url
    except ValueError:
        return  # what it said can't be read; the run itself says so
    if url is None:
        return
    action = HttpAction("POST", url, body=literal(json.dumps(_document(tx, run, after))))
    title = f"callback of run {run.id}: {run.title}"
    new = NewRun(action, QUEUE, 0, now, Origin.CALLBACK, about=run.id, title=title)
    push_many(tx, [new], now)


def _document(tx: Tx, run: Run, after: Transition) -> dict[str, Any]:
    status, exit_code, duration = _LAST.row(tx.conn, of=run.id) or (None, None, None)
    queue = _QUEUE_ID.row(tx.conn, named=run.queue)
    return {
        "event": "run.finished",
        "job_id": run.id,
        "queue_id": queue[0] if queue else None,
        "cron_id": run.job_id,
        "run_id": run.id,
        "job": run.job,
        "queue": run.queue,
        "state": after.state,
        "attempt": run.attempt,
        "max_attempts": run.max_attempts,
        "response_status": status,
        "exit_code": exit_code,
        "duration_ms": duration,
        "reason": after.reason,
        "error": after.error,
        "created_at": iso(run.created_at),
        "finished_at": iso(after.finished_at),
        "replay_of": run.replay_of,
    }
