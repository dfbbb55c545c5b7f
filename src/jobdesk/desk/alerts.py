"""The desk's door to alerts."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobdesk.clock import Clock, local_zone
from jobdesk.domain.alert import Alert, Incident, Message, compose
from jobdesk.domain.errors import InvalidInput, NotFound
from jobdesk.domain.parsing import check_whole, parse_duration, parse_time
from jobdesk.store import alerts, deliveries
from jobdesk.store.database import Database
from jobdesk.store.writer import Tx

SUBJECT_FORM = "*, queue:NAME, job:NAME or heartbeat:NAME"
_MOST = 10_000


class Alerts:
    """What somebody should hear of: ``desk.alerts``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db, self._clock = database, clock

    def recent(self, *, before: int | None = None, limit: int = 100) -> list[Alert]:
        """Alerts and how they got on over their channels, newest first; ``before`` an id."""
        check_whole(limit, "limit", least=1, most=_MOST)
        with self._db.reading() as conn:
            return deliveries.recent(conn, before=before, limit=limit)

    def open(self) -> list[Incident]:
        """What goes on just now and was told of, newest first."""
        with self._db.reading() as conn:
            return alerts.open_incidents(conn)

    def take_desktop(self) -> Message | None:
        """What a window is to show as a notification now, if anything: one alert, or all
        that wait summed up. Whoever takes it shows it."""
        now = self._clock.now()

        def work(tx: Tx) -> Message | None:
            found = deliveries.due(tx.conn, now, desktop=True, most=_MOST)
            if not found:
                return None
            message = compose((delivery_id, alert) for _, delivery_id, alert in found)
            deliveries.sent(tx, message.delivery_ids, now)
            return message

        with self._db.reading() as conn:
            if not deliveries.due(conn, now, desktop=True, most=1):
                return None  # most of the time, and nothing is written
        return self._db.writer.run(work)

    def send_again(self, delivery_id: int) -> None:
        """Try a message that was given up once more. NotFound where there is none."""
        now = self._clock.now()
        if not self._db.writer.run(lambda tx: deliveries.send_again(tx, delivery_id, now)):
            raise NotFound("failed delivery", delivery_id)

    def snooze(self, subject: str, until: datetime | timedelta | float | str) -> datetime:
        """Send nothing about a subject until a time, or for a while; until when that is.

        What happens meanwhile is noted all the same.
        """
        kind, _, name = subject.partition(":")
        if subject != "*" and (kind not in ("queue", "job", "heartbeat") or not name):
            raise InvalidInput("subject", subject, SUBJECT_FORM)
        now = self._clock.now()
        moment = self._until(until, now)
        if moment <= now:
            raise InvalidInput("until", until, "a time that is still to come, or a duration")
        self._db.writer.run(lambda tx: alerts.snooze(tx, subject, moment))
        return moment

    def unsnooze(self, subject: str) -> None:
        """Send again what happens to a subject from now on."""
        self._db.writer.run(lambda tx: alerts.snooze(tx, subject, None))

    def snoozes(self) -> dict[str, datetime]:
        """What is snoozed, and until when."""
        with self._db.reading() as conn:
            return alerts.snoozes(conn, self._clock.now())

    @staticmethod
    def _until(until: datetime | timedelta | float | str, now: datetime) -> datetime:
        if isinstance(until, datetime):
            return parse_time(until, "until", local_zone())
        try:
            return now + parse_duration(until, "until")
        except InvalidInput:
            return parse_time(until, "until", local_zone())
