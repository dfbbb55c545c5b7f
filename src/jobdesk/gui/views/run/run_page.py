"""A run's own page: what it is, its attempts, and everything that explains a failure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.errors import NotFound
from jobdesk.domain.run import Attempt, Run, RunState
from jobdesk.domain.run_filter import RunFilter
from jobdesk.gui.context import Context
from jobdesk.gui.theme import XL, M, S
from jobdesk.gui.views.log.view import LogView
from jobdesk.gui.views.page import Page
from jobdesk.gui.views.run.attempt_list import AttemptList
from jobdesk.gui.views.run.http_view import HttpView
from jobdesk.gui.views.run.run_facts import RunFacts
from jobdesk.gui.views.run.run_header import RunHeader
from jobdesk.gui.views.run.text_view import TextView
from jobdesk.gui.views.runs.run_commands import RunCommands
from jobdesk.gui.watch import Watch
from jobdesk.gui.widgets import EmptyState


@dataclass(frozen=True, slots=True)
class _Snapshot:
    run: Run
    attempts: list[Attempt]
    action: ScriptAction | HttpAction | None
    """None: this version can't read it."""
    paused: bool
    """Whether its queue is, and that is why it waits."""
    callback: Run | None = None
    """The newest run that tells somebody how it ended."""


class RunPage(Page):
    """Shows one run at a time, by :meth:`show_run`; kept up to date while it is active."""

    name = "run"
    title = "Run"

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._run_id: int | None = None
        self._shown: _Snapshot | None = None
        self.commands = RunCommands(self, context)
        self.removeAction(self.commands.open)
        self.header = RunHeader(context, self.commands)
        self.attempts = AttemptList(context)
        self.facts = RunFacts(context)
        self.log = LogView(context)
        self.http = HttpView(context)
        self.details = _Details(context)
        self.tabs = QTabWidget()
        self._missing = EmptyState(
            context.theme, "mdi6.file-question-outline", "", "", "Back to the runs"
        )
        self._lay_out()
        self._connect()
        self.setFocusProxy(self.log)

    @property
    def run_id(self) -> int | None:
        """The run that is shown."""
        return self._run_id

    def show_run(self, run_id: int) -> None:
        """Show another run."""
        if run_id != self._run_id:
            self._run_id, self._shown = run_id, None
            self.topics = ("runs", "queues", f"run:{run_id}")
            self.log.show_attempt(None, None)
            self.log.toolbar.show_all()
            self._stack.setCurrentIndex(0)
        self.read()

    def read(self) -> None:
        """Look again, at the log too."""
        run_id, desk = self._run_id, self.context.desk
        if run_id is None:
            return

        def look() -> _Snapshot:
            run = desk.run(run_id)
            try:
                action = run.action
            except ValueError:
                action = None
            waits = run.state is RunState.QUEUED
            paused = waits and any(q.paused for q in desk.queues() if q.name == run.queue)
            callbacks = desk.callbacks_of(run_id) if run.finished else []
            callback = callbacks[-1] if callbacks else None
            return _Snapshot(run, desk.attempts(run_id), action, paused, callback)

        self.context.calls.run(self, look, self._show, self._failed, latest="run")

    def tick(self, now: datetime) -> None:
        """Countdowns and what has been going on for how long."""
        self.header.tick(now)
        self.attempts.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self.log.bar.isVisible():
            self.log.bar.close_bar()
        else:
            self.context.navigation.back.emit()

    # -- building -----------------------------------------------------------------

    def _lay_out(self) -> None:
        caption = QLabel("Attempts")
        caption.setProperty("role", "section")
        about = QLabel("About this run")
        about.setProperty("role", "section")
        side = QWidget()
        side.setMinimumWidth(220)
        left = QVBoxLayout(side)
        left.setContentsMargins(0, 0, 0, 0)
        left.setSpacing(S)
        self._attempts_caption = caption
        for widget in (caption, self.attempts, about):
            left.addWidget(widget)
        left.addWidget(self.facts, 1)
        self.tabs.addTab(self.log, "Log")
        self.tabs.addTab(self.http, "Request and response")
        self.tabs.addTab(self.details, "Details")
        self.tabs.setDocumentMode(True)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(side)
        split.addWidget(self.tabs)
        split.setStretchFactor(1, 1)
        split.setSizes([300, 800])
        split.setHandleWidth(M)
        split.setChildrenCollapsible(False)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        body = QHBoxLayout()
        body.setContentsMargins(XL, 0, XL, XL)
        body.addWidget(split)
        column.addLayout(body, 1)
        self._stack = QStackedWidget()
        for page in (QWidget(), whole, self._missing):
            self._stack.addWidget(page)
        self.column.addWidget(self._stack)

    def _connect(self) -> None:
        navigation = self.context.navigation
        self.header.back.connect(navigation.back)
        self.header.open_run.connect(navigation.open_run)
        self.facts.open_job.connect(navigation.open_job)
        self.facts.open_queue.connect(self._open_queue)
        self.attempts.chosen.connect(self._show_attempt)
        self._missing.clicked.connect(self._open_runs)
        self.context.watch.changed.connect(self._log_changed)
        self.addActions(self.log.page_actions)
        self.log.find_action.triggered.connect(self._to_log)

    # -- showing ------------------------------------------------------------------

    def _show(self, shown: _Snapshot) -> None:
        fresh = self._shown is None
        self._shown = shown
        self.title = f"Run {shown.run.id}"
        self._stack.setCurrentIndex(1)
        self.header.show_run(shown.run, paused=shown.paused, callback=shown.callback)
        self.facts.show_run(shown.run)
        many = len(shown.attempts)
        self._attempts_caption.setVisible(many > 0)
        self.attempts.setVisible(many > 0)
        self.tabs.setTabVisible(self.tabs.indexOf(self.http), isinstance(shown.action, HttpAction))
        if fresh:
            self.tabs.setCurrentIndex(0)
            self.details.show_spec(shown.run.spec)
        self.attempts.show_attempts(shown.attempts, fresh=fresh)

    @Slot(object)
    def _show_attempt(self, attempt: Attempt | None) -> None:
        if self._shown is None:
            return
        self.log.show_attempt(self._shown.run.id, attempt)
        if isinstance(self._shown.action, HttpAction):
            self.http.show_attempt(self._shown.run.id, attempt)

    def _failed(self, error: Exception) -> None:
        gone = isinstance(error, NotFound)
        if gone or self._shown is None:
            self._missing.set(
                "mdi6.file-question-outline",
                f"There is no run {self._run_id}" if gone else "This run can't be shown",
                "It may have been removed with the history that has become too old."
                if gone
                else str(error),
                "Back to the runs",
            )
            self._stack.setCurrentIndex(2)
        else:
            self.context.navigation.failed.emit(f"Reading run {self._run_id}", error)

    @Slot(object)
    def _log_changed(self, topics: frozenset[str]) -> None:
        if (
            self._active
            and f"log:{self._run_id}" in topics
            and not Watch.concerns(topics, *self.topics)
        ):
            self.log.look()

    # -- doing --------------------------------------------------------------------

    @Slot()
    def _to_log(self) -> None:
        self.tabs.setCurrentWidget(self.log)

    @Slot()
    def _open_runs(self) -> None:
        self.context.navigation.show_page.emit("runs")

    @Slot(str)
    def _open_queue(self, name: str) -> None:
        self.context.navigation.show_runs.emit(RunFilter(queue=name))


class _Details(QWidget):
    """The action as JSON, all of it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._spec = ""
        self.text = TextView(context, "Action as JSON")
        told = QLabel("What this run does, as it was when the run was made.")
        told.setProperty("role", "muted")
        copy = QPushButton("Copy")
        copy.setProperty("kind", "quiet")
        copy.setToolTip("Copy the whole text")
        copy.clicked.connect(self._copy)
        top = QHBoxLayout()
        top.addWidget(told, 1)
        top.addWidget(copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, S, 0, 0)
        column.setSpacing(S)
        column.addLayout(top)
        column.addWidget(self.text, 1)

    def show_spec(self, spec: str) -> None:
        self._spec = spec
        self.text.show_made(lambda: laid_out(spec), lambda error: self.text.show_nothing(spec))

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(laid_out(self._spec))


def laid_out(spec: str) -> str:
    """An action's JSON with one member a line; what is no JSON, as it is."""
    try:
        return json.dumps(json.loads(spec), indent=2, ensure_ascii=False)
    except ValueError:
        return spec
