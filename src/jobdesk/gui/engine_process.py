"""Sees to it that an engine runs: starts, watches, restarts and stops it.

It is the window's half of the table "Who starts and stops the engine". The engine is a
process of its own; here it is only looked at (off the GUI thread, once a second and when
a change signal speaks of it).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from jobdesk import __version__
from jobdesk.gui.calls import Calls
from jobdesk.gui.detached import Detached, ask_to_stop, last_words
from jobdesk.gui.restarts import Restarts
from jobdesk.gui.watch import Watch

if TYPE_CHECKING:
    from jobdesk.desk import Desk
    from jobdesk.store.lock import EngineInfo

LOG_NAME = "engine.log"
OUTPUT_NAME = "engine-output.log"
_LOOK_MS = 1000
_LOOK_STARTING_MS = 100
_PATIENCE_AFTER_GRACE = 5.0


class Phase(Enum):
    """What the engine is doing, as far as the window is concerned."""

    LOOKING = "looking"
    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    """It died; the next start comes in ``seconds``."""
    GIVEN_UP = "given up"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """``info`` is who runs; ``seconds`` what is left of a pause; ``trouble`` how the last
    engine ended or why none starts; ``words`` the last lines that it wrote; ``stuck`` why a
    running one can't store anything just now."""

    phase: Phase
    info: EngineInfo | None = None
    seconds: int = 0
    trouble: str = ""
    words: str = ""
    stuck: str = ""

    @property
    def other_version(self) -> bool:
        """Whether the engine is of another version than this program."""
        return (
            self.phase is Phase.RUNNING
            and self.info is not None
            and self.info.version not in ("?", __version__)
        )


@dataclass(frozen=True, slots=True)
class _Look:
    info: EngineInfo | None
    ended: int | None
    grace: float | None
    """Of a graceful stop; only read while one is going on."""
    stuck: str | None
    """None: nobody asked, or nobody answered."""


