"""A run of its own for the tests of a run's page: made step by step, through the store."""

from __future__ import annotations

import random
from datetime import datetime

from jobdesk.desk import Desk
from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.log import LogChunk, Stream
from jobdesk.domain.outcome import Verdict
from jobdesk.domain.retry import RetryPolicy
from jobdesk.store import claims, logs
from jobdesk.store.writer import Tx


class RunBuilder:
    """Plays the engine for one run, the only one that is queued."""

    def __init__(
        self,
        desk: Desk,
        action: ScriptAction | HttpAction,
        retry: RetryPolicy | None = None,
        **options: object,
    ) -> None:
        self._desk = desk
        self.run = desk.push(action, retry=retry, **options)  # type: ignore[arg-type]
        self.id = self.run.id
        self._claim: claims.Claim | None = None
        self._seq = 0

    def start(self, at: datetime | None = None) -> int:
        """Begin an attempt; its id."""
        now = at or self._desk.now()

        def work(tx: Tx) -> claims.Claim:
            claims.promote(tx, now)
            (claim,) = claims.claim(tx, now, 1)
            return claim

        self._claim = self._desk._db.writer.run(work)
        self._seq = 0
        return self._claim.attempt_id

    def write(
        self, *pieces: tuple[Stream, bytes], skip: int = 0, at: datetime | None = None
    ) -> None:
        """Append to the attempt's log in one flush; ``skip`` numbers are left out before it."""
        assert self._claim is not None
        attempt, now = self._claim.attempt_id, at or self._desk.now()
        self._seq += skip
        chunks = [
            LogChunk(seq, stream, now, data) for seq, (stream, data) in enumerate(pieces, self._seq)
        ]
        self._seq += len(chunks)

        def work(tx: Tx) -> None:
            logs.append(tx, attempt, chunks)
            tx.touch(f"log:{self.id}")

        self._desk._db.writer.run(work)

    def leave_out(self, size: int, lines: int) -> None:
        """Record that output was not kept."""
        assert self._claim is not None
        attempt = self._claim.attempt_id
        self._desk._db.writer.run(lambda tx: logs.state_size(tx, attempt, 1, size, lines))

    def conclude(self, verdict: Verdict, at: datetime | None = None) -> None:
        """End the attempt."""
        assert self._claim is not None
        claim, now = self._claim, at or self._desk.now()
        rng = random.Random(1)
        self._desk._db.writer.run(lambda tx: claims.conclude(tx, claim, verdict, now, rng))
