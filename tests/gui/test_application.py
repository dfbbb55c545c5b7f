"""The whole window on a real desk: opening, closing, quitting."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.retry import RetryPolicy
from jobdesk.gui.application import Application, window_command
from jobdesk.gui.closing import CloseQuestion
from jobdesk.gui.engine_process import EngineStatus, Phase
from jobdesk.gui.session import Session
from jobdesk.gui.tray import Tray
from jobdesk.store import claims
from tests.gui.plain_pages import plain_pages
from tests.gui.test_engine_process import STAND_IN
from tests.support.samples import TRUE

WAIT = 20_000

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes by signals")


class StillApp:
    """The application, but for its exit, which would end the test's own event loops."""

    def __init__(self, app: QApplication) -> None:
        self._app = app
        self.exits: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)

    def exit(self, code: int) -> None:
        self.exits.append(code)


class Program(Application):
    def __init__(self, app: QApplication, home: Path, command: list[str]) -> None:
        super().__init__(app, home, command)
        self.still = StillApp(app)
        self._app = self.still  # type: ignore[assignment]

    @property
    def running(self) -> Session:
        assert self.session is not None
        return self.session


@pytest.fixture
def start(
    qapp: QApplication, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Program]]:
    """Windows with plain pages and stand-in engines, ended as the program ends them."""
    monkeypatch.setattr("jobdesk.gui.views.shell.workspace.FACTORIES", plain_pages())
    programs: list[Program] = []

    def begin(*args: str) -> Program:
        lock_file = own_home / "jobdesk.db.engine"
        program = Program(qapp, own_home, [sys.executable, str(STAND_IN), str(lock_file), *args])
        programs.append(program)
        program.begin()
        return program

    yield begin
    for program in programs:
        child = program.session.engine._child if program.session else None
        program.shut_down()
        if child is not None and psutil.pid_exists(child.pid):
            process = psutil.Process(child.pid)
            process.terminate()
            process.wait(10)


def entered(program: Program, qtbot: QtBot) -> Session:
    """The session, when the desk is open and its engine runs."""
    qtbot.waitUntil(lambda: program.session is not None, timeout=WAIT)
    engine = program.running.engine
    qtbot.waitUntil(lambda: engine.status.phase is Phase.RUNNING, timeout=WAIT)
    return program.running


def engine_pid(session: Session) -> int:
    assert session.engine.status.info is not None
    return session.engine.status.info.pid


def test_the_window_is_there_before_the_desk(start: Callable[..., Program], qtbot: QtBot) -> None:
    program = start()
    assert program.window.isVisible()
    assert program.session is None
    session = entered(program, qtbot)
    assert session.workspace.isVisible()
    assert session.workspace.current is not None
    assert session.workspace.current.name == "overview"


def test_it_comes_back_to_the_page_of_last_time(
    start: Callable[..., Program], qtbot: QtBot
) -> None:
    program = start()
    entered(program, qtbot).workspace.show_page("queues")
    assert program.state.get("page") == "queues"
    program.running.workspace.open_run(1)
    assert program.state.get("page") == "queues"


def test_a_newer_database_is_refused_on_the_screen_and_untouched(
    start: Callable[..., Program], own_home: Path, qtbot: QtBot
) -> None:
    Desk.open(own_home).close()
    file = own_home / "jobdesk.db"
    with sqlite3.connect(file) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = file.read_bytes()
    program = start()
    screen = program.window.start_screen
    qtbot.waitUntil(screen.first_button.isVisible, timeout=WAIT)
    assert "newer JobDesk" in screen.text.text()
    assert program.session is None
    assert file.read_bytes() == before


def test_try_again_opens_what_has_been_mended(
    start: Callable[..., Program], own_home: Path, qtbot: QtBot
) -> None:
    own_home.mkdir(parents=True)
    file = own_home / "jobdesk.db"
    file.write_bytes(b"this is no database, however long one looks at it" * 100)
    program = start()
    screen = program.window.start_screen
    qtbot.waitUntil(screen.first_button.isVisible, timeout=WAIT)
    assert "not a database" in screen.text.text()
    assert screen.first_button.text() == "Try again"
    file.unlink()
    screen.first_button.click()
    entered(program, qtbot)


def test_quit_on_the_failure_screen_ends_it(
    start: Callable[..., Program], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **options: object) -> Desk:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(Desk, "open", refuse)
    program = start()
    qtbot.waitUntil(program.window.start_screen.second_button.isVisible, timeout=WAIT)
    program.window.start_screen.second_button.click()
    assert program.still.exits == [0]


