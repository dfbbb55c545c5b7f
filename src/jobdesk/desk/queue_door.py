"""The desk's door to queues."""

from __future__ import annotations

from typing import Any

from jobdesk.desk.answers import UNCHANGED, Unchanged
from jobdesk.desk.room import Room
from jobdesk.domain.parsing import check_name, check_whole
from jobdesk.domain.queue import MAX_CONCURRENCY, Queue, QueuePolicy
from jobdesk.store import (
    queues,
)
from jobdesk.store.writer import Tx


class QueueDoor(Room):
    """What can be done with queues, and asked about them."""

    def queues(self) -> list[Queue]:
        with self._db.reading() as conn:
            return queues.all_queues(conn)

    def queue(self, name: str) -> Queue:
        with self._db.reading() as conn:
            return queues.get(conn, name)

    def set_queue(
        self,
        name: str,
        *,
        concurrency: int | Unchanged | None = UNCHANGED,
        policy: QueuePolicy | Unchanged = UNCHANGED,
    ) -> Queue:
        """Set how many runs of a queue run at once (None: no limit), and what its runs
        inherit from now on; the queue is made if new."""
        check_name(name, "queue")
        values: dict[str, Any] = {}
        if concurrency is not UNCHANGED:
            if concurrency is not None:
                check_whole(concurrency, "concurrency", least=1, most=MAX_CONCURRENCY)
            values["concurrency"] = concurrency
        if isinstance(policy, QueuePolicy):
            # The default is kept as nothing at all: most queues say nothing, and cost nothing.
            values["policy"] = None if policy == QueuePolicy() else policy.model_dump_json()

        def work(tx: Tx) -> Queue:
            queues.ensure(tx, name, self.now())
            if values:
                queues.change(tx, name, **values)
            return queues.get(tx.conn, name)

        return self._write(work)

    def pause_queue(self, name: str, paused: bool = True) -> Queue:
        """Stop, or go on, starting runs of a queue; what runs is left alone."""

        def work(tx: Tx) -> Queue:
            queues.change(tx, name, paused=paused)
            return queues.get(tx.conn, name)

        return self._write(work)

    def pause_all(self, paused: bool = True) -> None:
        """Pause or resume every queue."""
        self._write(lambda tx: queues.change_all(tx, paused=paused))
