"""One writer thread with group commit.

Callers hand over small closures and get a future. The thread runs whatever has queued up
in one transaction, each closure in a savepoint of its own, commits once, and only then
resolves the futures: a future with a result is on disk. Who waits for his own work while
nobody else writes is his own writer.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Transaction
from sqlalchemy.exc import DBAPIError

from jobdesk.domain.errors import Unavailable
from jobdesk.store.failures import explain, is_passing, is_trouble

T = TypeVar("T")

WORK = "work"
"""The topic that wakes the engine: there may be something to claim, to end, or to wait for.
What the engine does with it is told as "runs" only."""

log = logging.getLogger(__name__)

_BATCH = 500
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


class Tx:
    """What a closure works with: the connection, and the topics that it changes."""

    __slots__ = ("conn", "topics")

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.topics: set[str] = set()

    def touch(self, *topics: str) -> None:
        """Say that whoever shows these topics should look again, once this is committed."""
        self.topics.update(topics)


@dataclass(slots=True)
class _Item:
    work: Callable[[Tx], Any]
    keep: bool
    future: Future[Any] = field(default_factory=Future)


class Writer:
    """The one that commits. ``on_commit`` gets the touched topics after each commit."""

    def __init__(
        self,
        engine: Engine,
        on_commit: Callable[[frozenset[str]], None],
        on_trouble: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self._engine, self._on_commit, self._on_trouble = engine, on_commit, on_trouble
        self._items: queue.SimpleQueue[list[_Item] | None] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._handed_over = 0
        """Pieces of work that the thread has been given and is not done with."""
        self._committing = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        # Kept from commit to commit: taking one from the pool costs more than most work.
        self._conn: Connection | None = None

    def submit(self, work: Callable[[Tx], T], *, keep: bool = False) -> Future[T]:
        """Queue ``work``. With ``keep``, trouble that may pass (a full disk, a locked
        database) is waited out instead of reported: for what has happened already and
        must not be forgotten."""
        item = _Item(work, keep)
        self._put([item])
        return item.future

    def submit_pair(
        self, kept: Callable[[Tx], Any], then: Callable[[Tx], T]
    ) -> tuple[Future[Any], Future[T]]:
        """Queue two pieces of work for one and the same commit, in this order; the first
        as with ``keep``. Trouble with one of them doesn't touch the other."""
        first, second = _Item(kept, True), _Item(then, False)
        self._put([first, second])
        return first.future, second.future

    def _put(self, items: list[_Item]) -> None:
        for item in items:
            # From here on it can't be cancelled: it may be in a transaction at any time.
            item.future.set_running_or_notify_cancel()
        with self._start:
            if self._closing.is_set():
                raise Unavailable("the database is closed")
            if self._thread is None:
                # A daemon, so that a script that never closes its desk still exits:
                # whoever waited for a future has his rows on disk.
                self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
                self._thread.start()
            self._handed_over += len(items)
            self._items.put(items)

    def run(self, work: Callable[[Tx], T]) -> T:
        """Do ``work`` and wait until it is committed.

        With nothing else to be committed, the caller does it himself: to hand it over and
        wake up again takes him longer than the work.
        """
        item = _Item(work, keep=False)
        if self._step_in():
            try:
                self._commit([item])
            finally:
                self._committing.release()
        else:
            self._put([item])
        return item.future.result()  # type: ignore[no-any-return]

    def _step_in(self) -> bool:
        """Whether the caller may commit: nobody does, and nobody's turn comes before his."""
        with self._start:
            free = not self._handed_over and not self._closing.is_set()
            return free and self._committing.acquire(blocking=False)

    def close(self) -> None:
        """Commit what was handed over, then stop; kept work gets one last try."""
        with self._start:
            self._closing.set()
            thread = self._thread
            self._items.put(None)
        if thread is not None:
            thread.join()
        with self._committing:
            self._let_go()

    def _loop(self) -> None:
        carried: list[_Item] = []
        pause = _FIRST_PAUSE
        ending = False
        while not ending or carried:
            ending = self._gather(carried) or ending
            if not carried:
                continue
            with self._committing:
                left = self._commit(carried)
            if left and self._closing.is_set():
                for item in left:
                    item.future.set_exception(Unavailable("the database was closed"))
                left = []
            if left:
                self._closing.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                pause = _FIRST_PAUSE
            with self._start:
                self._handed_over -= len(carried) - len(left)
            carried = left

    def _gather(self, batch: list[_Item]) -> bool:
        """Add what has queued up to ``batch``; True when it is time to end."""
        ending = False
        # On top of what is carried: however much of that waits for the trouble to pass,
        # others must be told that there is trouble.
        most = len(batch) + _BATCH
        try:
            while len(batch) < most:
                items = self._items.get(block=not batch and not ending)
                if items is None:
                    ending = True
                    if self._items.empty():
                        break
                else:
                    batch += items
        except queue.Empty:
            pass
        return ending

    def _commit(self, batch: list[_Item]) -> list[_Item]:
        """One transaction, made by one at a time; returns the kept items to be tried again."""
        topics: set[str] = set()
        try:
            if self._conn is None:
                self._conn = self._engine.connect()
            with self._conn.begin() as transaction:
                if len(batch) == 1:
                    outcomes = [(batch[0], *_alone(self._conn, transaction, batch[0], topics))]
                else:
                    outcomes = [(item, *_step(self._conn, item, topics)) for item in batch]
        except Exception as error:  # the whole transaction is gone
            self._let_go()
            self._on_trouble(str(explain(error)))
            return _fail(batch, error)
        self._on_trouble(None)
        for item, result, trouble in outcomes:
            if trouble is None:
                item.future.set_result(result)
            else:
                item.future.set_exception(trouble)
        if topics:
            self._announce(frozenset(topics))
        return []

    def _let_go(self) -> None:
        """Give the connection back; another one may be in better health."""
        if self._conn is not None:
            conn, self._conn = self._conn, None
            conn.close()

    def _announce(self, topics: frozenset[str]) -> None:
        try:
            self._on_commit(topics)
        except Exception:
            # It is committed, and whoever listens badly must not end this thread.
            log.exception("a listener failed")


