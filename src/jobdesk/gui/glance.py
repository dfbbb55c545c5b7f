"""What sidebar, status bar and tray show of the desk, read once for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from jobdesk.domain.interruption import Interruption
from jobdesk.domain.run import Run
from jobdesk.domain.run_filter import RunFilter
from jobdesk.gui.calls import Calls
from jobdesk.gui.pace import Pace
from jobdesk.gui.watch import Watch

if TYPE_CHECKING:
    from jobdesk.desk import Desk, Overview

_RECENT = 5
_LEAST_MS, _MOST_MS = 200, 600
"""Between two readings that change signals ask for."""
_FAILURES = RunFilter(attention=True)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The desk at one moment: its sums, its jobs' names, its newest failures, and
    what an unexpected end of the engine did that nobody has dismissed yet."""

    overview: Overview
    workers: int
    queues: int
    jobs: tuple[str, ...]
    failures: tuple[Run, ...]
    interruption: Interruption | None = None
    incidents: int = 0
    """What goes on and was told of."""

    @property
    def all_paused(self) -> bool:
        return self.queues > 0 and self.overview.paused_queues == self.queues


class Glance(QObject):
    """Reads a :class:`Snapshot` in the background when something changed.

    One reading at a time: what changes meanwhile is read right afterwards.
    """

    changed = Signal(object)
    failed = Signal(object)

    def __init__(
        self, desk: Desk, calls: Calls, watch: Watch, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._calls = desk, calls
        self._reading = self._again = False
        self.snapshot: Snapshot | None = None
        self._pace = Pace(self.refresh, _LEAST_MS, _MOST_MS, self)
        watch.changed.connect(self._heard)

    @Slot()
    def refresh(self) -> None:
        if self._reading:
            self._again = True
            return
        self._reading = True
        desk = self._desk
        self._calls.run(self, lambda: read(desk), self._read, self._failed)

    @Slot(object)
    def _heard(self, topics: frozenset[str]) -> None:
        if Watch.concerns(topics, "runs", "jobs", "queues", "settings", "alerts"):
            self._pace.ask()

    def _read(self, snapshot: Snapshot) -> None:
        if snapshot != self.snapshot:
            self.snapshot = snapshot
            self.changed.emit(snapshot)
        self._next()

    def _failed(self, error: Exception) -> None:
        self.failed.emit(error)
        self._next()

    def _next(self) -> None:
        again, self._reading, self._again = self._again, False, False
        if again:
            self.refresh()


def read(desk: Desk) -> Snapshot:
    """Look at the desk. Not on the GUI thread."""
    return Snapshot(
        overview=desk.overview(),
        workers=desk.settings().workers,
        queues=len(desk.queues()),
        jobs=tuple(desk.job_names()),
        failures=tuple(desk.runs(_FAILURES, limit=_RECENT)),
        interruption=desk.interruption(),
        incidents=len(desk.alerts.open()),
    )
