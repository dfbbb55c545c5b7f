"""The commands on selected runs, enabled by what their states allow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from PySide6.QtCore import QObject, Signal

from jobdesk.domain.run import Run, RunState
from jobdesk.gui.actions import CAN_CANCEL, CAN_DISCARD, CAN_REPLAY, CAN_RETRY, RunActions
from jobdesk.gui.context import Context
from jobdesk.gui.format import state_word
from jobdesk.gui.views.page import Page, PageAction


class RunCommands(QObject):
    """Actions of a page on the runs that are selected in it."""

    open_run = Signal(int)

    def __init__(self, page: Page, context: Context, *, dead: bool = False) -> None:
        """``dead``: the page has dead letters only, which can't be retried or cancelled."""
        super().__init__(page)
        self._dead = dead
        self._runs: list[Run] = []
        self._actions = RunActions(context, page)
        theme = context.theme
        self.open = PageAction(
            page, theme, "Open", "mdi6.open-in-app", self._open, tip="Show the run's own page"
        )
        self.replay = PageAction(
            page, theme, "Replay", "mdi6.replay", self._replay,
            keys="Ctrl+R", tip="Run it again, as a new run",
        )  # fmt: skip
        self.retry = PageAction(
            page, theme, "Retry now", "mdi6.skip-forward", self._retry,
            keys="Ctrl+Shift+R", tip="Try again now instead of at the end of the countdown",
        )  # fmt: skip
        self.cancel = PageAction(
            page, theme, "Cancel", "mdi6.stop-circle-outline", self._cancel,
            keys="Ctrl+.", tip="Cancel what waits, end what runs",
        )  # fmt: skip
        self.discard = PageAction(
            page, theme, "Discard", "mdi6.archive-outline", self._discard,
            keys="Del", tip="Put dead letters away; they stay in the history",
        )  # fmt: skip
        if dead:
            page.removeAction(self.retry)
            page.removeAction(self.cancel)
        self.set_runs([])

    @property
    def all(self) -> list[PageAction]:
        """In the order in which they are offered."""
        if self._dead:
            return [self.open, self.replay, self.discard]
        return [self.open, self.replay, self.retry, self.cancel, self.discard]

    def set_runs(self, runs: Sequence[Run]) -> None:
        """These are selected."""
        self._runs = list(runs)
        self.open.allow(None if len(runs) == 1 else "Select one run to open it")
        self.replay.allow(self._why_no_replay())
        self.retry.allow(self._why_not(CAN_RETRY, "retried now", "a run that waits for its retry"))
        self.cancel.allow(self._why_no_cancel())
        self.discard.allow(self._why_not(CAN_DISCARD, "discarded", "a dead letter"))

    def _why_no_replay(self) -> str | None:
        why = self._why_not(CAN_REPLAY, "replayed", "a finished run")
        if why is None and all(run.replayed_by is not None for run in self._runs):
            one = self._runs[0]
            if len(self._runs) == 1:
                return f"It was replayed already, as run {one.replayed_by}"
            return "They were all replayed already"
        return why

    def _why_no_cancel(self) -> str | None:
        why = self._why_not(CAN_CANCEL, "cancelled", "a run that waits or runs")
        if why is None and all(run.cancel_requested for run in self._runs):
            return "Its cancellation was asked for; it is being ended"
        return why

    def _why_not(self, states: Collection[RunState], done: str, wanted: str) -> str | None:
        """None when some of the runs can be; else a sentence."""
        if not self._runs:
            return f"Select {wanted}"
        if any(run.state in states for run in self._runs):
            return None
        if len(self._runs) == 1:
            return f"{state_word(self._runs[0].state)} runs can't be {done}"
        return f"None of the selected runs can be {done}"

    # -- doing ------------------------------------------------------------------------

    def replay_run(self, run: Run) -> None:
        """Replay one run, whatever is selected."""
        self._actions.replay([run.id])

    def replay_dead(self, queue: str | None = None) -> None:
        """Replay every dead letter, or those of a queue."""
        self._actions.replay_dead(queue)

    def _open(self) -> None:
        if len(self._runs) == 1:
            self.open_run.emit(self._runs[0].id)

    def _replay(self) -> None:
        self._do(self._actions.replay)

    def _retry(self) -> None:
        self._do(self._actions.retry)

    def _cancel(self) -> None:
        self._do(self._actions.cancel)

    def _discard(self) -> None:
        self._do(self._actions.discard)

    def _do(self, command: Callable[[Sequence[int]], None]) -> None:
        if self._runs:
            command([run.id for run in self._runs])
