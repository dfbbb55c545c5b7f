"""The selected job: when it fires, what it does, by which rules, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from jobdesk.domain.action import HttpAction
from jobdesk.domain.catchup import CatchUp
from jobdesk.domain.job import Job, Overlap
from jobdesk.domain.parsing import format_duration
from jobdesk.domain.retry import ExponentialBackoff, RetryPolicy
from jobdesk.domain.run import Run
from jobdesk.domain.timeout import NO_LIMIT
from jobdesk.gui import format as fmt
from jobdesk.gui.models.jobs_model import JobRow, schedule_words
from jobdesk.gui.models.policy_words import retry_sources, timeout_source
from jobdesk.gui.theme import Theme
from jobdesk.gui.views.inspector import Facts, Inspector, Ticks, breakable, label

FIRES = 5
_SHOWN_DELAYS = 4
_HTTP_TIMEOUT = 30.0

_OVERLAP = {
    Overlap.SKIP: "skip the new one",
    Overlap.QUEUE: "wait for the earlier one",
    Overlap.PARALLEL: "run side by side",
    Overlap.REPLACE: "end the earlier one",
}
_CATCH_UP = {
    CatchUp.SKIP: "skip what was missed",
    CatchUp.LATEST: "run the latest missed one",
    CatchUp.ALL: "run all that were missed",
}


def next_fires(job: Job, now: datetime, count: int = FIRES) -> list[datetime]:
    """The next fire times after ``now``; none by hand or while disabled."""
    fires: list[datetime] = []
    if job.spec.trigger is None or not job.spec.enabled:
        return fires
    schedule, after = job.spec.trigger.schedule(job.anchor_at), now
    while len(fires) < count:
        fire = schedule.next(after)
        if fire is None:
            break
        fires.append(fire)
        after = fire
    return fires


def retry_words(policy: RetryPolicy) -> str:
    """``3, after up to 10s, 20s, 40s``."""
    if not policy.retries:
        return "none"
    shown = min(policy.retries, _SHOWN_DELAYS)
    delays = [policy.longest_delay(number) for number in range(1, shown + 1)]
    words = ", ".join(format_duration(delay) for delay in delays)
    spread = policy.jitter and isinstance(policy.backoff, ExponentialBackoff)
    more = ", …" if policy.retries > shown else ""
    return f"{policy.retries}, after {'up to ' if spread else ''}{words}{more}"


class JobInspector(Inspector):
    """``actions`` are offered as buttons; the strip of runs opens one."""

    def __init__(
        self, theme: Theme, actions: Sequence[QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.job: Job | None = None
        self.heading = label("heading")
        self.schedule = label()
        self.zone = label("muted")
        self.problem = label("error")
        for widget in (self.heading, self.schedule, self.zone, self.problem):
            self.column.addWidget(widget)
        self.offer(actions)
        self._sections = [self.section("LAST RUNS")]
        self.ticks = Ticks(theme)
        self.column.addWidget(self.ticks)
        self.no_runs = label("muted")
        self.no_runs.setText("It has not run yet.")
        self.column.addWidget(self.no_runs)
        self._sections.append(self.section("NEXT FIRE TIMES"))
        self.fires = label()
        self.column.addWidget(self.fires)
        self._sections.append(self.section("WHAT IT DOES"))
        self.action = Facts()
        self.column.addWidget(self.action)
        self._sections.append(self.section("POLICY"))
        self.policy = Facts()
        self.column.addWidget(self.policy)
        self.column.addStretch(1)

    def show_row(self, row: JobRow, now: datetime) -> None:
        """A job, or what is known about one that can't be read."""
        same = self.job is not None and isinstance(row, Job) and self.job.id == row.id
        self.job = row if isinstance(row, Job) else None
        self.heading.setText(breakable(row.name))
        if not same:
            self.show_runs([])
        readable = isinstance(row, Job)
        for widget in (*self._sections, self.ticks, self.fires, self.action, self.policy):
            widget.setVisible(readable)
        self.schedule.setVisible(readable)
        self.zone.setVisible(readable)
        self.problem.setVisible(not readable)
        if isinstance(row, Job):
            self._show_job(row, now)
        else:
            self.no_runs.setVisible(False)
            self.problem.setText(
                f"This job can't be read: {row.problem}. It is kept as it is and does not run;"
                " deleting it removes it for good."
            )

    def show_runs(self, newest_first: Sequence[Run]) -> None:
        """The last runs."""
        self.ticks.set(newest_first)
        self.ticks.setVisible(bool(newest_first))
        self.no_runs.setVisible(not newest_first and self.job is not None)

    def tick(self, now: datetime) -> None:
        if self.job is not None:
            self._show_fires(self.job, now)

    def _show_job(self, job: Job, now: datetime) -> None:
        spec = job.spec
        self.schedule.setText(schedule_words(job, now) + ("" if spec.enabled else " (disabled)"))
        self.zone.setText(f"Time zone: {job.timezone}" if job.timezone else "")
        self.zone.setVisible(job.timezone is not None)
        self._show_fires(job, now)
        action = spec.action
        if isinstance(action, HttpAction):
            headers = ", ".join(action.headers)
            body = fmt.size(len(action.body.encode("utf-8", "replace"))) if action.body else ""
            facts = [("Calls", breakable(action.summary)), ("Headers", headers), ("Body", body)]
        else:
            kind = "Shell line" if action.shell is not None else "Runs"
            facts = [
                (kind, breakable(" ".join(action.summary.split())[:500])),
                ("In", breakable(action.cwd or "")),
                ("Variables", ", ".join(action.env)),
            ]
        self.action.set(facts)
        settled = job.settled
        timeout = settled.timeout or (_HTTP_TIMEOUT if isinstance(action, HttpAction) else None)
        self.policy.set(
            [
                ("Queue", spec.queue),
                ("Priority", str(spec.priority)),
                (
                    "Retries",
                    retry_words(settled.retry),
                    retry_sources(settled.retry, settled.source, spec.queue),
                ),
                (
                    "Timeout",
                    fmt.seconds(timeout) if timeout and timeout != NO_LIMIT else "none",
                    timeout_source(settled.timeout, settled.source("timeout"), spec.queue),
                ),
                ("Overlap", _OVERLAP[spec.overlap]),
                ("Catch-up", _CATCH_UP[spec.catch_up]),
            ]
        )

    def _show_fires(self, job: Job, now: datetime) -> None:
        fires = next_fires(job, now)
        lines = [fmt.moment(fire, now) for fire in fires]
        if fires:
            lines[0] += f"   {fmt.until(fires[0], now)}"
        elif job.spec.trigger is None:
            lines = ["It runs when you say so."]
        elif not job.spec.enabled:
            lines = ["None while it is disabled."]
        else:
            lines = ["None any more."]
        self.fires.setText("\n".join(lines))
        self.fires.setToolTip("\n".join(map(fmt.moment_full, fires)))
