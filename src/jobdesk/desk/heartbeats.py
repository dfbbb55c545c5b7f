"""The desk's door to heartbeats."""

from __future__ import annotations

from jobdesk.clock import Clock
from jobdesk.domain.heartbeat import Heartbeat, HeartbeatSpec
from jobdesk.store import heartbeats
from jobdesk.store.database import Database


class Heartbeats:
    """What others say regularly: ``desk.heartbeats``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db, self._clock = database, clock

    def all(self) -> list[Heartbeat]:
        """All heartbeats, by name."""
        with self._db.reading() as conn:
            return heartbeats.all_heartbeats(conn)

    def get(self, name: str) -> Heartbeat:
        with self._db.reading() as conn:
            return heartbeats.get(conn, name)

    def add(self, spec: HeartbeatSpec) -> Heartbeat:
        """Wait for one from now on."""
        now = self._clock.now()
        return self._db.writer.run(lambda tx: heartbeats.add(tx, spec, now))

    def change(self, name: str, spec: HeartbeatSpec) -> Heartbeat:
        """Replace what it says; the wait begins anew."""
        now = self._clock.now()
        return self._db.writer.run(lambda tx: heartbeats.change(tx, name, spec, now))

    def remove(self, name: str) -> None:
        now = self._clock.now()
        self._db.writer.run(lambda tx: heartbeats.remove(tx, name, now))

    def ping(self, name: str) -> Heartbeat:
        """All is well; a silence is over by that. NotFound where nobody waits for it."""
        now = self._clock.now()
        return self._db.writer.run(lambda tx: heartbeats.ping(tx, name, now))
