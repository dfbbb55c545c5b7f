"""What can be asked about runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from jobdesk.desk.room import Room
from jobdesk.domain.errors import NotFound
from jobdesk.domain.log import LogChunk, Stream
from jobdesk.domain.parsing import check_whole
from jobdesk.domain.run import Attempt, Run, RunState
from jobdesk.domain.run_filter import Counted, Found
from jobdesk.store import (
    logs,
    runs,
    search,
)
from jobdesk.store.runs import RunFilter

MAX_LIMIT = 100_000


class RunQuestions(Room):
    """The desk's questions about runs."""

    def run(self, run_id: int) -> Run:
        with self._db.reading() as conn:
            return runs.get(conn, run_id)

    def attempts(self, run_id: int) -> list[Attempt]:
        """The attempts of a run, the first one first."""
        with self._db.reading() as conn:
            return runs.attempts(conn, run_id)

    def callbacks_of(self, run_id: int) -> list[Run]:
        """The runs that tell somebody how this one ended, the oldest first."""
        with self._db.reading() as conn:
            return runs.callbacks_of(conn, run_id)

    def runs(
        self,
        which: RunFilter | None = None,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 100,
    ) -> list[Run]:
        """A page of runs, newest first; see :func:`jobdesk.store.runs.page`."""
        check_whole(limit, "limit", least=1, most=MAX_LIMIT)
        with self._db.reading() as conn:
            return runs.page(conn, which or RunFilter(), before=before, after=after, limit=limit)

    def search_runs(
        self,
        which: RunFilter | None = None,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = 100,
        patience: float = search.PATIENCE,
    ) -> Found:
        """What :meth:`runs` finds within ``patience`` seconds, and where it stopped; see
        :func:`jobdesk.store.search.search`."""
        check_whole(limit, "limit", least=1, most=MAX_LIMIT)
        with self._db.reading() as conn:
            return search.search(
                conn, which or RunFilter(), before=before, after=after, limit=limit,
                patience=patience,
            )  # fmt: skip

    def count_some(
        self,
        which: RunFilter,
        *,
        before: int | None = None,
        after: int | None = None,
        most: int = 10_000,
    ) -> Counted:
        """How many runs between two ids match, as far as it can be said at once; see
        :func:`jobdesk.store.search.count`."""
        with self._db.reading() as conn:
            return search.count(conn, which, before=before, after=after, most=most)

    def count_runs(self, which: RunFilter, *, most: int = 10_000) -> int:
        """How many runs match; counting stops at ``most``."""
        with self._db.reading() as conn:
            return runs.count(conn, which, most=most)

    def log(
        self,
        run_id: int,
        *,
        attempt: int | None = None,
        stream: Stream | None = None,
        after: int = -1,
        limit: int | None = None,
        last: int | None = None,
    ) -> Iterator[LogChunk]:
        """The log of an attempt (the latest, unless numbered), piece by piece.

        ``after`` is the ``seq`` of the last piece already seen; ``limit`` counts stored
        pieces, and one that holds both streams by turns comes as several; with ``last``
        it begins with the last so many of them. Raises NotFound for an attempt that was
        never made; a run without attempts has an empty log.
        """
        with self._db.reading() as conn:
            runs.get(conn, run_id)  # NotFound, before an empty log says nothing
            made = runs.attempts(conn, run_id)
            if attempt is not None:
                made = [one for one in made if one.number == attempt]
                if not made:
                    raise NotFound("attempt", f"{attempt} of run {run_id}")
            if made:
                of = made[-1].id
                if last is not None:
                    after = max(after, logs.before_last(conn, of, last))
                yield from logs.read(conn, of, after=after, stream=stream, limit=limit)

    def finished_counts(
        self, start: datetime, end: datetime, width: timedelta
    ) -> dict[tuple[int, RunState], int]:
        """How many runs finished from ``start`` to before ``end``, by the number of the span
        of ``width`` since ``start`` and by their state: succeeded, dead or cancelled."""
        with self._db.reading() as conn:
            return runs.finished_counts(conn, start, end, width)

    def newest_run_id(self) -> int:
        """The largest id that a run has; 0 where there are none."""
        with self._db.reading() as conn:
            return runs.newest_id(conn)
