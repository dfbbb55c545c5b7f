"""What can be done with runs: pushed, replayed, cancelled, tried again, put away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jobdesk.clock import local_zone
from jobdesk.desk.answers import Replayed
from jobdesk.desk.placing import Placer
from jobdesk.desk.room import Room
from jobdesk.domain.action import HttpAction, ScriptAction, check_url
from jobdesk.domain.assertions import AnyAssertion, check_assertions, parse_assertions
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.job import check_priority
from jobdesk.domain.parsing import check_name, parse_duration, parse_time
from jobdesk.domain.policy import Terms
from jobdesk.domain.queue import DEFAULT_QUEUE
from jobdesk.domain.retry import RetryPolicy
from jobdesk.domain.run import Origin, Run
from jobdesk.domain.timeout import check_timeout
from jobdesk.store import (
    commands,
    jobs,
    pushed_keys,
    pushing,
    queues,
)
from jobdesk.store.pushed_keys import Describe
from jobdesk.store.pushing import NewRun
from jobdesk.store.writer import Tx

AnyAction = ScriptAction | HttpAction


class RunCommands(Room):
    """The desk's commands about runs."""

    def push(
        self,
        action: AnyAction,
        *,
        queue: str = DEFAULT_QUEUE,
        delay: timedelta | float | str | None = None,
        at: datetime | str | None = None,
        priority: int = 0,
        timeout: timedelta | float | str | None = None,
        retry: RetryPolicy | None = None,
        assertions: Sequence[AnyAssertion | dict[str, Any]] | None = None,
        key: str | None = None,
        callback_url: str | None = None,
        folder: Path | None = None,
    ) -> Run:
        """Ask for one run: now, after ``delay`` (seconds), or ``at`` a time.

        ``timeout`` is in seconds; ``assertions`` say what makes a success. What is left
        out of these and of ``retry`` the queue says.
        The same ``key`` again returns the run it made first. ``callback_url`` is told how
        the run ended. Paths in the action are resolved against ``folder``, else the
        current one.
        """
        now = self.now()
        terms = self._terms(timeout, retry, assertions)
        new = self._new(action, queue, delay, at, priority, terms, folder, callback_url, now)
        if key is not None:
            new = replace(new, key=check_name(key, "key"))
        run, _ = self._write(lambda tx: pushing.push(tx, new, now))
        return run

    def push_answering(
        self,
        action: AnyAction,
        describe: Describe,
        *,
        token_id: int,
        key: str | None,
        asked: dict[str, Any],
        queue: str = DEFAULT_QUEUE,
        delay: timedelta | float | str | None = None,
        at: datetime | str | None = None,
        priority: int = 0,
        terms: Terms = pushing.SILENT,
        callback_url: str | None = None,
        folder: Path | None = None,
    ) -> dict[str, Any]:
        """Ask for one run for somebody who may ask twice: what ``describe`` makes of the
        run is kept with the ``key`` of this token, and is the answer to the same request
        (``asked``, as JSON) again. Raises Conflict for another one with the same key."""
        now = self.now()
        new = self._new(action, queue, delay, at, priority, terms, folder, callback_url, now)
        canonical = json.dumps(asked, sort_keys=True, ensure_ascii=True)
        fingerprint = hashlib.sha256(canonical.encode()).hexdigest()
        return self._write(
            lambda tx: pushed_keys.push(
                tx, new, describe, token_id=token_id, key=key, fingerprint=fingerprint, now=now
            )
        )

    def push_many(
        self,
        actions: Iterable[AnyAction],
        *,
        queue: str = DEFAULT_QUEUE,
        delay: timedelta | float | str | None = None,
        at: datetime | str | None = None,
        priority: int = 0,
        timeout: timedelta | float | str | None = None,
        retry: RetryPolicy | None = None,
        folder: Path | None = None,
    ) -> list[int]:
        """Ask for many runs in one transaction; their ids, in order."""
        now = self.now()
        terms = self._terms(timeout, retry)
        news = self._news(actions, queue, delay, at, priority, terms, folder, now)
        # Made before the writer has the database: others wait while it is held.
        rows = pushing.rows_of(news, now)
        return self._write(lambda tx: pushing.push_prepared(tx, news, rows, now))

    def run_job(self, name: str) -> Run:
        """Run a job now, whatever its trigger says and even while it is disabled."""
        now = self.now()

        def work(tx: Tx) -> Run:
            new = pushing.of_job(jobs.get(tx.conn, name), now, Origin.MANUAL)
            return pushing.push(tx, new, now)[0]

        return self._write(work)

    def replay(self, run_ids: Sequence[int]) -> list[Replayed]:
        """A new run for each of these finished runs; those replayed before are left out."""
        pairs = self._write(lambda tx: pushing.replay(tx, run_ids, self.now()))
        return [Replayed(*pair) for pair in pairs]

    def replay_dead(self, queue: str | None = None) -> list[Replayed]:
        """A new run for every dead letter, or for those of one queue."""

        def work(tx: Tx) -> list[tuple[int, int | None]]:
            if queue is not None:
                queues.get(tx.conn, queue)
            return pushing.replay(tx, commands.dead_letters(tx, queue), self.now())

        return [Replayed(*pair) for pair in self._write(work)]

    def cancel(self, run_ids: Sequence[int]) -> None:
        """Cancel waiting runs, and end running ones with their whole process tree."""
        self._write(lambda tx: commands.cancel(tx, run_ids, self.now()))

    def retry(self, run_ids: Sequence[int]) -> None:
        """Try retrying runs again now instead of at the end of their countdown."""
        self._write(lambda tx: commands.retry_now(tx, run_ids, self.now()))

    def discard(self, run_ids: Sequence[int]) -> None:
        """Put dead letters away."""
        self._write(lambda tx: commands.discard(tx, run_ids, self.now()))

    # -- inside -------------------------------------------------------------------

    def _news(
        self,
        actions: Iterable[AnyAction],
        queue: str,
        delay: timedelta | float | str | None,
        at: datetime | str | None,
        priority: int,
        terms: Terms,
        folder: Path | None,
        now: datetime,
        callback_url: str | None = None,
    ) -> list[NewRun]:
        check_name(queue, "queue")
        due = self._due(delay, at, now)
        urgency = check_priority(priority)
        placer = Placer(folder or Path.cwd())
        news = []
        for action in actions:
            if not isinstance(action, (ScriptAction, HttpAction)):
                raise InvalidInput("action", action, "a ScriptAction or an HttpAction")
            placed = placer.place(action)
            new = NewRun(placed, queue, urgency, due, Origin.PUSH, terms, callback_url=callback_url)
            news.append(new)
        return news

    @staticmethod
    def _terms(
        timeout: timedelta | float | str | None,
        retry: RetryPolicy | None,
        assertions: Sequence[AnyAssertion | dict[str, Any]] | None = None,
    ) -> Terms:
        if timeout is None and retry is None and assertions is None:
            return pushing.SILENT
        if not isinstance(retry, RetryPolicy | None):
            raise InvalidInput("retry", retry, "a RetryPolicy")
        said = None if assertions is None else parse_assertions(list(assertions))
        return Terms(timeout=check_timeout(timeout), retry=retry, assertions=said)

    def _new(
        self,
        action: AnyAction,
        queue: str,
        delay: timedelta | float | str | None,
        at: datetime | str | None,
        priority: int,
        terms: Terms,
        folder: Path | None,
        callback_url: str | None,
        now: datetime,
    ) -> NewRun:
        check_assertions(getattr(action, "type", ""), terms.assertions or ())
        if callback_url is not None:
            check_url(callback_url, "callback_url")
        (new,) = self._news([action], queue, delay, at, priority, terms, folder, now, callback_url)
        return new

    def _due(
        self, delay: timedelta | float | str | None, at: datetime | str | None, now: datetime
    ) -> datetime:
        if delay is not None and at is not None:
            raise InvalidInput("at", at, "either a delay or a time, not both")
        if at is not None:
            return parse_time(at, "at", local_zone())
        return now if delay is None else now + parse_duration(delay, "delay")
