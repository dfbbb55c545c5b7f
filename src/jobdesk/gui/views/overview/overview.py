"""The desk at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from jobdesk.desk import Desk, Overview
from jobdesk.domain.job import Job
from jobdesk.domain.run import Run, RunState
from jobdesk.domain.run_filter import RunFilter
from jobdesk.gui import format as fmt
from jobdesk.gui.actions import RunActions
from jobdesk.gui.context import Context
from jobdesk.gui.models import run_words
from jobdesk.gui.models.jobs_model import schedule_words
from jobdesk.gui.theme import XL, L, M, S
from jobdesk.gui.views.inspector import label
from jobdesk.gui.views.overview.activity_chart import (
    HOUR,
    HOURS,
    ActivityChart,
    Bucket,
    buckets,
    first_hour,
)
from jobdesk.gui.views.overview.parts import Line, LineList, StatCard
from jobdesk.gui.views.page import Page, PageAction
from jobdesk.gui.watch import Watch
from jobdesk.gui.widgets import ActionButton, EmptyState, PageHeader

LINES = 5
_RUNNING = RunFilter(states=frozenset({RunState.RUNNING}))
_WAITING = RunFilter(states=frozenset({RunState.QUEUED, RunState.SCHEDULED}))
_RETRYING = RunFilter(states=frozenset({RunState.RETRYING}))
_ATTENTION = RunFilter(attention=True)
_CHART_SECONDS = 10
"""Counting a day's runs can mean reading tens of thousands."""


@dataclass(frozen=True, slots=True)
class _Look:
    """One reading of the desk."""

    sums: Overview
    next_jobs: list[Job]
    failures: list[Run]
    running: list[Run]
    any_runs: bool


