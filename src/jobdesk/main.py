"""The composition root: starts the window, the engine, or a command; imports each late."""

from __future__ import annotations

import gc
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_LOOK = 0.5
"""Seconds. The kernel may hand a signal to any thread, and Python deals with it only when
the main one does something: one that slept on and on would never hear of a SIGTERM."""


def run() -> None:
    """The entry point of the command ``jobdesk``."""
    sys.exit(main(sys.argv[1:]))


def main(args: list[str]) -> int:
    """Run the program; its exit code."""
    if not args:
        return open_window()
    from jobdesk.cli.app import run as run_command

    return run_command(args, serve)


def open_window(home: str | None = None) -> int:
    """The window, on everybody's home or on another one."""
    # What is loaded is no garbage, and to look through it again and again while it loads
    # takes a tenth of the start. The window collects by a timer of its own.
    gc.disable()
    from jobdesk import paths
    from jobdesk.gui.app import run_window

    if home is not None:
        os.environ[paths.HOME_VARIABLE] = home
    return run_window(engine_command=engine_command("window"))


def engine_command(origin: str) -> list[str]:
    """The command that starts an engine. A bundle has no interpreter: it is the program."""
    frozen = getattr(sys, "frozen", False)
    program = [sys.executable] if frozen else [sys.executable, "-m", "jobdesk"]
    return [*program, "serve", "--origin", origin]


def serve(*, origin: str, workers: int | None, until_idle: bool, api: str | None) -> int:
    """Run an engine in this process until SIGTERM, SIGINT, a wish to stop, or idleness,
    and beside it the HTTP API where ``api`` or the settings say so.

    0, or with ``until_idle`` 1 if a run died meanwhile. Raises Unavailable when it can't
    start, or had to end because its database was replaced.
    """
    from jobdesk import paths
    from jobdesk.api.service import ApiService
    from jobdesk.clock import SystemClock
    from jobdesk.desk.desk import find_database_url
    from jobdesk.domain.errors import Unavailable
    from jobdesk.engine.engine import Engine
    from jobdesk.logsetup import set_up_logging

    home = paths.home()
    set_up_logging(home, "engine")
    url = find_database_url(home)
    service = ApiService(url, home, api, on_trouble=lambda said: engine.note_api(said))
    engine = Engine(
        url, home, SystemClock(), origin=origin, workers=workers, on_settings=service.use
    )
    with _signals(engine.stop_requested, engine.hurry):
        engine.start()
        try:
            service.start(engine.settings)
            # A terminal may be closed by now, and the disk of a log file full.
            with suppress(OSError):
                print(f"jobdesk: the engine is running (pid {os.getpid()})", file=sys.stderr)  # noqa: T201
            while not engine.stop_requested.wait(0.02 if until_idle else _LOOK):
                if until_idle and engine.idle.is_set():
                    break
        finally:
            service.close()
            engine.stop()
    if engine.failure is not None:
        raise Unavailable(engine.failure)
    return 1 if until_idle and engine.died else 0


@contextmanager
def _signals(stop: threading.Event, hurry: threading.Event) -> Iterator[None]:
    """While inside, the first signal that asks a program to end sets ``stop``, and the
    next one ``hurry``."""
    asked: queue.SimpleQueue[int] = queue.SimpleQueue()

    def ask(number: int, frame: FrameType | None) -> None:
        # An event has a lock, and the thread that a signal interrupts may hold it.
        asked.put(number)

    def heed() -> None:
        for event in (stop, hurry):
            if not asked.get():
                return
            event.set()

    thread = threading.Thread(target=heed, name="signals", daemon=True)
    thread.start()
    before = [(number, signal.signal(number, ask)) for number in _to_heed()]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
        asked.put(0)
        thread.join()


def _to_heed() -> list[int]:
    names = ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    # What is ignored is meant to be: `nohup` does that, and a shell for what runs behind it.
    return [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
