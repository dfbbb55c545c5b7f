"""Runs as rows: the history, and the dead letters."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject

from jobdesk.domain.run import Run, RunState
from jobdesk.gui import format as fmt
from jobdesk.gui.calls import Calls
from jobdesk.gui.models import run_words as words
from jobdesk.gui.models.cells import BadgeCell, ButtonCell, Cell, TextCell
from jobdesk.gui.models.paging import PagingModel, Source
from jobdesk.gui.models.table_model import Column
from jobdesk.gui.theme import Theme

_DETAIL_ROLES = {RunState.DEAD: "danger", RunState.RETRYING: "warning"}

JOB_ICON, PUSH_ICON = "mdi6.calendar-clock-outline", "mdi6.tray-arrow-down"


class _Runs(PagingModel):
    def __init__(
        self,
        calls: Calls,
        source: Source,
        theme: Theme,
        now: datetime,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(calls, source, now, parent)
        self._theme = theme

    def _badge(self, run: Run) -> Cell:
        theme, state = self._theme, run.state
        return BadgeCell(fmt.state_word(state), theme.state_color(state), theme.state_icon(state))

    def _name(self, run: Run) -> Cell:
        icon = PUSH_ICON if run.job is None else JOB_ICON
        middle = run.job is None
        return TextCell(run.title, icon=icon, icon_role="faint", bold=True, middle=middle)


class RunsModel(_Runs):
    """The history."""

    STATE, ID, NAME, QUEUE, ORIGIN, ATTEMPT, WHEN, TOOK, DETAIL = range(9)
    columns = (
        Column("State", 120),
        Column("Run", 84, rank=3),
        Column("Name", 0),
        Column("Queue", 88, rank=6),
        Column("Origin", 84, rank=7),
        Column("Attempt", 68, rank=5),
        Column("When", 116, live=True, rank=1),
        Column("Duration", 80, live=True, rank=4),
        Column("Detail", 0, live=True, rank=2),
    )

    _paused: frozenset[str] = frozenset()

    @property
    def paused(self) -> frozenset[str]:
        return self._paused

    def set_paused(self, queues: frozenset[str]) -> None:
        """Which queues are paused: it says why their runs wait."""
        if queues != self._paused and self._rows:
            self._paused = queues
            end = len(self._rows) - 1
            self.dataChanged.emit(self.index(0, self.DETAIL), self.index(end, self.DETAIL))
        self._paused = queues

    def make_cell(self, row: Run, column: int) -> Cell:
        now = self._now
        if column == self.STATE:
            return self._badge(row)
        if column == self.ID:
            return TextCell(f"#{row.id}", "muted")
        if column == self.NAME:
            return self._name(row)
        if column == self.QUEUE:
            return TextCell(row.queue, "muted")
        if column == self.ORIGIN:
            return TextCell(words.ORIGIN_WORDS[row.origin], "muted")
        if column == self.ATTEMPT:
            return TextCell(words.attempt(row), "muted")
        if column == self.WHEN:
            return TextCell(words.when(row, now))
        if column == self.TOOK:
            return TextCell(words.took(row, now))
        role = "muted" if row.replayed_by else _DETAIL_ROLES.get(row.state, "muted")
        return TextCell(words.detail(row, now, self._paused), role)

    def hint(self, row: Run, column: int) -> str:
        if column == self.STATE:
            return words.sentence(row)
        if column == self.NAME:
            return f"{row.title}\n{'Job' if row.job else 'Pushed run'} · run {row.id}"
        if column in (self.WHEN, self.TOOK):
            return words.when_hint(row)
        if column == self.DETAIL:
            text = words.detail(row, self._now, self._paused)
            return f"{words.sentence(row)}\n{text}" if text else words.sentence(row)
        return ""


class DeadModel(_Runs):
    """Dead letters, each with its replay at hand."""

    NAME, REASON, DIED, ATTEMPTS, QUEUE, REPLAY = range(6)
    columns = (
        Column("Name", 0),
        Column("Reason and error", 0, rank=1),
        Column("Died", 116, live=True, rank=2),
        Column("Attempts", 84, rank=3),
        Column("Queue", 96, rank=4),
        Column("", 96),
    )

    def make_cell(self, row: Run, column: int) -> Cell:
        if column == self.NAME:
            icon = PUSH_ICON if row.job is None else JOB_ICON
            second = f"Run {row.id} · {words.ORIGIN_WORDS[row.origin].lower()}"
            middle = row.job is None
            return TextCell(row.title, second=second, icon=icon, bold=True, middle=middle)
        if column == self.REASON:
            return TextCell(words.sentence(row), second=row.error or "", second_role="danger")
        if column == self.DIED:
            return TextCell(words.when(row, self._now))
        if column == self.ATTEMPTS:
            return TextCell(words.attempt(row), "muted")
        if column == self.QUEUE:
            return TextCell(row.queue, "muted")
        return ButtonCell("Replay", "mdi6.replay")

    def hint(self, row: Run, column: int) -> str:
        if column == self.NAME:
            return f"{row.title}\nRun {row.id}"
        if column == self.REASON:
            return f"{words.sentence(row)}\n{row.error or ''}".rstrip()
        if column == self.DIED:
            return words.when_hint(row)
        if column == self.REPLAY:
            return "Run it again, as a new run"
        return ""