def _step(conn: Connection, item: _Item, topics: set[str]) -> tuple[Any, BaseException | None]:
    """Run one closure in its savepoint. A refusal undoes the closure, not the batch."""
    tx = Tx(conn)
    _savepoint(conn, "SAVEPOINT item")
    try:
        result = item.work(tx)
    except Exception as error:
        if _is_lost(error):
            raise
        _savepoint(conn, "ROLLBACK TO SAVEPOINT item")
        _savepoint(conn, "RELEASE SAVEPOINT item")
        return None, explain(error) if is_trouble(error) else error
    _savepoint(conn, "RELEASE SAVEPOINT item")
    topics |= tx.topics
    return result, None


def _alone(
    conn: Connection, transaction: Transaction, item: _Item, topics: set[str]
) -> tuple[Any, BaseException | None]:
    """The same for a closure that has the transaction to itself."""
    tx = Tx(conn)
    try:
        result = item.work(tx)
    except Exception as error:
        if _is_lost(error):
            raise
        transaction.rollback()
        return None, explain(error) if is_trouble(error) else error
    topics |= tx.topics
    return result, None


def _is_lost(error: Exception) -> bool:
    """Whether nothing in this transaction can be relied on any more."""
    return is_passing(error) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def _savepoint(conn: Connection, statement: str) -> None:
    """Straight to the driver: it happens twice for each closure."""
    cursor = conn.connection.cursor()
    cursor.execute(statement)
    cursor.close()


def _fail(batch: list[_Item], error: Exception) -> list[_Item]:
    left = []
    for item in batch:
        if item.keep and is_passing(error):
            left.append(item)
        else:
            item.future.set_exception(explain(error))
    return left
