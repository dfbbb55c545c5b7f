"""Looks for what is late or silent, and sends what was raised over its channels.

One thread. A message that can't be sent is tried again, later and later, and given up in
the end; why is kept. A storm is one message: after some alerts over a channel within half
a minute the next ones wait until that is over, and if they are many by then, or were from
the start, they are summed up.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobdesk.clock import Clock
from jobdesk.domain.alert import Alert, AlertPolicy, compose
from jobdesk.domain.errors import JobDeskError
from jobdesk.domain.job import Job
from jobdesk.engine.trouble import Complaint
from jobdesk.messenger import NotSent, send
from jobdesk.store import alerts, deliveries, heartbeats
from jobdesk.store.database import Database

AT_ONCE = 5
"""How many alerts a channel takes one by one within :data:`STORM`."""
STORM = timedelta(seconds=30)
TRIES = 8
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
_LOOK = 1.0
"""Seconds between two looks for what is late."""
_MOST = 1_000

log = logging.getLogger(__name__)

Send = Callable[[str, str, str], None]
"""From an address, a title and a text to a message sent; raises NotSent."""


@dataclass(slots=True)
class _Recent:
    """When a channel was last used; the newest :data:`AT_ONCE` times."""

    times: deque[datetime] = field(default_factory=lambda: deque(maxlen=AT_ONCE))

    def free_at(self, now: datetime) -> datetime:
        """When the next message may go out."""
        if len(self.times) < AT_ONCE:
            return now
        # A clock that was set back makes nobody wait for longer than a storm lasts.
        return min(max(now, self.times[0] + STORM), now + STORM)


class Alerting:
    """``addresses`` gives the addresses of channels by name, without those that are off."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        addresses: Callable[[list[str]], dict[str, str]],
        send: Send = send,
    ) -> None:
        self._db, self._clock, self._addresses, self._send = database, clock, addresses, send
        self._recent: dict[str, _Recent] = {}
        self._watched: list[tuple[Job, AlertPolicy]] = []
        self._watching = threading.Event()
        """Whether the list above is as it should be."""
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._raised = True
        self._complaint = Complaint(log, "alerts can't be sent")
        self._thread = threading.Thread(target=self._loop, name="alerting", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def heard(self, topics: frozenset[str]) -> None:
        """Somebody committed something; called from several threads."""
        if topics & {"*", "jobs", "queues", "settings"}:
            self._watching.clear()
        if topics & {"*", "alerts", "channels"}:
            self._raised = True
            self._wake.set()

    def stop(self) -> None:
        """Nothing more is begun; a message under way is not waited for."""
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def look(self) -> None:
        """Raise what is late or silent by now, and send what is due."""
        self._look_for_late()
        if self._raised:
            self._raised = False
            self._send_due()

    def _loop(self) -> None:
        while not self._closing.is_set():
            try:
                self.look()
                self._complaint.settled()
            except Exception as error:
                self._complaint.about(error)
                self._raised = True
            self._wake.wait(_LOOK)
            self._wake.clear()

    # -- late and silent ----------------------------------------------------------

    def _look_for_late(self) -> None:
        now = self._clock.now()
        with self._db.reading() as conn:
            if not self._watching.is_set():
                self._watching.set()  # before: a change meanwhile is looked at the next time
                self._watched = alerts.watched_jobs(conn)
            silent = heartbeats.any_overdue(conn, now)
            waiting = deliveries.next_due(conn)
            late = [pair for pair in self._watched if alerts.may_be_late(conn, *pair, now)]
            stale = alerts.any_stale_late(conn, [job.id for job, _ in self._watched])
        if silent:
            self._db.writer.run(lambda tx: heartbeats.note_overdue(tx, now))
        for job, policy in late:
            self._db.writer.run(
                lambda tx, job=job, policy=policy: alerts.note_late(tx, job, policy, now)  # type: ignore[misc]
            )
        if stale:
            watched = [job.id for job, _ in self._watched]
            self._db.writer.run(lambda tx: alerts.close_stale_late(tx, watched, now))
        if waiting is not None and waiting <= now:
            self._raised = True

    # -- sending ------------------------------------------------------------------

    def _send_due(self) -> None:
        now = self._clock.now()
        with self._db.reading() as conn:
            found = deliveries.due(conn, now, desktop=False, most=_MOST)
        by_channel: dict[str, list[tuple[int, Alert]]] = {}
        for channel, delivery_id, alert in found:
            by_channel.setdefault(channel, []).append((delivery_id, alert))
        addresses = self._addresses(list(by_channel)) if by_channel else {}
        for channel, pairs in by_channel.items():
            if self._closing.is_set():
                return
            self._send_over(channel, addresses.get(channel), pairs)

    def _send_over(self, channel: str, address: str | None, pairs: list[tuple[int, Alert]]) -> None:
        recent = self._recent.setdefault(channel, _Recent())
        while pairs and not self._closing.is_set():
            now = self._clock.now()
            if recent.free_at(now) > now:
                self._hold(pairs, recent.free_at(now), now)
                return
            room = AT_ONCE - sum(time > now - STORM for time in recent.times)
            # What fits goes out one by one; what doesn't, or had to wait, all together.
            waited = any(alert.created_at < now - STORM for _, alert in pairs)
            together = pairs if waited or len(pairs) > max(1, room) else pairs[:1]
            recent.times.append(now)
            self._send_one(address, together)
            pairs = pairs[len(together) :]

    def _hold(self, pairs: list[tuple[int, Alert]], until: datetime, now: datetime) -> None:
        ids = [delivery_id for delivery_id, _ in pairs]
        self._db.writer.run(lambda tx: deliveries.hold(tx, ids, until))

    def _send_one(self, address: str | None, pairs: list[tuple[int, Alert]]) -> None:
        message = compose(pairs)
        ids = list(message.delivery_ids)
        error = "there is no such channel, or it is switched off"
        if address is not None:
            try:
                self._send(address, message.title, message.text)
                error = ""
            except (NotSent, JobDeskError) as failure:
                error = str(failure)
            except Exception as failure:
                # Whatever a service's plug-in did: it must not keep the others waiting.
                log.exception("an alert could not be sent")
                error = f"{type(failure).__name__}: {failure}"
        now = self._clock.now()
        if not error:
            self._db.writer.run(lambda tx: deliveries.sent(tx, ids, now))
            return
        # Each for itself: what was sent together may have been tried differently often.
        with self._db.reading() as conn:
            tried = deliveries.attempts_of(conn, ids)
        for delivery_id in ids:
            count = tried.get(delivery_id, 0) + 1
            again = None if address is None or count >= TRIES else now + pause_after(count)
            self._db.writer.run(
                lambda tx, one=delivery_id, at=again: deliveries.not_sent(tx, [one], error, at, now)  # type: ignore[misc]
            )


def pause_after(tried: int) -> timedelta:
    """How long to wait after so many tries."""
    pause: timedelta = _FIRST_PAUSE * 3 ** (tried - 1)
    return min(_LONGEST_PAUSE, pause)
