"""What is known about a run besides its log: origin, times, policy, command."""

from __future__ import annotations

import re
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.policy import Source
from jobdesk.domain.retry import RetryPolicy
from jobdesk.domain.run import Origin, Run
from jobdesk.gui.context import Context
from jobdesk.gui.format import moment, moment_full
from jobdesk.gui.models.policy_words import retry_sources, source_words, timeout_source
from jobdesk.gui.models.run.run_page_words import (
    ORIGIN_WORDS,
    assertion_words,
    retry_words,
    run_duration,
    timeout_words,
)
from jobdesk.gui.theme import M, S
from jobdesk.gui.views.inspector import NotedLabel

_LONGEST = 1_500
"""Characters of a command that are shown here; the details have all of it."""

_PLACES = re.compile(r"[^\w\s]|\w{12}(?=\w)")
"""Where code may be broken: after each sign, and within long words."""

Fact = tuple[str, str, str]
"""Name, value, tooltip."""


_NOTED = ("Timeout", "Retries", "Success")
"""Beneath these stands who said so."""
_MONO = ("Calls back", "Key", "Command", "Shell", "URL", "Folder", "Environment")
_ORDER = (
    "Origin", "Priority", "Created", "Due", "Started", "Finished", "Duration", "Timeout",
    "Retries", "Success", *_MONO, "Action",
)  # fmt: skip


