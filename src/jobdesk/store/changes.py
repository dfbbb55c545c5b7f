"""Telling each other to look again.

A change is a set of topics ("runs", "work", "jobs", "queues", "settings", "log:847"), never
state: whoever hears of one reads the rows. So nothing is lost when a message is, and a
check of ``PRAGMA data_version`` once a second finds what no message told.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, answer_challenge, deliver_challenge
from pathlib import Path

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from jobdesk.store.hub import STATUS, hang_up
from jobdesk.store.lock import EngineInfo, holder

ALL = "*"
"""The topic that stands for every topic: something changed, and nobody said what."""

STOP = "stop"
"""Not a change but a wish: the engine should stop, gracefully."""

Listener = Callable[[frozenset[str]], None]

_CHECK = 1.0
_LAST_WORD = 0.5
_KEPT = 1.0
"""Seconds for which a call to the hub is kept: to make one takes a thread and an exchange of
challenges, and who has pushed a run may well push another."""
_ANSWER = 2.0
"""Seconds in which an engine says how it is."""
_MOST_OWED = 5
"""Seconds of going on and on after which a look at everything is due."""

log = logging.getLogger(__name__)

_HUNG_UP = (OSError, EOFError, ValueError, TypeError, AuthenticationError)
"""What a call to an engine ends with that is gone, going, or another one by now: the note
that a killed engine left names a key that the next one doesn't take."""


