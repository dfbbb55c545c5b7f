"""Brings the log of an attempt into an index, page by page, off the GUI thread."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from jobdesk.gui.context import Context
from jobdesk.gui.models.log.index import Batch, LogIndex, digest

PAGE = 64
"""Stored pieces that are fetched at a time: of full ones 4 MB, whose lines are found in some
50 ms. A piece may be several chunks."""

_FIRST_PAGE = 20
"""The first page is small, so that something is seen at once."""


class LogLoader(QObject):
    """Loads from the start to the end, and what is new whenever :meth:`look` says so.

    One page is under way at a time, and never below the last ``seq``: what the engine
    dropped from the middle meanwhile is simply not there. (To open at the tail, an index
    would begin at a later cursor.)
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
        self.index = LogIndex()

    @property
    def loading(self) -> bool:
        return self._busy

    def open(self, run_id: int | None, attempt: int | None) -> LogIndex:
        """Begin with another attempt's log; the index that will fill. None: no log."""
        self._run_id, self._attempt = run_id, attempt
        self.index = LogIndex()
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

        def work() -> Batch:
            return digest(
                base, list(desk.log(run_id, attempt=attempt, after=base.after, limit=page))
            )

        def came(batch: Batch) -> None:
            if index is self.index:
                self._came(batch, page)

        def broke(error: Exception) -> None:
            if index is self.index:
                self._broke(error)

        self._context.calls.run(self, work, came, broke)

    def _came(self, batch: Batch, page: int) -> None:
        if batch.chunks:
            self.index.add(batch)
            self.grew.emit()
        if batch.chunks >= page or self._again:
            self._again = False
            self._fetch()
        else:
            self._busy = False
            self.idle.emit()

    def _broke(self, error: Exception) -> None:
        self._busy = self._again = False
        self.failed.emit(error)