class OverviewPage(Page):
    """Cards that lead to lists, the last day, what runs, what fires next, what failed."""

    name = "overview"
    title = "Overview"
    topics = ("runs", "jobs", "queues")
    pause_ms = 400

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        theme = context.theme
        self._look: _Look | None = None
        self._chart_wait = 0
        self._chart_is_old = False
        self._actions = RunActions(context, self)
        self._make_parts()
        self.new = PageAction(
            self, theme, "New job", "mdi6.plus", self._new, tip="Set up a job", role="accent_text"
        )
        self.removeAction(self.new)  # the File menu has it already
        self.header = PageHeader(self.title, "", [ActionButton(self.new, "primary", self)])
        self.empty = self._make_empty()
        self.stack = QStackedWidget()
        self.stack.addWidget(self._make_body())
        self.stack.addWidget(self.empty)
        self.column.addWidget(self.header)
        self.column.addWidget(self.stack, 1)
        self._connect()

    # -- parts ------------------------------------------------------------------------

    def _make_parts(self) -> None:
        theme = self.context.theme
        self.running_card = StatCard(theme, "Running", "mdi6.play-circle", "info")
        self.queued_card = StatCard(theme, "Queued", "mdi6.timer-sand", "neutral")
        self.retrying_card = StatCard(theme, "Retrying", "mdi6.autorenew", "warning")
        self.dead_card = StatCard(theme, "Dead letters", "mdi6.alert-octagon", "danger")
        self.chart = ActivityChart(theme)
        self.chart_words = label("muted", wrap=False)
        self.running = LineList(theme, "RUNNING NOW", "Nothing is running.", button="Cancel")
        self.next = LineList(theme, "NEXT TO FIRE", "No job is waiting for its time.")
        self.failures = LineList(
            theme, "RECENT FAILURES", "Nothing needs your attention.", button="Replay"
        )

    def _make_body(self) -> QWidget:
        content = QWidget()
        grid = QVBoxLayout(content)
        grid.setContentsMargins(XL, 0, XL, XL)
        grid.setSpacing(M)
        cards = QHBoxLayout()
        cards.setSpacing(M)
        for card in (self.running_card, self.queued_card, self.retrying_card, self.dead_card):
            cards.addWidget(card, 1)
        grid.addLayout(cards)
        grid.addWidget(self._make_chart_card())
        lists = QHBoxLayout()
        lists.setSpacing(M)
        for cards_below in ((self.failures,), (self.running, self.next)):
            side = QVBoxLayout()
            side.setSpacing(M)
            for below in cards_below:
                side.addWidget(below)
            side.addStretch(1)
            lists.addLayout(side, 1)
        grid.addLayout(lists)
        grid.addStretch(1)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The page's own colour shows through.
        area.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)
        return area

    def _make_chart_card(self) -> QFrame:
        card = QFrame()
        card.setProperty("card", True)
        heading = label("section", wrap=False)
        heading.setText("LAST 24 HOURS")
        top = QHBoxLayout()
        top.addWidget(heading, 1)
        top.addWidget(self.chart_words)
        column = QVBoxLayout(card)
        column.setContentsMargins(L, M, L, M)
        column.setSpacing(S)
        column.addLayout(top)
        column.addWidget(self.chart)
        return card

    def _make_empty(self) -> EmptyState:
        empty = EmptyState(
            self.context.theme, "mdi6.rocket-launch-outline", "Nothing here yet",
            "Set up a job that runs a script or calls an HTTP endpoint: now, later, or on a"
            " schedule.", "New job",
        )  # fmt: skip
        line = QLabel("or in a terminal:   jobdesk push -- echo hello")
        line.setProperty("role", "mono")
        line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = empty.layout()
        assert isinstance(layout, QVBoxLayout)
        at = layout.count() - 1
        layout.insertWidget(at, line, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.insertSpacing(at, L)
        return empty

    def _connect(self) -> None:
        self.running_card.clicked.connect(self._show_running)
        self.queued_card.clicked.connect(self._show_waiting)
        self.retrying_card.clicked.connect(self._show_retrying)
        self.dead_card.clicked.connect(self._show_dead)
        self.running.more.connect(self._show_running)
        self.failures.more.connect(self._show_dead)
        self.next.more.connect(self._show_jobs)
        self.running.opened.connect(self._open_run)
        self.failures.opened.connect(self._open_run)
        self.next.opened.connect(self._open_job)
        self.running.pressed.connect(self._cancel)
        self.failures.pressed.connect(self._replay)
        self.empty.clicked.connect(self._new)

    # -- reading --------------------------------------------------------------------------

    def read(self) -> None:
        self._read_look()
        self._read_chart()

    def read_again(self, topics: frozenset[str]) -> None:
        self._read_look()
        if Watch.concerns(topics, "runs"):
            self._chart_is_old = True

    def tick(self, now: datetime) -> None:
        self._chart_wait -= 1
        if self._chart_wait <= 0 and (self._chart_is_old or now.minute == 0):
            self._read_chart()
        self._tell(now)

    def _read_look(self) -> None:
        self.ask(partial(_look_at, self.context.desk), self._arrived, latest="look")

    def _read_chart(self) -> None:
        self._chart_is_old, self._chart_wait = False, _CHART_SECONDS
        self.ask(partial(_count, self.context.desk), self._counted, latest="chart")

    def _arrived(self, look: _Look) -> None:
        self._look = look
        empty = not look.any_runs and not look.sums.jobs
        self.stack.setCurrentIndex(1 if empty else 0)
        self.new.setVisible(not empty)  # the empty state has the same button
        self.header.set_subtitle("" if empty else _subtitle(look.sums))
        sums = look.sums
        self.running_card.show_number(sums.running, "being worked on now")
        later = f"{fmt.count(sums.scheduled)} more scheduled for later" if sums.scheduled else ""
        self.queued_card.show_number(sums.queued, later or "ready for a free worker")
        self.retrying_card.show_number(sums.retrying, "failed, will be tried again")
        self.dead_card.show_number(
            sums.dead, "need your attention" if sums.dead else "nothing needs your attention"
        )
        self._tell(self.context.desk.now())

    def _counted(self, hours: list[Bucket]) -> None:
        self.chart.set(hours)
        succeeded = sum(bucket.succeeded for bucket in hours)
        failed = sum(bucket.failed for bucket in hours)
        said = f"{fmt.count(succeeded)} succeeded · {fmt.count(failed)} failed"
        if succeeded + failed:
            # Rounded down: 99.9 % is not all of them.
            said += f" · {succeeded * 100 // (succeeded + failed)} % success"
        self.chart_words.setText(said)

    def _tell(self, now: datetime) -> None:
        """The lists, with their times as of ``now``."""
        look, theme = self._look, self.context.theme
        if look is None:
            return
        self.running.show_lines(
            [
                Line(
                    run.id, theme.state_icon(run.state), "info", run.title,
                    f"attempt {run_words.attempt(run)} · {run.queue}", run_words.took(run, now),
                )
                for run in look.running
            ]
        )  # fmt: skip
        self.failures.show_lines(
            [
                Line(
                    run.id, theme.state_icon(run.state), "danger", run.title,
                    run.error or run_words.sentence(run), run_words.when(run, now),
                )
                for run in look.failures
            ]
        )  # fmt: skip
        self.next.show_lines(
            [
                Line(
                    job.name, "mdi6.calendar-clock", "muted", job.name,
                    schedule_words(job, now), fmt.until(job.next_due_at, now),
                )
                for job in look.next_jobs
                if job.next_due_at is not None
            ]
        )  # fmt: skip

    # -- what the person does -------------------------------------------------------------

    @Slot()
    def _new(self) -> None:
        self.context.navigation.new_job.emit()

    @Slot()
    def _show_running(self) -> None:
        self.context.navigation.show_runs.emit(_RUNNING)

    @Slot()
    def _show_waiting(self) -> None:
        self.context.navigation.show_runs.emit(_WAITING)

    @Slot()
    def _show_retrying(self) -> None:
        self.context.navigation.show_runs.emit(_RETRYING)

    @Slot()
    def _show_dead(self) -> None:
        self.context.navigation.show_page.emit("dead")

    @Slot()
    def _show_jobs(self) -> None:
        self.context.navigation.show_page.emit("jobs")

    @Slot(object)
    def _open_run(self, run_id: int) -> None:
        self.context.navigation.open_run.emit(run_id)

    @Slot(object)
    def _open_job(self, name: str) -> None:
        self.context.navigation.open_job.emit(name)

    @Slot(object)
    def _cancel(self, run_id: int) -> None:
        self._actions.cancel([run_id])

    @Slot(object)
    def _replay(self, run_id: int) -> None:
        self._actions.replay([run_id])


def _look_at(desk: Desk) -> _Look:
    jobs = [job for job in desk.jobs() if job.next_due_at is not None and job.spec.enabled]
    jobs.sort(key=lambda job: (job.next_due_at or desk.now(), fmt.by_name(job.name)))
    return _Look(
        desk.overview(),
        jobs[:LINES],
        desk.runs(_ATTENTION, limit=LINES),
        desk.runs(_RUNNING, limit=LINES),
        bool(desk.runs(limit=1)),
    )


def _count(desk: Desk) -> list[Bucket]:
    first = first_hour(desk.now())
    return buckets(first, desk.finished_counts(first, first + HOURS * HOUR, HOUR))


def _subtitle(sums: Overview) -> str:
    parts = [f"{fmt.counted(sums.enabled_jobs, 'job')} enabled"]
    if sums.jobs > sums.enabled_jobs:
        parts.append(f"{sums.jobs - sums.enabled_jobs} disabled")
    if sums.paused_queues:
        parts.append(f"{fmt.counted(sums.paused_queues, 'queue')} paused")
    return ", ".join(parts)
