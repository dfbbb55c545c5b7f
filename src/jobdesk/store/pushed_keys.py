"""What was pushed over HTTP with a key, so that the same push again gets the first answer.

A key is its token's own, and lives as long as the run that it made.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from jobdesk.domain.errors import Conflict, show
from jobdesk.domain.run import Run
from jobdesk.store import pushing, queues, schema
from jobdesk.store.pushing import NewRun
from jobdesk.store.writer import Tx

_k = schema.pushed_keys.c

Describe = Callable[[Run, int], dict[str, Any]]
"""From a run and the id of its queue to the answer for whoever pushed it."""


def push(
    tx: Tx,
    new: NewRun,
    describe: Describe,
    *,
    token_id: int,
    key: str | None,
    fingerprint: str,
    now: datetime,
) -> dict[str, Any]:
    """Store one run, and what its pusher is answered. With a key that this token used
    before, the answer of then; raises Conflict where it was for something else."""
    mine = select(_k.fingerprint, _k.answer).where(_k.token_id == token_id, _k.key == key)
    before = tx.conn.execute(mine).first() if key is not None else None
    if before is not None:
        if before.fingerprint != fingerprint:
            raise Conflict(f"the key {show(key)} was used before, for another request")
        known: dict[str, Any] = json.loads(before.answer)
        return known
    run, _ = pushing.push(tx, new, now)
    answer = describe(run, queues.id_of(tx.conn, run.queue))
    if key is not None:
        values = {
            "token_id": token_id,
            "key": key,
            "run_id": run.id,
            "fingerprint": fingerprint,
            "answer": json.dumps(answer),
            "created_at": now,
        }
        tx.conn.execute(insert(schema.pushed_keys).values(**values))
    return answer
