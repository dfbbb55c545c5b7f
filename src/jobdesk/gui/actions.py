"""What a person can do to runs, jobs and queues, said once for pages, menus and the tray.

Each command goes through the desk off the GUI thread; what came of it is a short message
at the bottom of the window, with an undo where there is one. A question comes first only
where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from jobdesk.domain.run import FINISHED, UNFINISHED, Run, RunState
from jobdesk.gui.context import Context
from jobdesk.gui.format import counted
from jobdesk.gui.questions import ask

if TYPE_CHECKING:
    from jobdesk.desk import Desk, Replayed

CAN_REPLAY: frozenset[RunState] = FINISHED
CAN_CANCEL: frozenset[RunState] = UNFINISHED
CAN_RETRY: frozenset[RunState] = frozenset({RunState.RETRYING})
CAN_DISCARD: frozenset[RunState] = frozenset({RunState.DEAD})


class _Actions(QObject):
    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self._context, self._widget = context, parent

    def _do(self, what: str, work: Callable[[], Callable[[], None]]) -> None:
        """``work`` in the background, then what it returned on the GUI thread."""
        self._context.calls.run(
            self,
            work,
            lambda then: then(),
            lambda error: self._context.navigation.failed.emit(what, error),
        )

    def _tell(self, text: str, undo: Callable[[], None] | None = None) -> None:
        self._context.navigation.notify.emit(text, undo)


class RunActions(_Actions):
    """Commands on runs, by id.

    A selection is acted on as far as the states of its runs allow by now (they move on
    while people choose); the message says how many that were. A single run that refuses
    says why.
    """

    def replay(self, run_ids: Sequence[int]) -> None:
        """A new run for each finished run that has not been replayed yet."""
        ids, desk = list(run_ids), self._context.desk

        def work() -> Callable[[], None]:
            done = desk.replay(_fitting(desk, ids, CAN_REPLAY))
            return lambda: self._tell(replayed_words(done, len(ids)))

        self._do(f"Replay {_named(ids)}", work)

    def replay_dead(self, queue: str | None = None) -> None:
        """A new run for every dead letter (of a queue)."""
        desk = self._context.desk

        def work() -> Callable[[], None]:
            done = desk.replay_dead(queue)
            return lambda: self._tell(replayed_words(done, len(done)))

        self._do("Replay all dead letters", work)

    def retry(self, run_ids: Sequence[int]) -> None:
        """Try retrying runs again now."""
        desk = self._context.desk
        self._command("Retry", "will be tried again now", run_ids, CAN_RETRY, desk.retry)

    def cancel(self, run_ids: Sequence[int]) -> None:
        """Cancel runs; asks first when one of them is running, for its work is lost."""
        ids, desk = list(run_ids), self._context.desk

        def really() -> None:
            self._command("Cancel", "cancelled", ids, CAN_CANCEL, desk.cancel)

        def work() -> Callable[[], None]:
            running = [r for r in map(desk.run, ids) if r.state is RunState.RUNNING]
            return (lambda: self._ask_cancel(running, really)) if running else really

        self._do(f"Cancel {_named(ids)}", work)

    def discard(self, run_ids: Sequence[int]) -> None:
        """Put dead letters away; asks first when they are many, for then one can't see
        any more what goes. They stay in the history, and can be replayed from there."""
        ids, desk = list(run_ids), self._context.desk

        def really() -> None:
            self._command("Discard", "discarded", ids, CAN_DISCARD, desk.discard)

        if len(ids) == 1:
            really()
            return
        ask(
            self._widget,
            f"Discard {counted(len(ids), 'dead letter')}?",
            "They leave this list for good. They stay in the history as discarded, with"
            " their logs, and can still be replayed from the Runs page.",
            yes="Discard",
            then=really,
        )

    def _ask_cancel(self, running: list[Run], really: Callable[[], None]) -> None:
        if len(running) == 1:
            question = f"Cancel run {running[0].id}, “{running[0].title}”?"
        else:
            question = f"Cancel {counted(len(running), 'run')} that are running now?"
        ask(
            self._widget,
            question,
            "Its work is ended at once and can't be taken up again; only begun anew."
            if len(running) == 1
            else "Their work is ended at once and can't be taken up again; only begun anew.",
            yes="Cancel run" if len(running) == 1 else "Cancel runs",
            then=really,
        )

    def _command(
        self,
        verb: str,
        outcome: str,
        run_ids: Sequence[int],
        states: Collection[RunState],
        command: Callable[[Sequence[int]], None],
    ) -> None:
        ids, desk = list(run_ids), self._context.desk

        def work() -> Callable[[], None]:
            fitting = _fitting(desk, ids, states)
            command(fitting)
            return lambda: self._tell(_done_words(outcome, fitting, len(ids)))

        self._do(f"{verb} {_named(ids)}", work)


class JobActions(_Actions):
    """Commands on a job, by name."""

    def run_now(self, name: str) -> None:
        """Run the job, whatever its schedule says."""
        desk = self._context.desk

        def work() -> Callable[[], None]:
            run = desk.run_job(name)
            return lambda: self._tell(f"“{name}” is queued as run {run.id}.")

        self._do(f"Run “{name}”", work)

    def set_enabled(self, name: str, enabled: bool) -> None:
        """Enable or disable the job, with an undo."""
        desk = self._context.desk
        verb = "Enable" if enabled else "Disable"

        def work() -> Callable[[], None]:
            desk.enable_job(name, enabled)
            said = f"“{name}” is {'enabled' if enabled else 'disabled'}."
            return lambda: self._tell(said, lambda: self.set_enabled(name, not enabled))

        self._do(f"{verb} “{name}”", work)

    def remove(self, name: str) -> None:
        """Delete the job after a question, which says that its runs stay."""
        ask(
            self._widget,
            f"Delete the job “{name}”?",
            "It won't run any more. The runs it has made stay in the history, with their"
            " logs; those that wait or run now go on.",
            yes="Delete job",
            then=lambda: self._remove(name),
        )

    def _remove(self, name: str) -> None:
        desk = self._context.desk

        def work() -> Callable[[], None]:
            desk.remove_job(name)
            return lambda: self._tell(f"“{name}” is deleted.")

        self._do(f"Delete “{name}”", work)


class QueueActions(_Actions):
    """Commands on queues."""

    def set_paused(self, name: str, paused: bool) -> None:
        """Pause or resume a queue, with an undo."""
        desk = self._context.desk

        def work() -> Callable[[], None]:
            desk.pause_queue(name, paused)
            said = f"The queue “{name}” is {'paused' if paused else 'running again'}."
            return lambda: self._tell(said, lambda: self.set_paused(name, not paused))

        self._do(f"{'Pause' if paused else 'Resume'} the queue “{name}”", work)

    def set_all_paused(self, paused: bool) -> None:
        """Pause or resume every queue; the undo touches only those that were changed."""
        desk = self._context.desk

        def work() -> Callable[[], None]:
            changed = [queue.name for queue in desk.queues() if queue.paused is not paused]
            desk.pause_all(paused)
            said = (
                "All queues are paused: nothing new starts." if paused else "All queues run again."
            )
            return lambda: self._tell(said, lambda: self._set_each(changed, not paused))

        self._do("Pause all queues" if paused else "Resume all queues", work)

    def _set_each(self, names: Sequence[str], paused: bool) -> None:
        desk = self._context.desk

        def work() -> Callable[[], None]:
            for name in names:
                desk.pause_queue(name, paused)
            return lambda: None

        self._do("Undo", work)


def replayed_words(done: Sequence[Replayed], asked: int) -> str:
    """What became of a replay, in a sentence or two."""
    new = [one.new_id for one in done if one.new_id is not None]
    if asked == 1 and not new:
        return "It was replayed before, so nothing new was started."
    if not new:
        return "Nothing to replay." if not asked else "They were all replayed before."
    said = f"Replayed as run {new[0]}." if len(new) == 1 else f"Replayed as {len(new):,} new runs."
    left = asked - len(new)
    return f"{said} {left:,} of {asked:,} were left out: replayed before." if left else said


def _fitting(desk: Desk, ids: Sequence[int], states: Collection[RunState]) -> list[int]:
    """Those of a selection whose state allows it; all of them when none does, so that the
    desk gets to say why not."""
    return [run.id for run in map(desk.run, ids) if run.state in states] or list(ids)


def _done_words(outcome: str, done: Sequence[int], asked: int) -> str:
    if asked == 1:
        return f"Run {done[0]} {'' if outcome.startswith('will') else 'is '}{outcome}."
    said = f"{counted(len(done), 'run')} {outcome}."
    left = asked - len(done)
    return f"{said} {left:,} had moved on meanwhile." if left else said


def _named(ids: Sequence[int]) -> str:
    return f"run {ids[0]}" if len(ids) == 1 else counted(len(ids), "run")
