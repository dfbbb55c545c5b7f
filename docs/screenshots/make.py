"""Takes the pictures of the documentation: the real window, on a home with sample data.

    python docs/screenshots/make.py [NAME ...]

Light and dark, at 1x and 2x (``NAME-light.png``, ``NAME-light@2x.png``, …), into
``docs/images``. Needs a display; on Linux without one it starts Xvfb where it is there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parent / "images"
SIZE = (1280, 800)
_SETTLE_MS = 1500


def main() -> int:
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="jobdesk-shots-") as folder, _display():
        for scale in (1, 2):
            for theme in ("light", "dark"):
                home = Path(folder) / f"{theme}{scale}"
                environ = {
                    **os.environ,
                    "JOBDESK_HOME": str(home),
                    # No secret of the samples belongs into anybody's keyring.
                    "JOBDESK_VAULT": "file",
                    "JOBDESK_VAULT_KEY": str(Path(folder) / f"{theme}{scale}.key"),
                    "QT_SCALE_FACTOR": str(scale),
                    "TZ": "Europe/Berlin",
                    # The pictures show it, and it should look like anybody's.
                    "PATH": "/usr/local/bin:/usr/bin:/bin",
                }
                command = [sys.executable, __file__, "--take", theme, str(scale), *sys.argv[1:]]
                subprocess.run(command, env=environ, check=True, timeout=180)
    return 0


def take(theme: str, scale: int, only: list[str]) -> None:
    """One window, all pictures of one theme and scale."""
    from PySide6.QtWidgets import QApplication
    from sample import fill, go_on

    from jobdesk import paths
    from jobdesk.gui.application import Application
    from jobdesk.gui.uistate import UiState
    from jobdesk.main import engine_command

    home = paths.home()
    with _endpoint() as port:
        fill(home, port)
        # The application first: a setting is saved by a timer, which needs its event loop.
        app = QApplication(["jobdesk"])
        state = UiState(home / "window.json")
        state.appearance = theme
        state.save()
        program = Application(app, home, engine_command("window"))
        program.window.resize(*SIZE)
        program.begin()
        suffix = f"-{theme}" + ("@2x" if scale == 2 else "")
        session = Session(app, program, lambda desk: go_on(desk, port), suffix, only)
        session.begin()
        app.exec()
        program.shut_down()


class Session:
    """Walks through the pages, one after the other, with time to settle at each."""

    def __init__(
        self,
        app: object,
        program: object,
        go_on: Callable[[object], dict[str, int]],
        suffix: str,
        only: list[str],
    ) -> None:
        self._app, self._program, self._go_on = app, program, go_on
        self._suffix, self._only = suffix, only
        self._ids: dict[str, int] = {}
        self._left: list[tuple[str, Callable[[], None]]] = []

    def begin(self) -> None:
        from PySide6.QtCore import QTimer

        QTimer.singleShot(2500, self._start_work)

    def _start_work(self) -> None:
        from PySide6.QtCore import QTimer

        self._ids = self._go_on(self._program.session.desk)
        self._left = [step for step in self._steps() if not self._only or step[0] in self._only]
        QTimer.singleShot(7000, self._next)

    def _steps(self) -> list[tuple[str, Callable[[], None]]]:
        from jobdesk.gui.closing import CloseQuestion

        session = self._program.session
        go = session.context.navigation
        page = session.workspace.show_page
        return [
            ("overview", lambda: page("overview")),
            ("jobs", lambda: go.open_job.emit("Nightly backup")),
            ("runs", lambda: page("runs")),
            ("queues", lambda: page("queues")),
            ("dead", lambda: page("dead")),
            ("alerts", self._alerts),
            ("heartbeats", lambda: self._heartbeats(-1)),
            ("heartbeat-ping", lambda: self._heartbeats(1)),
            ("run", lambda: go.open_run.emit(self._ids["failed"])),
            ("run-live", lambda: go.open_run.emit(self._ids["running"])),
            ("run-retrying", lambda: go.open_run.emit(self._ids["retrying"])),
            ("run-http", self._exchange),
            ("job-dialog", lambda: go.edit_job.emit("Sales report")),
            ("job-dialog-http", lambda: go.edit_job.emit("Sync stock")),
            ("job-dialog-new", go.new_job.emit),
            ("job-dialog-alerts", self._job_alerts),
            ("settings", session.dialogs.settings),
            ("settings-api", lambda: self._settings("HTTP API")),
            ("settings-alerts", lambda: self._settings("Alerts")),
            ("settings-channel", self._channel_dialog),
            ("settings-secrets", lambda: self._settings("Secrets")),
            ("settings-signing", lambda: self._settings("Signing")),
            ("token-dialog", self._token_dialog),
            ("queue-dialog", lambda: self._queue_dialog(0)),
            ("queue-dialog-defaults", lambda: self._queue_dialog(1)),
            ("queue-dialog-success", lambda: self._queue_dialog(2)),
            ("queue-dialog-alerts", lambda: self._queue_dialog(3)),
            ("queue-dialog-history", lambda: self._queue_dialog(4)),
            ("close-dialog", lambda: CloseQuestion(self._program.window).open()),
            ("shortcuts", lambda: session.dialogs.shortcuts(session.menus.all_actions())),
            ("about", session.dialogs.about),
            ("tray-menu", self._tray_menu),
        ]

    def _alerts(self) -> None:
        from PySide6.QtCore import QTimer
        from sample import give_up

        from jobdesk.gui.models.alerts.words import failed_deliveries

        workspace = self._program.session.workspace
        workspace.show_page("alerts")
        tab = workspace.page("alerts").alerts
        give_up(self._program.session.desk)

        def select() -> None:
            failed = [one for one in tab.alerts.rows if failed_deliveries(one)]
            tab.history.select(failed[0].id)

        QTimer.singleShot(_SETTLE_MS // 2, select)

    def _heartbeats(self, ping: int) -> None:
        from jobdesk.gui.views.alerts.ping_dialog import PingDialog

        session = self._program.session
        session.workspace.show_page("alerts")
        page = session.workspace.page("alerts")
        page.tabs.setCurrentWidget(page.heartbeats)
        if ping >= 0:
            PingDialog(session.context, self._program.window, "Off-site copy").open()

    def _job_alerts(self) -> None:
        from PySide6.QtCore import QTimer

        from jobdesk.gui.views.job_form.job_dialog import JobDialog

        context = self._program.session.context
        dialog = JobDialog(context, self._program.window, job=context.desk.job("Nightly backup"))
        dialog.open()
        dialog.form.told.button.click()
        bar = dialog.form.scroll.verticalScrollBar()
        QTimer.singleShot(_SETTLE_MS // 2, lambda: bar.setValue(bar.maximum() - 60))

    def _channel_dialog(self) -> None:
        from jobdesk.gui.views.settings.channel_dialog import ChannelDialog

        context = self._program.session.context
        dialog = ChannelDialog(context, self._program.window, None, frozenset())
        dialog.name.setText("mail")
        dialog.open()

    def _exchange(self) -> None:
        from PySide6.QtCore import QTimer

        session = self._program.session
        session.context.navigation.open_run.emit(self._ids["http"])
        page = session.workspace.page("run")
        QTimer.singleShot(_SETTLE_MS // 2, lambda: page.tabs.setCurrentWidget(page.http))

    def _queue_dialog(self, tab: int) -> None:
        from jobdesk.gui.views.queues.queue_dialog import QueueDialog

        context = self._program.session.context
        dialog = QueueDialog(context, self._program.window, queue=context.desk.queue("mail"))
        dialog.tabs.setCurrentIndex(tab)
        dialog.open()

    def _settings(self, section: str) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QListWidget

        from jobdesk.gui.views.settings.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._program.session.context, [], self._program.window)
        sections = dialog.findChild(QListWidget, "sections")
        (item,) = sections.findItems(section, Qt.MatchFlag.MatchExactly)
        sections.setCurrentItem(item)
        dialog.open()

    def _token_dialog(self) -> None:
        from jobdesk.gui.views.settings.token_dialog import TokenDialog

        dialog = TokenDialog(self._program.session.context, self._program.window, frozenset())
        dialog.name.setText("build server")
        dialog.scripts.setChecked(True)
        dialog.open()

    def _tray_menu(self) -> None:
        menu = self._program.session.tray.menu
        menu.popup(self._program.window.geometry().center())

    def _next(self) -> None:
        from PySide6.QtCore import QTimer

        if not self._left:
            self._program.quit()
            return
        name, show = self._left.pop(0)
        show()
        QTimer.singleShot(_SETTLE_MS, lambda: self._snap(name))

    def _snap(self, name: str) -> None:
        from PySide6.QtWidgets import QApplication, QDialog, QMenu

        dialogs = [
            widget
            for widget in QApplication.topLevelWidgets()
            if isinstance(widget, (QDialog, QMenu)) and widget.isVisible()
        ]
        target = dialogs[0] if dialogs else self._program.window
        target.grab().save(str(IMAGES / f"{name}{self._suffix}.png"))
        for dialog in dialogs:
            dialog.close()
        self._next()


@contextmanager
def _endpoint() -> Iterator[int]:
    """What the sample's HTTP jobs call."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Shop(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._answer(b'{"order": 1017, "status": "confirmed", "items": [3, 14, 15]}')

        def do_GET(self) -> None:
            self._answer(b'{"status": "ok"}')

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _display() -> Iterator[None]:
    """A screen: the one there is, else Xvfb with a window manager."""
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY"):
        yield
        return
    if not shutil.which("Xvfb"):
        sys.exit("There is no display, and Xvfb is not installed (Debian: apt-get install xvfb).")
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "2700x1800x24"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    os.environ["DISPLAY"] = ":" + os.fdopen(reader).readline().strip()
    manager = subprocess.Popen(["openbox"]) if shutil.which("openbox") else None
    try:
        yield
    finally:
        if manager is not None:
            manager.terminate()
            manager.wait()
        server.terminate()
        server.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--take"]:
        take(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
    else:
        sys.exit(main())
