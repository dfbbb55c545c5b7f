"""A window of rows over a history of any length.

The model holds at most some 2,000 neighbouring runs, newest first, and moves over the
history by key as the view scrolls: older pages are added below, newer ones above, and the
far end is let go. (A virtual row count over key anchors would give the scroll bar its true
length, but counting a filtered million is a scan, and rows that arrive meanwhile shift all
anchors.) All reading is done off the GUI thread; a change signal re-reads what is on screen
and turns it into edits, so that selection and place stay. A filter that makes the database
walk the history is answered bit by bit: what is found is shown, and the rest asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from jobdesk.domain.run import Run
from jobdesk.domain.run_filter import Counted, Found, RunFilter
from jobdesk.gui.calls import Calls
from jobdesk.gui.models.edits import Edit, Kind, edits
from jobdesk.gui.models.table_model import CellModel

PAGE = 200
"""Rows of one fetch."""
MOST = 2_000
"""Rows that are kept."""
AHEAD = 120
"""How near an end the view may come before more is fetched."""
MARGIN = 30
"""Rows around the visible ones that a refresh re-reads."""
COMING = 100
"""How many new runs a refresh at the top takes in; if more came, it goes to the newest."""
MOST_COUNTED = 100
"""Up to how many new runs are counted; beyond, it is "99+"."""
LARGEST_ID = 2**63 - 1


class Source(Protocol):
    """Runs by key, or as much of a page as is found at once; :class:`jobdesk.desk.Desk` is
    one. Called off the GUI thread."""

    def search_runs(
        self,
        which: RunFilter | None = None,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> Found: ...

    def count_some(
        self,
        which: RunFilter,
        *,
        before: int | None = None,
        after: int | None = None,
        most: int = 10_000,
    ) -> Counted: ...


@dataclass(frozen=True, slots=True)
class _Span:
    """What a re-read asks for: ids below ``before`` (None: from the newest on) down to
    ``lowest``, at most ``limit`` rows."""

    before: int | None
    lowest: int
    limit: int


class PagingModel(CellModel[Run]):
    """Runs that match a filter, newest first; see the module."""

    loaded = Signal()
    """The first page for the current filter is there, or was read anew."""
    newer = Signal(int)
    """How many runs wait above that are not shown, up to :data:`MOST_COUNTED`."""
    failed = Signal(object)
    """A reading failed, with the exception; what is shown stays."""

    def __init__(
        self, calls: Calls, source: Source, now: datetime, parent: QObject | None = None
    ) -> None:
        super().__init__(now, parent)
        self._calls, self._source = calls, source
        self._filter = RunFilter()
        self._at_top = self._at_bottom = True
        self._first, self._last = 0, 0
        self._follow, self._hold = True, False
        self.following = False
        """Whether the edits that are being made bring new runs to a view at the top, which
        shall move down for them; after all other edits what is on screen stays."""
        # Counts resets and what was let go: an answer that was asked for before is void.
        self._epoch = 0
        self._fetching = False
        # Up and down to which ids the history was searched; None: to its ends.
        self._above: int | None = None
        self._below: int | None = None
        self._missed = False
        self._stale: set[int] = set()
        self._newest = 0
        self._newer = 0

    # -- what is shown ------------------------------------------------------------

    @property
    def filter(self) -> RunFilter:
        return self._filter

    @property
    def searching(self) -> bool:
        """Whether more may match than is shown, though the view shows all there is."""
        return self._fetching and not self._rows

    @property
    def at_top(self) -> bool:
        """Whether the newest run (but those that came since) is in the window."""
        return self._at_top

    @property
    def at_bottom(self) -> bool:
        """Whether the oldest run is in the window."""
        return self._at_bottom

    def key(self, row: Run) -> int:
        return row.id

    def find(self, key: Hashable) -> int | None:
        """Where the run with this id is."""
        if not isinstance(key, int):
            return None
        at = bisect_left(self._rows, -key, key=lambda run: -run.id)
        return at if at < len(self._rows) and self._rows[at].id == key else None

    def nearest(self, run_id: int) -> int:
        """Where the run with this id is or would be, among the rows there are."""
        at = bisect_left(self._rows, -run_id, key=lambda run: -run.id)
        return max(0, min(at, len(self._rows) - 1))

    # -- moving -------------------------------------------------------------------

    def set_filter(self, which: RunFilter) -> None:
        """Show the runs that match, from the newest; the old ones stay until they are read."""
        self._filter = which
        self.to_top()

    def to_top(self) -> None:
        """Go to the newest runs."""
        self._jump(None)

    def to_end(self) -> None:
        """Go to the oldest runs."""
        self._jump(0)

    def look_at(self, first: int, last: int, *, follow: bool, hold: bool) -> None:
        """The view shows rows ``first`` to ``last``. ``follow``: new runs shall appear, as
        it stands at the very top; ``hold``: rather count them than lose what is selected.
        """
        turned = follow and not self._follow
        self._first, self._last, self._follow, self._hold = first, last, follow, hold
        if not self._rows:
            return
        missed = turned and self._newer > 0 and self._at_top
        if missed or any(run.id in self._stale for run in self._visible(0)):
            self._reread()
        self._fetch_ahead()

    def refresh(self) -> None:
        """Something changed: read again what is on screen now, and the rest when it gets
        there."""
        self._stale = {run.id for run in self._rows}
        if self._rows:
            self._reread()
        elif self._fetching:
            self._missed = True  # a search that is going on shall come to its end
        else:
            self.to_top()

    # -- asking -------------------------------------------------------------------

    def _jump(self, after: int | None) -> None:
        self._epoch += 1
        self._fetching = True
        ask = partial(self._source.search_runs, self._filter, after=after, limit=PAGE)
        done = partial(self._jumped, self._epoch, after is None)
        self._calls.run(self, ask, done, partial(self._broke, self._epoch), latest="jump")

    def _fetch_ahead(self) -> None:
        """More rows for the end that the view is near to, one page at a time."""
        if self._fetching:
            return
        if self._last >= len(self._rows) - AHEAD and not self._at_bottom:
            self._extend(older=True)
        elif self._first <= AHEAD and not self._at_top:
            self._extend(older=False)

    def _extend(self, *, older: bool) -> None:
        self._fetching = True
        key = self._below if older else self._above
        if key is None:
            key = self._rows[-1].id if older else self._rows[0].id
        keys = {"before": key} if older else {"after": key}
        ask = partial(self._source.search_runs, self._filter, limit=PAGE, **keys)
        done = partial(self._extended, self._epoch, older)
        self._calls.run(self, ask, done, partial(self._broke, self._epoch))

    def _reread(self) -> None:
        rows = self._visible(MARGIN)
        top = self._at_top and self._follow
        extra = COMING if top else 0
        span = _Span(None if top else rows[0].id + 1, rows[-1].id, len(rows) + extra)
        which, newest, source = self._filter, self._newest, self._source

        def ask() -> tuple[list[Run], int]:
            before, limit = span.before or LARGEST_ID, span.limit
            read = _whole(source, which, before, span.lowest - 1, limit)
            if span.before is None:
                return read, 0
            return read, source.count_some(which, after=newest, most=MOST_COUNTED).number

        done = partial(self._reread_done, self._epoch, span)
        self._calls.run(self, ask, done, partial(self._broke, self._epoch), latest="reread")

    def _visible(self, margin: int) -> Sequence[Run]:
        last = min(self._last, len(self._rows) - 1)
        first = max(0, min(self._first, last) - margin)
        return self._rows[first : last + margin + 1]

    # -- answers ------------------------------------------------------------------

    def _jumped(self, epoch: int, newest: bool, found: Found) -> None:
        if epoch != self._epoch:
            return
        self._fetching = False
        rows = found.runs
        whole = found.edge is None and len(rows) < PAGE
        self._at_top, self._at_bottom = newest or whole, not newest or whole
        self._above, self._below = (None, found.edge) if newest else (found.edge, None)
        self._stale.clear()
        # To what is shown already there may be a short way, which keeps the selection.
        steps = edits(self._rows, rows, self.key) if self._overlaps(rows) else None
        if steps is None:
            self._reset(rows)
        else:
            self._apply(steps)
        if self._at_top:
            self._seen_newest()
        if rows or whole:
            self.loaded.emit()
        self._go_on(found)

    def _overlaps(self, rows: Sequence[Run]) -> bool:
        return bool(rows) and any(self.find(run.id) is not None for run in (rows[0], rows[-1]))

    def _extended(self, epoch: int, older: bool, found: Found) -> None:
        if epoch != self._epoch:
            return
        self._fetching = False
        rows, none_before = found.runs, not self._rows
        whole = found.edge is None and len(rows) < PAGE
        if older:
            self._at_bottom, self._below = whole, found.edge
            start = len(self._rows)
            # The row at the edge may have gone meanwhile; nothing may be shown twice.
            rows = [run for run in rows if not self._rows or run.id < self._rows[-1].id]
        else:
            self._at_top, self._above = whole, found.edge
            start = 0
            rows = [run for run in rows if not self._rows or run.id > self._rows[0].id]
        if rows:
            end = start + len(rows) - 1
            self._apply(
                [Edit(Kind.INSERT, start, end, tuple(rows)), *self._excess(len(rows), older)]
            )
        if self._at_top and (none_before or not older):
            self._seen_newest()
        if none_before and (rows or whole):
            self.loaded.emit()
        self._go_on(found)

    def _go_on(self, found: Found) -> None:
        """After an edit the view looks again by itself, but not when there was none; and it
        may have gone to the other end meanwhile, where nothing was fetched."""
        if not found.runs or found.edge is not None:
            self._fetch_ahead()
        if self._missed and not self._fetching:
            self._missed = False
            self.refresh()

    def _excess(self, added: int, older: bool) -> list[Edit[Run]]:
        """What to let go of at the other end after ``added`` rows came at this one."""
        size = len(self._rows) + added
        surplus = size - MOST
        if surplus <= 0:
            return []
        if older:
            self._at_top, self._above = False, None
            return [Edit(Kind.REMOVE, 0, surplus - 1)]
        self._at_bottom, self._below = False, None
        return [Edit(Kind.REMOVE, size - surplus, size - 1)]

    def _reread_done(self, epoch: int, span: _Span, answer: tuple[list[Run], int]) -> None:
        rows, newer = answer
        if epoch != self._epoch or not self._rows:
            return
        more = len(rows) == span.limit
        floor = max(span.lowest, rows[-1].id) if more and rows else span.lowest
        if span.before is None and more and rows[-1].id > self._rows[0].id:
            self._fell_behind(rows)
            return
        low, high = self._rows[-1].id, self._rows[0].id
        first = 0 if span.before is None else self._position(span.before - 1)
        end = self._position(floor - 1)
        if span.before is None and self._at_top:
            high = max(high, rows[0].id if rows else 0)
        fresh = [run for run in rows if max(floor, low) <= run.id <= high]
        steps = edits(self._rows[first:end], fresh, self.key, first)
        assert steps is not None, "both are in the order of their ids"
        self._stale.difference_update(run.id for run in self._rows[first:end])
        self.following = span.before is None and self._follow
        self._apply(steps)
        self.following = False
        if span.before is not None:
            self._say_newer(newer)
        elif self._at_top:
            self._shorten()
            self._seen_newest()
        if not self._rows:
            self.to_top()
        elif steps:
            self.loaded.emit()

    def _position(self, run_id: int) -> int:
        """The number of rows above ``run_id``."""
        return bisect_left(self._rows, -run_id, key=lambda run: -run.id)

    def _fell_behind(self, rows: list[Run]) -> None:
        """More came at once than a page holds: go there, unless that would lose what the
        person has selected."""
        if self._hold:
            self._say_newer(MOST_COUNTED)
            return
        self._epoch += 1
        self._fetching = False
        self._at_bottom, self._below = False, None
        self._stale.clear()
        self._reset(rows)
        self._seen_newest()
        self.loaded.emit()

    def _shorten(self) -> None:
        """Rows that came in at the top push old ones out at the bottom."""
        size = len(self._rows)
        if size > MOST + PAGE:
            self._epoch += 1
            self._fetching = False
            self._at_bottom, self._below = False, None
            self._apply([Edit(Kind.REMOVE, MOST, size - 1)])

    def _broke(self, epoch: int, error: Exception) -> None:
        if epoch == self._epoch:
            self._fetching = False
        self.failed.emit(error)

    def _seen_newest(self) -> None:
        self._newest = self._rows[0].id if self._rows else 0
        self._say_newer(0)

    def _say_newer(self, count: int) -> None:
        if count != self._newer:
            self._newer = count
            self.newer.emit(count)


def _whole(source: Source, which: RunFilter, before: int, after: int, limit: int) -> list[Run]:
    """The matching runs between two ids, however long it takes: they are few."""
    rows: list[Run] = []
    while True:
        found = source.search_runs(which, before=before, after=after, limit=limit - len(rows))
        rows += found.runs
        if found.edge is None:
            return rows
        before = found.edge