class Changes:
    """The end of the line in one process: hears what others commit, tells what it commits.

    ``listen`` starts two threads (the link to the engine's hub and the check of
    ``data_version``); a process that only writes, such as ``jobdesk push``, needs at
    most one connection for its pokes, while it has something to say.
    """

    def __init__(self, engine: Engine, lock_path: Path | None) -> None:
        self._engine, self._lock_path = engine, lock_path
        self._guard = threading.Lock()
        self._listeners: list[Listener] = []
        self._threads: list[threading.Thread] = []
        self._closing = threading.Event()
        self._pending: set[str] = set()
        self._wake = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self._poker: threading.Thread | None = None
        self._link: Connection | None = None
        self._calls: set[Connection] = set()
        self._heard = False
        self._relay: Listener | None = None

    def relay_to(self, relay: Listener) -> None:
        """In the engine's own process: hand topics to its hub instead of calling it."""
        self._relay = relay

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with topics, from a background thread, until the returned
        function is called."""
        with self._guard:
            self._listeners.append(listener)
            if not self._threads:
                works = [(self._watch, "changes-watch")]
                if self._relay is None:
                    works.append((self._follow, "changes-link"))
                for work, name in works:
                    thread = threading.Thread(target=work, name=name, daemon=True)
                    self._threads.append(thread)
                    thread.start()

        def remove() -> None:
            with self._guard:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return remove

    def publish(self, topics: frozenset[str]) -> None:
        """Tell this process at once, and the engine's hub in the background."""
        self.hear(topics)
        if self._relay is not None:
            self._relay(topics)
            return
        with self._guard:
            if self._closing.is_set() or self._lock_path is None:
                return
            self._pending |= topics
            self._idle.clear()
            if self._poker is None:
                self._poker = threading.Thread(target=self._poke, name="changes-poke", daemon=True)
                self._poker.start()
        self._wake.set()

    def ask(self) -> dict[str, str | None] | None:
        """How the engine says it is; None where none answers soon: there is
        none, or it is stopped, or of a version that knows no answer."""
        info = self._engine_info()
        if info is None or info.address is None:
            return None
        try:
            with self._call(info, patience=_ANSWER) as call:
                call.send(STATUS)
                if not call.poll(_ANSWER):
                    return None
                answer = call.recv()
        except _HUNG_UP:
            return None
        return answer if isinstance(answer, dict) else None

    def hear(self, topics: frozenset[str]) -> None:
        """Pass topics on to the listeners of this process."""
        with self._guard:
            listeners = list(self._listeners)
        self._heard = True
        for listener in listeners:
            try:
                listener(topics)
            except Exception:
                # Whoever listens badly must not end the thread that tells the others.
                log.exception("a listener failed")

    def close(self) -> None:
        """Say what is still to be said, within half a second, and end the threads."""
        self._idle.wait(_LAST_WORD)
        self._closing.set()
        self._wake.set()
        with self._guard:
            # Under the guard, which whoever closes one has to pass first.
            for call in self._calls:
                hang_up(call)
        for thread in (*self._threads, *([self._poker] if self._poker else [])):
            if thread is not threading.current_thread():
                thread.join(_LAST_WORD)

    # -- the threads --------------------------------------------------------------

    def _poke(self) -> None:
        """Send pending topics to the hub: over the link where there is one, else by a
        call. A hub that doesn't answer holds up this thread and nobody else."""
        with ExitStack() as kept:
            call: Connection | None = None
            while not self._closing.is_set():
                if not self._wake.wait(None if call is None else _KEPT):
                    kept.close()
                    call = None
                    continue
                self._wake.clear()
                with self._guard:
                    topics, self._pending = self._pending, set()
                if topics:
                    call = self._tell(sorted(topics), call, kept)
                with self._guard:
                    if not self._pending:
                        self._idle.set()

    def _tell(
        self, topics: list[str], call: Connection | None, kept: ExitStack
    ) -> Connection | None:
        """Say it, over ``call`` or another one; the call to say more over, which ``kept`` ends."""
        try:
            if self._link is not None:
                self._link.send(topics)
                return call
            if call is not None:
                with suppress(*_HUNG_UP):  # its engine has ended; there may be another one
                    call.send(topics)
                    return call
                kept.close()
            info = self._engine_info()
            if info is not None and info.address is not None:
                call = kept.enter_context(self._call(info))
                call.send(topics)
                return call
        except _HUNG_UP:
            # The engine is gone or going: data_version tells whoever comes next.
            kept.close()
        return None

    def _follow(self) -> None:
        """Keep a link to the hub of whichever engine runs, and hear what it relays."""
        while not self._closing.is_set():
            info = self._engine_info()
            if info is not None and info.address is not None:
                try:
                    with self._call(info) as link:
                        link.send("follow")
                        self._link = link
                        while not self._closing.is_set():
                            self.hear(frozenset(link.recv()))
                except _HUNG_UP:
                    pass  # it ended; whether another one comes is seen below
                finally:
                    self._link = None
                if not self._closing.is_set():
                    self.hear(frozenset({"engine"}))
            self._closing.wait(_CHECK / 4)

    def _watch(self) -> None:
        """Ask the database once a second whether anybody committed anything."""
        if self._engine.dialect.name != "sqlite":
            while not self._closing.wait(_CHECK):
                self.hear(frozenset({ALL}))
            return
        said = ""
        while not self._closing.is_set():
            try:
                with self._engine.connect() as conn:
                    self._watch_versions(conn)
            except DBAPIError as error:
                if said != str(error.orig):
                    said = str(error.orig)
                    log.warning("nobody can tell whether the database changed: %s", said)
                self._closing.wait(_CHECK)

    def _watch_versions(self, conn: SqlConnection) -> None:
        """Tell of changes that nobody told of. Where some were told of in the same second,
        others may hide among them: look at everything once it is quiet, or after a while."""
        seen: int | None = None
        owed = 0
        while True:
            version = conn.execute(text("PRAGMA data_version")).scalar_one()
            changed, heard = seen not in (None, version), self._heard
            seen, self._heard = version, False
            owed += bool(owed or (changed and heard))
            if (changed and not heard) or owed > _MOST_OWED or (owed and not heard):
                self.hear(frozenset({ALL}))
                self._heard, owed = False, 0
            if self._closing.wait(_CHECK):
                return

    @contextmanager
    def _call(self, info: EngineInfo, patience: float | None = None) -> Iterator[Connection]:
        """A connection to the engine's hub, on which :meth:`close` can hang up at any time:
        an engine that was stopped takes calls, but never answers. ``patience`` is for the
        first sign of life, in seconds."""
        assert info.address is not None
        with Client(info.address) as call:
            with self._guard:
                self._calls.add(call)
            try:
                if self._closing.is_set():
                    raise EOFError
                if patience is not None and not call.poll(patience):
                    raise EOFError
                key = bytes.fromhex(info.key)
                answer_challenge(call, key)
                deliver_challenge(call, key)
                yield call
            finally:
                with self._guard:
                    self._calls.discard(call)

    def _engine_info(self) -> EngineInfo | None:
        return holder(self._lock_path) if self._lock_path is not None else None