def test_quit_stops_the_engine_that_the_window_started(
    start: Callable[..., Program], qtbot: QtBot
) -> None:
    program = start()
    session = entered(program, qtbot)
    pid = engine_pid(session)
    program.quit()
    qtbot.waitUntil(lambda: program.still.exits == [0], timeout=WAIT)
    assert not psutil.pid_exists(pid)


def test_quit_leaves_the_engine_when_told_to(start: Callable[..., Program], qtbot: QtBot) -> None:
    program = start()
    session = entered(program, qtbot)
    program.state.keep_running = True
    program.quit()
    assert program.still.exits == [0]
    assert session.desk.engine() is not None


def test_quit_leaves_an_engine_that_somebody_else_started(
    start: Callable[..., Program], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_ORIGIN", "service")
    program = start()
    session = entered(program, qtbot)
    program.quit()
    assert program.still.exits == [0]
    assert session.desk.engine() is not None


def test_while_the_engine_stops_it_is_said_who_is_waited_for(
    start: Callable[..., Program], qtbot: QtBot
) -> None:
    program = start()
    pid = engine_pid(entered(program, qtbot))
    os.kill(pid, signal.SIGSTOP)
    program.quit()
    screen = program.window.start_screen
    qtbot.waitUntil(screen.first_button.isVisible, timeout=WAIT)
    assert screen.title.text() == "Stopping …"
    screen.first_button.click()
    assert program.still.exits == [0]
    os.kill(pid, signal.SIGCONT)


def test_closing_where_there_is_no_tray_asks(start: Callable[..., Program], qtbot: QtBot) -> None:
    program = start()
    session = entered(program, qtbot)
    program.window.close()
    assert program.window.isVisible()
    (box,) = program.window.findChildren(CloseQuestion)
    assert box.isVisible()
    box.remember.setChecked(True)
    box.keep.click()
    assert program.still.exits == [0]
    assert program.state.close_to_tray is True
    assert session.desk.engine() is not None


def test_cancelling_that_question_changes_nothing(
    start: Callable[..., Program], qtbot: QtBot
) -> None:
    program = start()
    entered(program, qtbot)
    program.window.close()
    (box,) = program.window.findChildren(CloseQuestion)
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert program.still.exits == []
    assert program.state.close_to_tray is None
    assert program.window.isVisible()


def test_quit_in_that_question_stops_the_engine(
    start: Callable[..., Program], qtbot: QtBot
) -> None:
    program = start()
    pid = engine_pid(entered(program, qtbot))
    program.window.close()
    (box,) = program.window.findChildren(CloseQuestion)
    box.leave.click()
    qtbot.waitUntil(lambda: program.still.exits == [0], timeout=WAIT)
    assert not psutil.pid_exists(pid)


def test_with_a_tray_closing_hides_and_says_so_once(
    start: Callable[..., Program], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tray, "available", staticmethod(lambda: True))
    hints: list[str] = []
    monkeypatch.setattr(Tray, "show_hint", lambda self, title, text: hints.append(title))
    program = start()
    session = entered(program, qtbot)
    page: Any = session.workspace.current
    for _ in range(2):
        program.window.close()
        assert not program.window.isVisible()
        assert page.seen[-1] == "off"
        session.tray.show_window.emit()
        assert program.window.isVisible()
        assert page.seen[-1] == "on"
    assert hints == ["JobDesk keeps working"]
    assert program.still.exits == []


def test_a_logout_closes_the_window_for_good(
    start: Callable[..., Program], qapp: QApplication, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tray, "available", staticmethod(lambda: True))
    hints: list[str] = []
    monkeypatch.setattr(Tray, "show_hint", lambda self, title, text: hints.append(title))
    program = start()
    entered(program, qtbot)
    qapp.commitDataRequest.emit(None)
    assert program.window.close()
    assert not program.window.isVisible()
    assert hints == [], "it does not hide in the tray"


def test_a_click_on_a_notification_opens_the_run(
    start: Callable[..., Program], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tray, "available", staticmethod(lambda: True))
    program = start()
    session = entered(program, qtbot)
    program.window.close()
    session.tray.show_alert("“backup” failed for good", "exit code 7", 7)
    session.tray.icon.messageClicked.emit()
    assert program.window.isVisible()
    assert session.workspace.current is not None
    assert session.workspace.current.name == "run"
    session.tray.show_alert("5 alerts", "", None)
    session.tray.icon.messageClicked.emit()
    assert session.workspace.current.name == "alerts"


def test_notifications_respect_the_setting(start: Callable[..., Program], qtbot: QtBot) -> None:
    program = start()
    session = entered(program, qtbot)
    program.state.notify = False
    session.alerts.alert.emit("one", "why", 1)
    assert session.workspace.toast.text != "one. why"
    program.state.notify = True
    session.alerts.alert.emit("one", "why", 1)
    assert session.workspace.toast.text == "one. why"
    session.context.navigation.notify_desktop.emit("A message", "it reaches you")
    assert session.workspace.toast.text == "A message. it reaches you"


def test_a_crash_is_told_in_the_window_and_its_deaths_in_the_tray(
    start: Callable[..., Program], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tray, "available", staticmethod(lambda: True))
    told: list[tuple[object, ...]] = []
    monkeypatch.setattr(Tray, "show_alert", lambda self, *args: told.append(args))
    program = start()
    session = entered(program, qtbot)
    notice = session.workspace.notice
    desk = session.desk
    twice, once = (desk.push(TRUE, retry=RetryPolicy(retries=n)).id for n in (1, 0))
    desk._db.writer.run(lambda tx: claims.claim(tx, desk.now(), 2))
    desk._db.writer.run(lambda tx: claims.rescue(tx, desk.now()))
    qtbot.waitUntil(notice.isVisible, timeout=WAIT)
    words = "2 runs were interrupted: 1 will be tried again, 1 is a dead letter."
    assert notice.text.text().startswith(words)
    assert told == [("The engine ended unexpectedly", words, once, "dead")]
    session.glance.changed.emit(session.glance.snapshot)
    assert len(told) == 1, "once is enough"
    notice.dismiss.click()
    qtbot.waitUntil(lambda: desk.interruption() is None, timeout=WAIT)
    assert not notice.isVisible()
    desk.cancel([twice])


def test_the_tray_s_menu_acts(start: Callable[..., Program], qtbot: QtBot) -> None:
    from jobdesk.domain.action import ScriptAction

    program = start()
    session = entered(program, qtbot)
    session.desk.add_job("backup", ScriptAction([sys.executable]))
    entries = session.tray._jobs
    qtbot.waitUntil(lambda: [a.text() for a in entries.actions()] == ["backup"], timeout=WAIT)
    entries.actions()[0].trigger()
    qtbot.waitUntil(lambda: len(session.desk.runs()) == 1, timeout=WAIT)
    session.tray._pause.trigger()
    qtbot.waitUntil(session.tray._resume.isVisible, timeout=WAIT)
    assert not session.tray._pause.isVisible()
    assert all(queue.paused for queue in session.desk.queues())


def test_a_damaged_settings_file_is_mentioned(
    start: Callable[..., Program], own_home: Path, qtbot: QtBot
) -> None:
    own_home.mkdir(parents=True)
    (own_home / "window.json").write_text("{{{")
    session = entered(start(), qtbot)
    assert "window.json.broken" in session.workspace.toast.text


def test_a_dead_engine_is_told_at_once(start: Callable[..., Program], qtbot: QtBot) -> None:
    session = entered(start(), qtbot)
    os.kill(engine_pid(session), signal.SIGKILL)
    qtbot.waitUntil(session.workspace.toast.isVisible, timeout=WAIT)
    assert session.workspace.toast.text.startswith("The engine was ended by signal 9.")
    assert session.workspace.statusbar.engine_text.startswith("Engine stopped: starting again")
    qtbot.waitUntil(lambda: session.engine.status.phase is Phase.RUNNING, timeout=WAIT)


def test_giving_up_is_told_where_one_looks(
    start: Callable[..., Program], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tray, "available", staticmethod(lambda: True))
    hints: list[str] = []
    monkeypatch.setattr(Tray, "show_hint", lambda self, title, text: hints.append(title))
    program = start()
    session = entered(program, qtbot)
    session.engine.changed.emit(EngineStatus(Phase.GIVEN_UP))
    assert hints == []
    assert session.workspace.banner.isVisible()
    program.window.close()
    session.engine.changed.emit(EngineStatus(Phase.GIVEN_UP))
    assert hints == ["JobDesk keeps working", "The engine keeps stopping"]


def test_the_appearance_follows_the_setting_at_once(
    start: Callable[..., Program], qtbot: QtBot
) -> None:
    program = start()
    entered(program, qtbot)
    program.state.appearance = "dark"
    assert program.theme.dark
    program.state.appearance = "light"
    assert not program.theme.dark


def test_what_a_login_starts_is_this_program() -> None:
    assert window_command() == [sys.executable, "-m", "jobdesk"]
    assert Path(window_command()[0]).is_absolute()
