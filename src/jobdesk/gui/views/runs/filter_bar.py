"""The filters of the Runs page: states, job, queue, text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from jobdesk.domain.run import RunState
from jobdesk.domain.run_filter import RunFilter
from jobdesk.gui.format import count, state_word
from jobdesk.gui.theme import XS, S, Theme
from jobdesk.gui.views.flow import FlowLayout
from jobdesk.gui.widgets import SearchField

PAUSE_MS = 150

STATES = (
    RunState.RUNNING,
    RunState.QUEUED,
    RunState.SCHEDULED,
    RunState.RETRYING,
    RunState.SUCCEEDED,
    RunState.DEAD,
    RunState.CANCELLED,
    RunState.SKIPPED,
    RunState.DISCARDED,
)
"""In the order of their chips: what is going on, then how it ended."""


class FilterBar(QWidget):
    """``changed`` carries the RunFilter that the person made. What can't be set here
    (attention, a span of time) is kept from :meth:`set_filter` until it is cleared."""

    changed = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._filter = RunFilter()
        self._setting = False
        self.search = SearchField(theme, "Search name or error")
        self.job = _Choice("All jobs", "Job")
        self.queue = _Choice("All queues", "Queue")
        self.chips = {state: self._chip(state) for state in STATES}
        self.attention = QPushButton("Needs attention")
        self.attention.setProperty("chip", "danger")
        self.attention.setVisible(False)
        self.picked = QPushButton()
        self.picked.setProperty("chip", "warning")
        self.picked.setCheckable(True)
        self.picked.setVisible(False)
        self.picked.setToolTip("Only certain runs are listed. Click to list the others, too.")
        self.clear = QPushButton("Clear")
        self.clear.setProperty("kind", "link")
        self.clear.setToolTip("Show all runs")
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._say)
        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._say)
        self.job.activated.connect(self._chosen)
        self.queue.activated.connect(self._chosen)
        self.attention.setCheckable(True)
        self.attention.clicked.connect(self._chosen)
        self.picked.clicked.connect(self._chosen)
        self.clear.clicked.connect(self.reset)
        theme.changed.connect(self._paint)
        self._paint()
        self.set_filter(RunFilter())

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), FlowLayout(XS)
        first.setSpacing(S)
        for widget in (self.search, self.job, self.queue):
            first.addWidget(widget)
        first.addStretch(1)
        for chip in self.chips.values():
            second.addWidget(chip)
        second.addWidget(self.attention)
        second.addWidget(self.picked)
        second.addWidget(self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        column.addLayout(first)
        column.addLayout(second)

    def _chip(self, state: RunState) -> QPushButton:
        chip = QPushButton(state_word(state))
        chip.setProperty("chip", self._theme.state_color(state))
        chip.setCheckable(True)
        chip.setAccessibleName(f"Show {state_word(state).lower()} runs")
        chip.clicked.connect(self._chosen)
        return chip

    # -- for the page -----------------------------------------------------------------

    @property
    def filter(self) -> RunFilter:
        return self._filter

    def set_filter(self, which: RunFilter) -> None:
        """Show a filter that was set elsewhere; tells nobody."""
        self._setting = True
        self._filter = which
        for state, chip in self.chips.items():
            chip.setChecked(state in which.states)
        self.search.setText(which.text)
        self.job.choose(which.job)
        self.queue.choose(which.queue)
        self.attention.setVisible(which.attention)
        self.attention.setChecked(which.attention)
        self.picked.setVisible(bool(which.ids))
        self.picked.setChecked(bool(which.ids))
        self.picked.setText(f"These {count(len(which.ids))} runs")
        self.clear.setVisible(which != RunFilter())
        self._timer.stop()
        self._setting = False

    def set_names(self, jobs: Sequence[str], queues: Sequence[str]) -> None:
        """What there is to choose from."""
        self.job.offer(jobs)
        self.queue.offer(queues)

    @Slot()
    def reset(self) -> None:
        """Clear all of it."""
        self.set_filter(RunFilter())
        self.changed.emit(self._filter)

    # -- what the person does -----------------------------------------------------------

    @Slot(str)
    def _typed(self, text: str) -> None:
        if not self._setting:
            self._timer.start()

    @Slot()
    def _chosen(self) -> None:
        self._say()

    @Slot()
    def _say(self) -> None:
        self._timer.stop()
        which = replace(
            self._filter,
            states=frozenset(s for s, chip in self.chips.items() if chip.isChecked()),
            job=self.job.chosen,
            queue=self.queue.chosen,
            text=self.search.text().strip(),
            attention=self.attention.isChecked(),
            ids=self._filter.ids if self.picked.isChecked() else frozenset(),
        )
        self.clear.setVisible(which != RunFilter())
        if which != self._filter:
            self._filter = which
            self.changed.emit(which)

    @Slot()
    def _paint(self) -> None:
        theme = self._theme
        for state, chip in self.chips.items():
            role = theme.state_color(state)
            chip.setIcon(theme.icon(theme.state_icon(state), role))
        self.attention.setIcon(theme.icon("mdi6.alert", "danger"))


class _Choice(QComboBox):
    """One of some names, or all. A name that is no longer there stays while it is chosen."""

    def __init__(self, everything: str, name: str) -> None:
        super().__init__()
        self._names: list[str] = []
        self.setAccessibleName(name)
        self.addItem(everything)
        self.setMinimumContentsLength(12)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMaxVisibleItems(20)

    @property
    def chosen(self) -> str | None:
        data = self.currentData(Qt.ItemDataRole.UserRole)
        return data if isinstance(data, str) else None

    def choose(self, name: str | None) -> None:
        if name is not None and self.findData(name) < 0:
            self.addItem(name, name)
        self.setCurrentIndex(0 if name is None else self.findData(name))

    def offer(self, names: Sequence[str]) -> None:
        """These names; the choice stays."""
        if self._names == list(names) or self.view().isVisible():
            return
        chosen = self.chosen
        self._names = list(names)
        while self.count() > 1:
            self.removeItem(1)
        for name in names:
            self.addItem(name, name)
        self.choose(chosen)
