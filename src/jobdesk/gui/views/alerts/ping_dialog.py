"""How a heartbeat is pinged: over HTTP and by command line, to copy."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from jobdesk.domain.settings import API_PORT, EngineSettings
from jobdesk.gui.context import Context
from jobdesk.gui.format import sentence
from jobdesk.gui.models.alerts.words import ping_command, ping_curl
from jobdesk.gui.models.settings.words import base_url
from jobdesk.gui.theme import XL, L, S
from jobdesk.gui.views.job_form.text_editor import TextEditor
from jobdesk.gui.views.settings.parts import footer, words

_WIDTH = 560
_OFF = (
    "The HTTP API is switched off: switch it on in the settings, and make a token there for"
    " whoever pings."
)
_ON = "TOKEN is a token from the settings, HTTP API."


class PingDialog(QDialog):
    """Shown with ``open()``."""

    def __init__(self, context: Context, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self._context, self._name = context, name
        self.setWindowTitle(f"How to ping “{name}”")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.command = CopyText(context, ping_command(name), "Command line")
        self.curl = CopyText(context, "", "HTTP call")
        self.note = words("", "small", wrap=True)
        done = QPushButton("Done")
        done.setDefault(True)
        done.clicked.connect(self.accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, L)
        column.setSpacing(S)
        column.addWidget(
            words("Call one of these at the end of what you want to hear of.", wrap=True)
        )
        column.addSpacing(S)
        column.addWidget(words("From anywhere, over HTTP", "heading"))
        column.addWidget(self.curl)
        column.addWidget(self.note)
        column.addSpacing(S)
        column.addWidget(words("On this computer", "heading"))
        column.addWidget(self.command)
        column.addLayout(footer(done))
        self.setFixedWidth(_WIDTH)
        done.setFocus()
        self._show(f"127.0.0.1:{API_PORT}", "")
        context.calls.run(self, context.desk.settings, self._known, self._unknown)

    def _known(self, settings: EngineSettings) -> None:
        if settings.api_listen:
            self._show(settings.api_listen, _ON)
        else:
            self._show(f"127.0.0.1:{API_PORT}", _OFF)

    def _unknown(self, error: Exception) -> None:
        self.note.setText(sentence(f"the settings can't be read: {error}"))

    def _show(self, listen: str, note: str) -> None:
        self.curl.set_text(ping_curl(self._name, base_url(listen)))
        self.note.setText(note)


class CopyText(QWidget):
    """A text as it is to be typed, and a button that copies it."""

    def __init__(self, context: Context, text: str, name: str) -> None:
        super().__init__()
        self.text = TextEditor(context.theme, least=1, most=4, fixed=True)
        self.text.setAccessibleName(name)
        self.text.load(text)
        self.copy = QPushButton("Copy")
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(self._copy)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(S)
        row.addWidget(self.text, 1)
        row.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)

    def set_text(self, text: str) -> None:
        self.text.load(text)
        self.copy.setText("Copy")

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.text())
        self.copy.setText("Copied")
