"""Tells that runs have died: one message for one, one for a storm."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from jobdesk.domain.outcome import Reason
from jobdesk.domain.run import Run
from jobdesk.domain.run_filter import RunFilter
from jobdesk.domain.wording import REASON_WORDS
from jobdesk.gui.calls import Calls
from jobdesk.gui.format import counted
from jobdesk.gui.pace import Pace
from jobdesk.gui.watch import Watch

if TYPE_CHECKING:
    from jobdesk.desk import Desk

GATHER_MS = 1_000
"""After a death others may follow within a moment: say it once."""

REST_MS = 20_000
"""Between two messages."""

_LEAST_MS = 200
"""Between two looks; up to a second while there is always something new."""

_JUST_NOW = timedelta(minutes=1)

_LOOKED_AT = 500
"""How many of the newest dead letters are looked at."""


class Alerts(QObject):
    """Watches for deaths after :meth:`begin`.

    ``alert(title, text, run_id)`` comes at most once in 20 s; ``run_id`` is None when it
    is about several. Deaths of before are never told, nor are those by a crash of the
    engine: they have a notice of their own.
    """

    alert = Signal(str, str, object)

    def __init__(
        self, desk: Desk, calls: Calls, watch: Watch, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk, self._calls, self._watch = desk, calls, watch
        self._since: datetime | None = None
        self._told: set[int] = set()
        self._waiting: list[Run] = []
        self._pace = Pace(self._look, _LEAST_MS, GATHER_MS, self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(GATHER_MS)
        self._timer.timeout.connect(self._tell)

    def begin(self) -> None:
        self._since = self._desk.now()
        self._watch.changed.connect(self._heard)

    @Slot(object)
    def _heard(self, topics: frozenset[str]) -> None:
        if Watch.concerns(topics, "runs"):
            self._pace.ask()

    def _look(self) -> None:
        desk = self._desk
        self._calls.run(
            self,
            lambda: desk.runs(RunFilter(attention=True), limit=_LOOKED_AT),
            self._found,
            latest="deaths",
        )

    def _found(self, dead: list[Run]) -> None:
        since, now = self._since, self._desk.now()
        if since is None:
            return
        if now < since:
            # The clock was set back: deaths of before have a date that lies ahead.
            since = self._since = now - _JUST_NOW
            self._told |= {run.id for run in dead if run.finished_at and run.finished_at > now}
        fresh = [
            run
            for run in dead
            if run.id not in self._told
            and run.finished_at is not None
            and run.finished_at > since
            and run.reason is not Reason.INTERRUPTED
        ]
        self._told = {run.id for run in dead if run.id in self._told} | {run.id for run in fresh}
        self._waiting += fresh
        if self._waiting and not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _tell(self) -> None:
        dead, self._waiting = self._waiting, []
        if not dead:
            self._timer.setInterval(GATHER_MS)
            return
        if len(dead) == 1:
            run = dead[0]
            self.alert.emit(f"“{run.title}” failed for good", why(run), run.id)
        else:
            titles = list(dict.fromkeys(run.title for run in dead))
            names = ", ".join(f"“{title}”" for title in titles[:3])
            more = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
            self.alert.emit(f"{counted(len(dead), 'run')} died", names + more, None)
        self._timer.start(REST_MS)


def why(run: Run) -> str:
    """Why a run died, in a sentence or two."""
    sentence = REASON_WORDS[run.reason] if run.reason is not None else ""
    error = (run.error or "").strip()
    if not error or error.rstrip(".") in sentence:
        return sentence
    # The reason, then what exactly: "…exit code other than 0: exit code 7".
    return f"{sentence.rstrip('.')}: {error}" if sentence else error
