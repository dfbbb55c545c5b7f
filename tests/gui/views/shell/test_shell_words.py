"""What the edges of the window say: sidebar, status bar, banner, start screen, tray."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jobdesk import __version__
from jobdesk.desk import Overview
from jobdesk.domain.errors import Unavailable
from jobdesk.gui.engine_process import EngineStatus, Phase
from jobdesk.gui.glance import Snapshot
from jobdesk.gui.theme import Theme
from jobdesk.gui.tray import tooltip, tray_state
from jobdesk.gui.views.shell.banner import Banner
from jobdesk.gui.views.shell.sidebar import Sidebar
from jobdesk.gui.views.shell.startscreen import StartScreen
from jobdesk.gui.views.shell.statusbar import StatusBar, engine_words, work_words
from jobdesk.store.lock import EngineInfo


def snapshot(*, queues: int = 2, workers: int = 8, **sums: int) -> Snapshot:
    names = ("queued", "running", "retrying", "scheduled", "dead", "jobs", "enabled_jobs")
    overview = Overview(**{name: sums.get(name, 0) for name in (*names, "paused_queues")})
    return Snapshot(overview, workers, queues, (), ())


def running(origin: str = "window", version: str = __version__) -> EngineStatus:
    return EngineStatus(Phase.RUNNING, EngineInfo(7, version, origin, ""))


@pytest.mark.parametrize(
    ("status", "seen", "said"),
    [
        (
            running(),
            snapshot(running=3),
            "Engine running · 3 of 8 workers busy · started by the window",
        ),
        (running("service"), None, "Engine running · started as a service"),
        (
            running(),
            snapshot(running=9),
            "Engine running · 8 of 8 workers busy · started by the window",
        ),
        (EngineStatus(Phase.PAUSING, seconds=4), None, "Engine stopped: starting again in 4 s"),
        (
            EngineStatus(Phase.GIVEN_UP),
            None,
            "Engine stopped: nothing runs until it is started again",
        ),
    ],
)
def test_the_engine_in_words(status: EngineStatus, seen: Snapshot | None, said: str) -> None:
    assert engine_words(status, seen) == said


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_has_words_and_looks(qapp: QApplication, qtbot: QtBot, phase: Phase) -> None:
    bar = StatusBar(Theme("light"))
    qtbot.addWidget(bar)
    bar.show_status(EngineStatus(phase, trouble="why"))
    assert bar.engine_text
    assert bar._button.isVisibleTo(bar) is (phase in (Phase.PAUSING, Phase.GIVEN_UP))


def test_the_work_in_words() -> None:
    assert work_words(snapshot()) == "Nothing waiting"
    assert work_words(snapshot(running=1, queued=1200)) == "1 running · 1,200 queued"
    assert work_words(snapshot(queued=1, paused_queues=2)) == "1 queued · all queues paused"


def test_badges_count_what_needs_eyes(qapp: QApplication, qtbot: QtBot) -> None:
    sidebar = Sidebar(Theme("light"))
    qtbot.addWidget(sidebar)
    sidebar.show_snapshot(snapshot(running=3, dead=1200, paused_queues=1))
    assert sidebar.button("runs").badge == "3"
    assert sidebar.button("dead").badge == "1,200"
    assert sidebar.button("dead").accessibleName() == "Dead letters, 1,200 dead letters"
    assert sidebar.button("queues").badge == "1"
    sidebar.show_snapshot(snapshot())
    assert sidebar.button("dead").badge == ""
    assert sidebar.button("dead").accessibleName() == "Dead letters"
    sidebar.show_snapshot(replace(snapshot(), incidents=2))
    assert sidebar.button("alerts").badge == "2"
    assert sidebar.button("alerts").accessibleName() == "Alerts, 2 incidents going on"


def test_the_banner_shows_last_words_and_offers_a_start(qapp: QApplication, qtbot: QtBot) -> None:
    banner = Banner(Theme("light"))
    qtbot.addWidget(banner)
    banner.show_status(running())
    assert banner.isHidden()
    banner.show_status(EngineStatus(Phase.GIVEN_UP, trouble="It ended.", words="disk full"))
    assert not banner.isHidden()
    assert banner._words.text() == "disk full"
    with qtbot.waitSignal(banner.start_again):
        banner.button.click()
    banner.show_status(running())
    assert banner.isHidden()


def test_the_banner_offers_to_restart_another_version(qapp: QApplication, qtbot: QtBot) -> None:
    banner = Banner(Theme("light"))
    qtbot.addWidget(banner)
    banner.show_status(running(version="0.0.1"))
    assert not banner.isHidden()
    assert "0.0.1" in banner._text.text()
    assert __version__ in banner._text.text()
    with qtbot.waitSignal(banner.restart):
        banner.button.click()


def test_why_the_desk_can_t_be_opened(qapp: QApplication, qtbot: QtBot) -> None:
    screen = StartScreen(Theme("light"))
    qtbot.addWidget(screen)
    screen.show_failure(Unavailable("the file is damaged; run `jobdesk doctor`"))
    assert screen.text.text() == "The file is damaged; run `jobdesk doctor`."
    with qtbot.waitSignal(screen.first):
        screen.first_button.click()
    with qtbot.waitSignal(screen.second):
        screen.second_button.click()


def test_opening_is_only_mentioned_when_it_takes_a_while(qapp: QApplication, qtbot: QtBot) -> None:
    screen = StartScreen(Theme("light"))
    qtbot.addWidget(screen)
    assert screen.title.text() == ""
    qtbot.waitUntil(lambda: screen.title.text() == "Opening the desk …")
    assert screen.first_button.isHidden()


def test_who_is_waited_for_at_the_end(qapp: QApplication, qtbot: QtBot) -> None:
    screen = StartScreen(Theme("light"))
    qtbot.addWidget(screen)
    screen.show_stopping(1)
    assert screen.text.text() == "1 job is finishing."
    screen.show_stopping(12)
    assert screen.text.text() == "12 jobs are finishing."


@pytest.mark.parametrize(
    ("seen", "status", "state", "said"),
    [
        (None, running(), "idle", "JobDesk: all quiet"),
        (snapshot(), running(), "idle", "JobDesk: all quiet"),
        (snapshot(running=2, queued=1), running(), "running", "JobDesk: 2 running, 1 waiting"),
        (
            snapshot(running=2, dead=1),
            running(),
            "attention",
            "JobDesk: 1 dead letter to look at, 2 running",
        ),
        (
            snapshot(),
            EngineStatus(Phase.GIVEN_UP),
            "attention",
            "JobDesk: the engine has stopped",
        ),
        (snapshot(paused_queues=2), running(), "idle", "JobDesk: all queues paused"),
    ],
)
def test_the_tray_in_words(
    seen: Snapshot | None, status: EngineStatus, state: str, said: str
) -> None:
    assert tray_state(seen, status) == state
    assert tooltip(seen, status) == said
