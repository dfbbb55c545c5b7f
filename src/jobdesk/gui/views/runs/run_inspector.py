"""The selected run: its state in words, what went wrong, its attempts so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from jobdesk.domain.outcome import Outcome
from jobdesk.domain.run import Attempt, Run, RunState
from jobdesk.domain.timeout import NO_LIMIT
from jobdesk.gui import format as fmt
from jobdesk.gui.models import run_words as words
from jobdesk.gui.theme import XS, S, Theme
from jobdesk.gui.views.inspector import Facts, Inspector, breakable, label
from jobdesk.gui.widgets import Badge

MOST_ATTEMPTS = 12

_OUTCOMES = {
    Outcome.SUCCEEDED: ("Succeeded", "success", "mdi6.check-circle"),
    Outcome.FAILED: ("Failed", "danger", "mdi6.close-circle"),
    Outcome.CANCELLED: ("Cancelled", "neutral", "mdi6.cancel"),
    Outcome.INTERRUPTED: ("Interrupted", "warning", "mdi6.pause-circle"),
}


class RunInspector(Inspector):
    """Shows one run, or how many are selected; ``actions`` are offered as buttons."""

    def __init__(
        self, theme: Theme, actions: Sequence[QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self.run: Run | None = None
        self.badge = Badge(theme)
        self.heading = label("heading")
        self.subtitle = label("muted")
        self.sentence = label()
        self.error = label("error", copy=True)
        self.facts = Facts()
        for widget in (self.badge, self.heading, self.subtitle, self.sentence, self.error):
            self.column.addWidget(widget)
        self.offer(actions)
        self._details = self.section("DETAILS")
        self.column.addWidget(self.facts)
        self._attempts_title = self.section("ATTEMPTS")
        self.attempts = QWidget()
        self._attempts_column = QVBoxLayout(self.attempts)
        self._attempts_column.setContentsMargins(0, 0, 0, 0)
        self._attempts_column.setSpacing(XS)
        self._lines: list[AttemptLine] = []
        self.column.addWidget(self.attempts)
        self.column.addStretch(1)

    def show_run(self, run: Run, now: datetime, paused: frozenset[str] = frozenset()) -> None:
        """Show what the row itself says; attempts follow by :meth:`show_attempts`."""
        if self.run is None or self.run.id != run.id:
            self.show_attempts([])
        self.run = run
        self.badge.setVisible(True)
        self.badge.set_state(run.state)
        self.heading.setText(breakable(run.title))
        self.subtitle.setText(f"Run {run.id} · {words.ORIGIN_WORDS[run.origin]}")
        self.sentence.setText(words.sentence(run, paused))
        self.error.setText(breakable(run.error or ""))
        self.error.setVisible(bool(run.error))
        self._details.setVisible(True)
        self._attempts_title.setVisible(run.attempt > 0)
        self.facts.setVisible(True)
        self.tick(now)

    def show_many(self, runs: Sequence[Run]) -> None:
        """Several are selected: how many of each state."""
        self.run = None
        counts = {state: sum(run.state is state for run in runs) for state in RunState}
        self.badge.setVisible(False)
        self.heading.setText(f"{fmt.counted(len(runs), 'run')} selected")
        parts = [f"{number} {fmt.state_word(s).lower()}" for s, number in counts.items() if number]
        self.subtitle.setText(", ".join(parts))
        self.sentence.setText("")
        self.error.setVisible(False)
        self._details.setVisible(False)
        self._attempts_title.setVisible(False)
        self.facts.setVisible(False)
        self.show_attempts([])

    def tick(self, now: datetime) -> None:
        """Bring up to date what shows time that passes."""
        run = self.run
        if run is None:
            return
        word, when = words.when_of(run)
        wait = f" ({fmt.until(when, now)})" if when > now else ""
        self.facts.set(
            [
                ("Job", run.job or ""),
                ("Queue", run.queue),
                ("Priority", str(run.priority) if run.priority else ""),
                ("Attempt", words.attempt(run) or f"none of {run.attempts_allowed} yet"),
                (word, fmt.moment(when, now) + wait),
                ("Running" if run.state is RunState.RUNNING else "Took", words.took(run, now)),
                ("Timeout", _timeout(run)),
                ("Replay of", f"run {run.replay_of}" if run.replay_of else ""),
                ("Replayed by", f"run {run.replayed_by}" if run.replayed_by else ""),
                ("Does", breakable(_action(run))),
            ]
        )

    def show_attempts(self, attempts: Sequence[Attempt]) -> None:
        """The newest first; of many only the newest."""
        newest = list(reversed(attempts))[:MOST_ATTEMPTS]
        while len(self._lines) < len(newest):
            line = AttemptLine(self._theme)
            self._lines.append(line)
            self._attempts_column.addWidget(line)
        for at, line in enumerate(self._lines):
            line.setVisible(at < len(newest))
            if at < len(newest):
                line.show_attempt(newest[at])


class AttemptLine(QWidget):
    """One attempt: how it ended, how long it took, and why."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(S)
        self.badge = Badge(theme)
        self.words = label("small")
        row.addWidget(self.badge)
        row.addWidget(self.words, 1)

    def show_attempt(self, attempt: Attempt) -> None:
        if attempt.outcome is None:
            self.badge.set(f"{attempt.number} · Running", "info", "mdi6.play-circle")
        else:
            word, role, icon = _OUTCOMES[attempt.outcome]
            self.badge.set(f"{attempt.number} · {word}", role, icon)
        took = "" if attempt.duration_ms is None else fmt.duration(attempt.duration_ms)
        parts = [took, breakable(attempt.error or "")]
        self.words.setText(" · ".join(part for part in parts if part))


def _action(run: Run) -> str:
    try:
        return " ".join(run.action.summary.split())[:500]
    except ValueError:
        return "This program can't read what it does."


def _timeout(run: Run) -> str:
    if run.timeout is None:
        return ""
    return "none" if run.timeout == NO_LIMIT else fmt.seconds(run.timeout)
