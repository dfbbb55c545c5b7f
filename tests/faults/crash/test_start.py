"""Starts and stops that fail half-way: in this process, whose guard against leaks fails a
test that leaves a thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobdesk.clock import SystemClock
from jobdesk.engine.dispatcher import Dispatcher
from jobdesk.engine.engine import Engine
from jobdesk.engine.heartbeat import Heartbeat
from jobdesk.engine.timetable import Timetable
from jobdesk.store import claims, preferences
from jobdesk.store.database import default_url
from jobdesk.store.hub import Hub
from jobdesk.store.lock import EngineLock


class Broken(Exception):
    pass


def broken(*args: Any, **options: Any) -> None:
    raise Broken


def an_engine(home: Path) -> Engine:
    return Engine(default_url(home), home, SystemClock(), origin="terminal")


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (EngineLock, "announce"),
        (Hub, "__init__"),
        (preferences, "load"),
        (claims, "rescue"),
        (Timetable, "start"),
        (Dispatcher, "start"),
        (Heartbeat, "start"),
    ],
)
def test_a_start_that_fails_leaves_nothing(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(place, name, broken)
        with pytest.raises(Broken):
            an_engine(own_home).start()
    again = an_engine(own_home)
    again.start()
    assert again.rescued == 0
    again.stop()


def test_a_stop_goes_on_where_a_part_fails(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[[Timetable], None] = Timetable.stop

    def stop(timetable: Timetable) -> None:
        real(timetable)
        raise Broken

    monkeypatch.setattr(Timetable, "stop", stop)
    engine = an_engine(own_home)
    engine.start()
    with pytest.raises(Broken):
        engine.stop()
    again = an_engine(own_home)
    monkeypatch.undo()
    again.start()  # nobody has the lock
    again.stop()