class EngineProcess(QObject):
    """Supervises the engine of one desk.

    ``command`` starts an engine of origin "window"; it exits 4 when another one was
    faster, and then that one is watched.
    """

    changed = Signal(object)
    """An :class:`EngineStatus`."""
    died = Signal(str)
    """The engine ended though nobody asked it to; how, in a sentence."""
    stopped = Signal()
    """After :meth:`stop`: it is gone, or was given all the time there is."""

    def __init__(
        self,
        desk: Desk,
        calls: Calls,
        command: Sequence[str],
        parent: QObject | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._desk, self._calls, self._command = desk, calls, list(command)
        self._output = desk.home / OUTPUT_NAME
        self._monotonic = monotonic
        self._child: Detached | None = None
        # Of a start that is still going on while the window closes nobody hears.
        self._launched: list[Detached] = []
        self._closed = threading.Event()
        self._restarts = Restarts()
        self._resume_at = self._give_up_at = 0.0
        self._replacing = self._looking = self._launching = False
        self._ask_health = True
        self.status = EngineStatus(Phase.LOOKING)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)

    # -- what the window asks for -------------------------------------------------

    def begin(self, watch: Watch | None = None) -> None:
        """Look for an engine, and start one if there is none."""
        if watch is not None:
            watch.changed.connect(self._heard)
        self._timer.start()
        self.look()

    @Slot()
    def start_again(self) -> None:
        """Start at once, though we had given up or were still to wait."""
        if self.status.phase in (Phase.GIVEN_UP, Phase.PAUSING):
            self._restarts.forget()
            self._start()

    @Slot()
    def restart(self) -> None:
        """Stop the engine gracefully and start this program's own."""
        if self.status.phase is Phase.RUNNING and self.status.info is not None:
            self._replacing = True
            self._ask_to_stop(self.status.info.pid)

    @property
    def is_ours(self) -> bool:
        """Whether Quit is to stop it: a window started it, this one or an earlier one."""
        if self.status.phase is Phase.RUNNING and self.status.info is not None:
            return self.status.info.origin == "window"
        ours = self._child is not None or self._launching
        return self.status.phase is Phase.STARTING and ours

    def stop(self) -> None:
        """Stop the engine gracefully; :attr:`stopped` comes within its grace and 5 s."""
        info = self.status.info
        pid = info.pid if info is not None else self._child.pid if self._child else 0
        self._give_up_at = float("inf")  # until a look has told us the grace
        self._set(EngineStatus(Phase.STOPPING, info))
        if pid:
            self._ask_to_stop(pid)
        self._timer.start(_LOOK_STARTING_MS)
        self.look()

    def close(self) -> None:
        """Stop watching; the engine is left as it is."""
        self._timer.stop()
        self._closed.set()
        for child in self._launched:
            child.let_go()

    # -- looking ------------------------------------------------------------------

    @Slot()
    def look(self) -> None:
        """Have a look in the background."""
        if self._looking:
            return
        self._looking = True
        desk, child, stopping = self._desk, self._child, self.status.phase is Phase.STOPPING
        # Asked when there may be news, and again and again while it is in trouble.
        ask = self._ask_health or bool(self.status.stuck) or self.status.phase is not Phase.RUNNING
        self._ask_health = False

        def work() -> _Look:
            # The child first: its death between the two looks is then seen next time,
            # and never taken for the death of an engine that has not begun.
            ended = child.ended() if child is not None else None
            grace = desk.settings().stop_grace if stopping else None
            info = desk.engine()
            health = desk.engine_health() if ask and info is not None else None
            stuck = None if health is None else health.trouble or ""
            return _Look(info, ended, grace, stuck)

        self._calls.run(self, work, self._looked, self._look_failed)

    @Slot(object)
    def _heard(self, topics: frozenset[str]) -> None:
        if Watch.concerns(topics, "engine"):
            self._ask_health = True
            self.look()

    def _look_failed(self, error: Exception) -> None:
        self._looking = False
        self._set(EngineStatus(self.status.phase, self.status.info, trouble=str(error)))

    def _looked(self, seen: _Look) -> None:
        self._looking = False
        phase = self.status.phase
        if phase is Phase.STOPPING:
            self._watch_stop(seen)
        elif phase is Phase.STOPPED:
            return
        elif seen.info is not None:
            self._runs(seen.info, seen.ended, seen.stuck)
        elif phase is Phase.LOOKING or (phase is Phase.STARTING and self._child is None):
            self._start()
        elif phase is Phase.RUNNING or (phase is Phase.STARTING and seen.ended is not None):
            self._gone(seen)
        elif phase is Phase.PAUSING:
            self._wait()

    def _runs(self, info: EngineInfo, ended: int | None, stuck: str | None) -> None:
        if ended is not None:
            self._child = None  # another one was faster; how ours ended is no news
        if not info.pid:
            # It has the lock and hasn't yet said who it is.
            self._timer.setInterval(_LOOK_STARTING_MS)
            self._set(EngineStatus(Phase.STARTING))
            return
        self._timer.setInterval(_LOOK_MS)
        if stuck is None:
            # Without an answer it is as before, unless it is another one.
            stuck = self.status.stuck if info == self.status.info else ""
        self._set(EngineStatus(Phase.RUNNING, info, stuck=stuck))

    def _gone(self, seen: _Look) -> None:
        was = self.status
        if seen.ended is not None:
            self._child = None
        if self._replacing:
            self._replacing = False
            self._start()
            return
        trouble = _trouble(was, seen.ended)
        pause = self._restarts.died(self._monotonic())
        self.died.emit(trouble)
        if pause is None:
            self._set(EngineStatus(Phase.GIVEN_UP, trouble=trouble))
            self._read_last_words()
            return
        self._resume_at = self._monotonic() + pause
        self._timer.start(_LOOK_MS)
        self._set(EngineStatus(Phase.PAUSING, seconds=round(pause), trouble=trouble))

    def _wait(self) -> None:
        left = self._resume_at - self._monotonic()
        if left <= 0:
            self._start()
        else:
            trouble = self.status.trouble
            self._set(EngineStatus(Phase.PAUSING, seconds=-int(-left // 1), trouble=trouble))
            if left < _LOOK_MS / 1000:
                QTimer.singleShot(round(left * 1000) + 1, self.look)

    def _watch_stop(self, seen: _Look) -> None:
        if self._give_up_at == float("inf") and seen.grace is not None:
            self._give_up_at = self._monotonic() + seen.grace + _PATIENCE_AFTER_GRACE
        mine_gone = self._child is None or seen.ended is not None
        gone = seen.info is None and mine_gone and not self._launching
        if gone or self._monotonic() >= self._give_up_at:
            self._timer.stop()
            self._set(EngineStatus(Phase.STOPPED))
            self.stopped.emit()

    # -- acting -------------------------------------------------------------------

    def _start(self) -> None:
        self._timer.start(_LOOK_STARTING_MS)
        self._set(EngineStatus(Phase.STARTING, trouble=self.status.trouble))
        desk, command, output, home = self._desk, self._command, self._output, self._desk.home
        self._looking = self._launching = True  # nothing to look for before it is started

        launched, closed = self._launched, self._closed

        def work() -> Detached:
            desk.check_file()  # an engine would make a new one in its place
            child = Detached(command, output, {"JOBDESK_HOME": str(home)})
            launched.append(child)
            if closed.is_set():
                child.let_go()
            return child

        self._calls.run(self, work, self._started, self._start_failed)

    def _started(self, child: Detached) -> None:
        self._child = child
        self._looking = self._launching = False
        if self.status.phase is Phase.STOPPING:
            self._ask_to_stop(child.pid)
        self.look()

    def _start_failed(self, error: Exception) -> None:
        self._looking = self._launching = False
        self._timer.stop()
        self._set(EngineStatus(Phase.GIVEN_UP, trouble=f"It can't be started: {error}"))

    def _ask_to_stop(self, pid: int) -> None:
        desk = self._desk
        self._calls.run(self, lambda: ask_to_stop(pid) or desk.stop_engine(), lambda asked: None)

    def _read_last_words(self) -> None:
        output, log = self._output, engine_log(self._desk.home)
        self._calls.run(self, lambda: last_words(output) or last_words(log), self._have_last_words)

    def _have_last_words(self, words: str) -> None:
        if self.status.phase is Phase.GIVEN_UP:
            trouble = self.status.trouble
            self._set(EngineStatus(Phase.GIVEN_UP, trouble=trouble, words=words))

    def _set(self, status: EngineStatus) -> None:
        if status != self.status:
            self.status = status
            self.changed.emit(status)


def engine_log(home: Path) -> Path:
    """Where the engine keeps its log."""
    return home / LOG_NAME


def _trouble(was: EngineStatus, ended: int | None) -> str:
    """How an engine ended, in a sentence."""
    if was.phase is Phase.STARTING:
        return f"The engine ended while it started (exit code {ended})."
    if ended is not None and ended < 0:
        return f"The engine was ended by signal {-ended}."
    if ended:
        return f"The engine ended with exit code {ended}."
    return "The engine ended."
