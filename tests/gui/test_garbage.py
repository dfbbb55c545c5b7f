from __future__ import annotations

import gc
import threading
import weakref

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from jobdesk.gui.garbage import Collector, collect_what_is_due


class Cycle(QObject):
    """Refers to itself, so that only the collector frees it."""

    def __init__(self) -> None:
        super().__init__()
        self.me = self


def test_while_it_lives_no_other_thread_collects(qtbot: QtBot) -> None:
    collector = Collector()
    try:
        assert not gc.isenabled()
        gone = weakref.ref(Cycle())
        busy = threading.Thread(target=lambda: [[] for _ in range(100_000)])
        busy.start()
        busy.join()
        assert gone() is not None
    finally:
        collector.close()
    assert gc.isenabled()


def test_what_is_due_is_collected_here() -> None:
    gc.collect()
    gone = weakref.ref(Cycle())
    kept = [[] for _ in range(2 * gc.get_threshold()[0])]
    collect_what_is_due()
    assert gone() is None
    assert kept


def test_it_collects_by_itself(qtbot: QtBot) -> None:
    collector = Collector()
    try:
        gone = weakref.ref(Cycle())
        kept = [[] for _ in range(2 * gc.get_threshold()[0])]
        qtbot.waitUntil(lambda: gone() is None, timeout=10_000)
        assert kept
    finally:
        collector.close()
