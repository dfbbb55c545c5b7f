"""Brings the log of an attempt into an index, page by page, off the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from jobdesk.gui.context import Context
from jobdesk.gui.models.log.index import Batch, Cursor, LogIndex, digest

PAGE = 64
"""Stored pieces that are fetched at a time: of full ones 4 MB, whose lines are found in some
50 ms. A piece may be several chunks."""

_FIRST_PAGE = 20
"""The first page is small, so that something is seen at once."""

_TAIL = 8
"""Pieces of the end of a long log that are shown until all of it is there: some 5,000 lines."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A part of a log, whether there is more behind it, and perhaps the log's end."""

    batch: Batch
    more: bool
    tail: Batch | None


class LogLoader(QObject):
    """Loads from the start to the end, and what is new whenever :meth:`look` says so.

    One page is under way at a time, and never below the last ``seq``: what the engine
    dropped from the middle meanwhile is simply not there. Of a log of more than one page
    the end comes first, in an index of its own: that is ``shown`` until the whole has
    come to just that end.
    """

    grew = Signal()
    """The index has more lines, or its last ones are longer."""
    idle = Signal()
    """All there is by now is loaded."""
    failed = Signal(object)
    """The log can't be read: the exception."""

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._run_id: int | None = None
        self._attempt: int | None = None
        self._busy = self._again = False
        self.index = self.shown = LogIndex()
        self._tail_end = -1

    @property
    def loading(self) -> bool:
        return self._busy

    def open(self, run_id: int | None, attempt: int | None) -> LogIndex:
        """Begin with another attempt's log; the index that will fill. None: no log."""
        self._run_id, self._attempt = run_id, attempt
        self.index = self.shown = LogIndex()
        self._tail_end = -1
        # What is under way is of the old index, and dropped when it comes.
        self._busy = self._again = False
        self.look()
        return self.index

    def look(self) -> None:
        """There may be more."""
        if self._run_id is None or self._attempt is None:
            return
        if self._busy:
            self._again = True
            return
        self._busy = True
        self._fetch()

    def _fetch(self) -> None:
        desk, run_id, attempt = self._context.desk, self._run_id, self._attempt
        index, base = self.index, self.index.cursor
        page = PAGE if base.after >= 0 else _FIRST_PAGE
        assert run_id is not None
        stop = self._tail_end if base.after < self._tail_end else None

        def work() -> _Page:
            found = list(desk.log(run_id, attempt=attempt, after=base.after, limit=page))
            more = len(found) >= page
            tail = None
            if base.after < 0 and more:
                last = list(desk.log(run_id, attempt=attempt, last=_TAIL))
                if last and last[0].seq > found[-1].seq:
                    tail = digest(Cursor(last[0].seq - 1), last)
            # Not beyond the end that is shown, so that the two fit together there.
            kept = [one for one in found if stop is None or one.seq <= stop] or found
            return _Page(digest(base, kept), more or len(kept) < len(found), tail)

        def came(fetched: _Page) -> None:
            if index is self.index:
                self._came(fetched)

        def broke(error: Exception) -> None:
            if index is self.index:
                self._broke(error)

        self._context.calls.run(self, work, came, broke)

    def _came(self, fetched: _Page) -> None:
        if fetched.batch.chunks:
            self.index.add(fetched.batch)
            if fetched.tail is not None:
                self.shown = LogIndex(fetched.tail.base.after)
                self.shown.add(fetched.tail)
                self._tail_end = fetched.tail.end.after
            elif self.index.cursor.after >= self._tail_end:
                self.shown = self.index
            self.grew.emit()
        if fetched.more or self._again:
            self._again = False
            self._fetch()
        else:
            self._busy = False
            self.shown = self.index
            self.idle.emit()

    def _broke(self, error: Exception) -> None:
        self._busy = self._again = False
        self.failed.emit(error)