class RunFacts(QFrame):
    """A column of names and values; the job and the queue are links."""

    open_job = Signal(str)
    open_queue = Signal(str)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._values: dict[str, QLabel] = {}
        self._names: dict[str, QLabel] = {}
        self._noted: dict[str, NotedLabel] = {}
        self.setProperty("card", True)
        self.job, self.queue = self._link(), self._link()
        self.job.clicked.connect(self._job_clicked)
        self.queue.clicked.connect(self._queue_clicked)
        inside = QWidget()
        self._grid = QGridLayout(inside)
        self._grid.setContentsMargins(M, M, M, M)
        self._grid.setHorizontalSpacing(M)
        self._grid.setVerticalSpacing(S)
        self._grid.setColumnStretch(1, 1)
        self._add_row("Job", self.job)
        self._add_row("Queue", self.queue)
        for name in _ORDER:
            self._add_value(name)
        self._grid.setRowStretch(self._grid.rowCount(), 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        scroll.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(scroll)

    def value(self, name: str) -> str:
        """What is shown for a name; empty when it isn't."""
        label = self._values[name]
        if label.isHidden():
            return ""
        return label.whole if isinstance(label, _Breaking) else label.text()

    def note(self, name: str) -> str:
        """The quiet line beneath a value."""
        return self._noted[name].note.text()

    def show_run(self, run: Run) -> None:
        """Show a run as it is by now."""
        known = run.job is not None
        self.job.setVisible(known)
        self._names["Job"].setVisible(known)
        self.job.setText(run.job or "")
        # The name of a deleted job stays with its runs, but leads nowhere.
        self.job.setEnabled(run.job_id is not None)
        self.job.setToolTip("Show this job" if run.job_id is not None else "Deleted since")
        self.queue.setText(run.queue)
        self.queue.setToolTip("Show the runs of this queue")
        shown = self._times(run) + self._policy(run)
        for name, value, tip in shown:
            self._set(name, value, tip)
        for name in self._values.keys() - {name for name, _, _ in shown}:
            self._shown(name, False)

    def _times(self, run: Run) -> list[Fact]:
        now = self._context.desk.now()
        origin = ORIGIN_WORDS[run.origin]
        if run.origin is Origin.REPLAY and run.replay_of is not None:
            origin += f" of #{run.replay_of}"
        facts = [("Origin", origin, "")]
        if run.priority:
            facts.append(("Priority", str(run.priority), ""))
        for name, when in (
            ("Created", run.created_at),
            ("Due", run.due_at if run.due_at != run.created_at else None),
            ("Started", run.started_at),
            ("Finished", run.finished_at),
        ):
            if when is not None:
                facts.append((name, moment(when, now), moment_full(when)))
        took = run_duration(run, now)
        if took is not None and run.finished:
            facts.append(("Duration", took, "From the first start to the end, waits included"))
        return facts

    def _policy(self, run: Run) -> list[Fact]:
        facts: list[Fact] = []
        if run.key is not None:
            facts.append(("Key", run.key, "The same key again returns this run"))
        try:
            action, retry, source = run.action, run.retry, run.policy.source
        except ValueError:
            return [*facts, ("Action", "It can't be read by this version.", "")]
        facts.append(("Timeout", timeout_words(run, action), "Of each attempt"))
        facts.append(("Retries", retry_words(retry), ""))
        if asserted := assertion_words(run):
            tip = "What must hold for a success; the log says what each of them found"
            facts.append(("Success", asserted, tip))
        if run.policy.callback_url is not None:
            tip = "Told how this run ended, by a run of its own"
            facts.append(("Calls back", _cut(run.policy.callback_url), tip))
        self._note_sources(run, retry, source)
        return facts + _action_facts(action)

    def _set(self, name: str, value: str, tip: str) -> None:
        label = self._values[name]
        if isinstance(label, _Breaking):
            label.set_whole(value)
        elif label.text() != value:
            label.setText(value)
        label.setToolTip(tip)
        self._shown(name, True)

    def _shown(self, name: str, shown: bool) -> None:
        self._values[name].setVisible(shown)
        self._names[name].setVisible(shown)
        if name in self._noted:
            self._noted[name].setVisible(shown)

    def _note_sources(self, run: Run, retry: RetryPolicy, said: Callable[[str], Source]) -> None:
        self._noted["Timeout"].set_note(timeout_source(run.timeout, said("timeout"), run.queue))
        self._noted["Retries"].set_note(retry_sources(retry, said, run.queue))
        self._noted["Success"].set_note(source_words(said("assertions"), run.queue))

    def _add_value(self, name: str) -> None:
        label = _Breaking() if name in _MONO else QLabel()
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setMinimumWidth(1)
        if name not in _MONO:
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._values[name] = label
        if name in _NOTED:
            self._noted[name] = NotedLabel(label)
        self._add_row(name, self._noted.get(name, label))

    def _add_row(self, name: str, widget: QWidget) -> None:
        title = QLabel(name)
        title.setProperty("role", "muted")
        title.setBuddy(widget)
        place = Qt.AlignmentFlag.AlignTop
        if isinstance(widget, QPushButton):
            place = Qt.AlignmentFlag.AlignVCenter
        elif isinstance(widget, _Breaking):
            title.setContentsMargins(0, 2, 0, 0)  # the mono font's lines are a bit higher
        row = self._grid.rowCount()
        self._grid.addWidget(title, row, 0, place)
        self._grid.addWidget(widget, row, 1, place)
        self._names[name] = title

    def _link(self) -> QPushButton:
        link = QPushButton()
        link.setProperty("kind", "link")
        link.setCursor(Qt.CursorShape.PointingHandCursor)
        link.setMinimumWidth(1)
        return link

    @Slot()
    def _job_clicked(self) -> None:
        self.open_job.emit(self.job.text())

    @Slot()
    def _queue_clicked(self) -> None:
        self.open_queue.emit(self.queue.text())


def _action_facts(action: ScriptAction | HttpAction) -> list[Fact]:
    if isinstance(action, HttpAction):
        return [("URL", _cut(action.summary), "")]
    facts = [("Shell" if action.shell is not None else "Command", _cut(action.summary), "")]
    if action.cwd is not None:
        facts.append(("Folder", _cut(action.cwd), "Its working directory"))
    if action.env:
        names = ", ".join(sorted(action.env))
        facts.append(("Environment", _cut(names), "The variables that are added; not their values"))
    return facts


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


class _Breaking(QLabel):
    """Code that is broken anywhere if need be, as labels by themselves don't; copied by
    its menu, without the marks that make it break."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = ""
        self.setProperty("role", "mono")
        copy = QAction("Copy", self)
        copy.triggered.connect(self._copy)
        self.addAction(copy)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def set_whole(self, text: str) -> None:
        if text != self.whole:
            self.whole = text
            self.setText(_PLACES.sub("\\g<0>\u200b", text))

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.whole)
