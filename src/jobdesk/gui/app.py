"""The window as a program: one for each home, and its signals.

What is heavy is imported late: the second launch only raises the first window, and the
first shows its window before it loads what fills it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from PySide6.QtWidgets import QApplication

from jobdesk import paths
from jobdesk.domain.errors import JobDeskError
from jobdesk.gui.instance import SingleInstance
from jobdesk.logsetup import set_up_logging

_SWITCH_SECONDS = 0.0001
"""How long a background thread may keep the interpreter while the GUI thread wants it. With
Python's own 5 ms, a page of rows that is being read holds up each frame that often."""

log = logging.getLogger(__name__)


def run_window(
    engine_command: Sequence[str],
    home: Path | None = None,
    database_url: str | None = None,
    argv: Sequence[str] = ("jobdesk",),
) -> int:
    """Run the window until it is quit; its exit code.

    ``engine_command`` starts an engine on the same home. A second window of a home
    raises the first one and returns 0 (4 when that one doesn't answer, or where there is
    no display).
    """
    if not _has_display():
        return _no_display()
    folder = home or paths.home()
    app = QApplication(list(argv))
    instance = SingleInstance(folder)
    if not instance.claim():
        return 0 if instance.raise_other() else _unanswered(folder)
    try:
        set_up_logging(folder, "window")
    except JobDeskError as error:
        log.warning("no log is kept: %s", error)  # opening the desk will say so aloud
    from jobdesk.gui.application import Application

    program = Application(app, folder, engine_command, database_url)
    instance.raised.connect(program.window.to_front)
    before_hook, sys.excepthook = sys.excepthook, _log_defect
    before_switch = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    before = [(number, signal.signal(number, program.on_signal)) for number in _ending()]
    program.begin()
    try:
        return app.exec()
    finally:
        for number, handler in before:
            signal.signal(number, handler)
        sys.excepthook = before_hook
        sys.setswitchinterval(before_switch)
        program.shut_down()
        instance.close()


def _log_defect(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """A slot raised: Qt goes on, and nobody reads the stderr of a window. So log it, too."""
    log.critical("a defect", exc_info=(kind, error, trace))
    sys.__excepthook__(kind, error, trace)


def _ending() -> list[signal.Signals]:
    names = ("SIGTERM", "SIGINT", "SIGHUP")
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def _has_display() -> bool:
    """Qt would end the whole process where it finds none."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")))


def _no_display() -> int:
    text = (
        "jobdesk: there is no display to open a window on. `jobdesk serve` runs your jobs"
        f" without one; `jobdesk --help` lists what else a terminal can do{os.linesep}"
    )
    sys.stderr.write(text)
    return 4


def _unanswered(home: Path) -> int:
    text = f"jobdesk: another window of {home} is running, but does not answer{os.linesep}"
    sys.stderr.write(text)
    return 4
