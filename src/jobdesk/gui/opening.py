"""A desk that is being opened: the window is there before it, with the newest rows in it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobdesk.clock import SystemClock
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.run import Run
from jobdesk.domain.run_filter import Found, RunFilter
from jobdesk.store.first_look import ROWS, newest_runs

if TYPE_CHECKING:
    from jobdesk.desk import Desk

Listener = Callable[[frozenset[str]], None]

_LISTS = {"runs": RunFilter(), "dead": RunFilter(attention=True)}
"""The pages that can be shown before the desk is open, and what they ask for first."""

_ELSEWHERE = "JOBDESK_DATABASE_URL"
_EVERYTHING = frozenset({"*"})

log = logging.getLogger(__name__)


def first_look(home: Path, url: str | None, page: str) -> list[Run] | None:
    """What the page of last time shows first; None where the desk must be opened for it."""
    if page not in _LISTS or url or os.environ.get(_ELSEWHERE, "").strip():
        return None
    return newest_runs(home / "jobdesk.db", dead_letters=page == "dead")


class OpeningDesk:
    """A :class:`jobdesk.desk.Desk` to its callers: their calls, which come from background
    threads, wait until it is open. What the GUI thread itself asks for is there at once,
    and so are the runs of the first look.

    ``shown`` is called when these were asked for; ``opened`` and ``failed(error)`` after
    :meth:`begin`; all from background threads.
    """

    def __init__(
        self,
        home: Path,
        url: str | None,
        page: str,
        first: list[Run],
        shown: Callable[[], None],
        opened: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.home = home
        self._url, self._first, self._first_filter = url, first, _LISTS[page]
        self._shown, self._opened, self._failed = shown, opened, failed
        self._clock = SystemClock()
        self._state = threading.Condition()
        self._desk: Desk | None = None
        self._thread: threading.Thread | None = None
        self._given_up = False
        self._listeners: dict[Listener, Callable[[], None] | None] = {}

    # -- opening ----------------------------------------------------------------------

    def begin(self) -> None:
        """Open it now, or try again; nothing if that is going on or done."""
        with self._state:
            busy = self._thread is not None and self._thread.is_alive()
            if self._desk is None and not busy and not self._given_up:
                self._thread = threading.Thread(target=self._open, name="desk-opening")
                self._thread.start()

    def give_up(self) -> None:
        """Nobody shall wait any more."""
        with self._state:
            self._given_up = True
            self._state.notify_all()

    def close(self) -> None:
        """Close what was opened, or is being opened."""
        self.give_up()
        if self._thread is not None:
            self._thread.join()
        if self._desk is not None:
            self._desk.close()

    def _open(self) -> None:
        try:
            from jobdesk.desk import Desk

            desk = Desk.open(self.home, database_url=self._url)
        except Exception as error:
            self._failed(error)
            return
        with self._state:
            self._desk = desk
            waiting = list(self._listeners)
            for listener in waiting:
                self._listeners[listener] = desk.listen(listener)
            self._state.notify_all()
        for listener in waiting:
            listener(_EVERYTHING)  # what is shown may be older than the desk
        self._opened()

    def _wait(self) -> Desk:
        with self._state:
            self._state.wait_for(lambda: self._desk is not None or self._given_up)
            if self._desk is None:
                raise Unavailable("the window was closed before the desk was open")
            return self._desk

    # -- the desk ---------------------------------------------------------------------

    def now(self) -> datetime:
        return self._clock.now()

    @property
    def database_url(self) -> str:
        return self._wait().database_url

    def listen(self, listener: Listener) -> Callable[[], None]:
        """As the desk's own; it begins to tell when it is open."""
        with self._state:
            self._listeners[listener] = self._desk.listen(listener) if self._desk else None

        def stop() -> None:
            with self._state:
                known = self._listeners.pop(listener, None)
            if known is not None:
                known()

        return stop

    def search_runs(self, which: RunFilter | None = None, **options: Any) -> Found:
        """As the desk's own; what the first look has seen is there before it is open."""
        keys = options.get("before"), options.get("after")
        if self._desk is None and which == self._first_filter and keys == (None, None):
            self._shown()
            edge = self._first[-1].id if len(self._first) == ROWS else None
            return Found(self._first, edge)
        return self._wait().search_runs(which, **options)

    def __getattr__(self, name: str) -> _Later:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Later(self._wait, (name,))


class _Later:
    """A method of the desk, or of one of the doors behind it, by its path: called, it waits
    until the desk is open."""

    def __init__(self, desk: Callable[[], Desk], path: tuple[str, ...]) -> None:
        self._desk, self._path = desk, path

    def __getattr__(self, name: str) -> _Later:
        if name.startswith("_"):
            raise AttributeError(name)
        return _Later(self._desk, (*self._path, name))

    def __call__(self, *args: Any, **options: Any) -> Any:
        return attrgetter(".".join(self._path))(self._desk())(*args, **options)
