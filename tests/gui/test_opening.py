"""The first picture comes before the desk; whatever else is asked waits for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.run_filter import RunFilter
from jobdesk.gui.opening import OpeningDesk, first_look
from jobdesk.store.first_look import ROWS
from tests.gui.seeding import many
from tests.gui.test_application import WAIT, Program, entered, start

__all__ = ["start"]  # a fixture


class Told:
    """What an opening desk tells its window."""

    def __init__(self) -> None:
        self.shown, self.opened = threading.Event(), threading.Event()
        self.errors: list[Exception] = []
        self.failed = threading.Event()

    def fail(self, error: Exception) -> None:
        self.errors.append(error)
        self.failed.set()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def opening(own_home: Path, told: Told) -> Iterator[OpeningDesk]:
    """On a home with three pages of a first look."""
    with Desk.open(own_home) as desk:
        many(desk, 3 * ROWS)
    first = first_look(own_home, None, "runs")
    assert first is not None
    made = OpeningDesk(own_home, None, "runs", first, told.shown.set, told.opened.set, told.fail)
    yield made
    made.close()


@pytest.fixture
def other_thread() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def test_the_first_rows_are_there_at_once(opening: OpeningDesk, told: Told) -> None:
    found = opening.search_runs(RunFilter(), after=None, limit=200)
    assert [run.id for run in found.runs] == list(range(3 * ROWS, 2 * ROWS, -1))
    assert found.edge == 2 * ROWS + 1
    assert told.shown.is_set()


def test_the_rest_waits_for_the_desk(
    opening: OpeningDesk, told: Told, other_thread: ThreadPoolExecutor
) -> None:
    names = other_thread.submit(opening.job_names)
    more = other_thread.submit(opening.search_runs, RunFilter(), before=2 * ROWS + 1, limit=5)
    assert not names.done()
    opening.begin()
    assert names.result(WAIT) == []
    assert [run.id for run in more.result(WAIT).runs] == list(range(2 * ROWS, 2 * ROWS - 5, -1))
    assert told.opened.wait(WAIT)
    assert opening.search_runs(RunFilter(), limit=200).edge is None, "now the desk answers"


def test_the_doors_behind_it_wait_as_well(
    opening: OpeningDesk, own_home: Path, other_thread: ThreadPoolExecutor
) -> None:
    calls = {
        "alerts": opening.alerts.open,
        "channels": opening.channels.all,
        "heartbeats": opening.heartbeats.all,
        "secrets": opening.secrets.all,
        "signing": opening.signing.status,
        "tokens": opening.tokens.all,
    }
    with Desk.open(own_home) as desk:
        doors = {name for name, value in vars(desk).items() if not name.startswith("_")}
        expected = {
            name: getattr(getattr(desk, name), call._path[-1])() for name, call in calls.items()
        }
    assert set(calls) == doors, "each has its turn here"
    waiting = {name: other_thread.submit(call) for name, call in calls.items()}
    opening.begin()
    assert {name: future.result(WAIT) for name, future in waiting.items()} == expected


def test_who_listens_hears_of_everything_when_it_is_open(opening: OpeningDesk) -> None:
    heard: list[frozenset[str]] = []
    rang = threading.Event()

    def listener(topics: frozenset[str]) -> None:
        heard.append(topics)
        rang.set()

    stop = opening.listen(listener)
    opening.begin()
    assert rang.wait(WAIT)
    assert heard[0] == {"*"}
    stop()


def test_who_stopped_listening_hears_nothing(opening: OpeningDesk, told: Told) -> None:
    heard: list[frozenset[str]] = []
    opening.listen(heard.append)()
    opening.begin()
    assert told.opened.wait(WAIT)
    assert heard == []


def test_nobody_waits_for_a_desk_that_is_given_up(
    opening: OpeningDesk, other_thread: ThreadPoolExecutor
) -> None:
    waiting = other_thread.submit(opening.job_names)
    opening.give_up()
    with pytest.raises(Unavailable):
        waiting.result(WAIT)


def test_after_a_failure_it_can_be_tried_again(
    opening: OpeningDesk, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Desk, "open", _refuse)
        opening.begin()
        assert told.failed.wait(WAIT)
        opening._thread.join(WAIT)  # type: ignore[union-attr]
    opening.begin()
    assert told.opened.wait(WAIT)
    assert str(told.errors[0]) == "the disk is full"


@pytest.mark.parametrize("page", ["overview", "queues", ""])
def test_pages_that_need_the_desk_wait_for_it(own_home: Path, page: str) -> None:
    Desk.open(own_home).close()
    assert first_look(own_home, None, page) is None


def test_another_database_is_left_to_the_desk(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Desk.open(own_home).close()
    assert first_look(own_home, None, "runs") == []
    assert first_look(own_home, "sqlite:////elsewhere.db", "runs") is None
    monkeypatch.setenv("JOBDESK_DATABASE_URL", "sqlite:////elsewhere.db")
    assert first_look(own_home, None, "runs") is None


# -- the whole window ---------------------------------------------------------------------


def test_the_window_shows_rows_before_the_desk_is_open(
    start: Callable[..., Program], own_home: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _left_on_runs(own_home)
    gate = threading.Event()
    real = Desk.open

    def slowly(*args: Any, **options: Any) -> Desk:
        assert gate.wait(WAIT)
        return real(*args, **options)

    monkeypatch.setattr(Desk, "open", slowly)
    monkeypatch.setattr("jobdesk.gui.views.shell.workspace.FACTORIES", _real_pages())
    program = start()
    qtbot.waitUntil(lambda: program.session is not None, timeout=WAIT)
    page: Any = program.running.workspace.current
    qtbot.waitUntil(lambda: page.model.rowCount() == 5, timeout=WAIT)
    assert page.table.isVisible()
    gate.set()
    entered(program, qtbot)
    assert [run.id for run in program.running.desk.runs()] == [5, 4, 3, 2, 1]


def test_a_desk_that_fails_behind_the_first_picture_is_told_and_tried_again(
    start: Callable[..., Program], own_home: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    _left_on_runs(own_home)
    screen_shown = []
    with monkeypatch.context() as patch:
        patch.setattr(Desk, "open", _refuse)
        program = start()
        screen = program.window.start_screen
        qtbot.waitUntil(screen.first_button.isVisible, timeout=WAIT)
        screen_shown.append(screen.text.text())
    assert screen_shown == ["The disk is full."]
    assert not program.window.inside
    qtbot.waitUntil(lambda: not program._opening._thread.is_alive(), timeout=WAIT)  # type: ignore[union-attr]
    screen.first_button.click()
    entered(program, qtbot)
    qtbot.waitUntil(lambda: program.window.inside, timeout=WAIT)


def _left_on_runs(home: Path) -> None:
    with Desk.open(home) as desk:
        many(desk, 5)
    (home / "window.json").write_text(json.dumps({"page": "runs"}))


def _real_pages() -> dict[str, Any]:
    from jobdesk.gui.views.shell.pages import FACTORIES

    return FACTORIES


def _refuse(*args: object, **options: object) -> Desk:
    raise Unavailable("the disk is full")
