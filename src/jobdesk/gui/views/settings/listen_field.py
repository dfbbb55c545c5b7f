"""Where the HTTP API listens, as one field: a switch, a host and a port."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from jobdesk.gui.models.settings.words import LOOPBACK, split_listen
from jobdesk.gui.theme import XL, S

_HOST_WIDTH, _PORT_WIDTH = 180, 72


class ListenField(QWidget):
    """Holds what the setting holds: ``HOST:PORT``, or "" while it is switched off."""

    textChanged = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.on = QCheckBox("Programs may push and look in over HTTP")
        self.host, self.port = QLineEdit(), QLineEdit()
        self.host.setPlaceholderText(LOOPBACK)
        self.host.setFixedWidth(_HOST_WIDTH)
        self.port.setFixedWidth(_PORT_WIDTH)
        line = QHBoxLayout()
        line.setContentsMargins(XL, 0, 0, 0)
        line.setSpacing(S)
        for text, edit in (("&Address", self.host), ("&Port", self.port)):
            label = QLabel(text)
            label.setBuddy(edit)
            edit.setAccessibleName(text.replace("&", ""))
            edit.textChanged.connect(self._changed)
            line.addWidget(label)
            line.addWidget(edit)
        line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        column.addWidget(self.on)
        column.addLayout(line)
        self.setFocusProxy(self.on)
        self.on.toggled.connect(self._changed)
        self.setText("")

    def text(self) -> str:
        if not self.on.isChecked():
            return ""
        host = self.host.text().strip() or LOOPBACK
        if ":" in host and not host.startswith("["):
            host = f"[{host}]"  # an IPv6 address as people know it
        return f"{host}:{self.port.text().strip()}"

    def setText(self, text: str) -> None:
        host, port = split_listen(text)
        self.host.setText(host)
        self.port.setText(port)
        self.on.setChecked(bool(text))
        self._changed()

    def show_invalid(self, invalid: bool) -> None:
        for edit in (self.host, self.port):
            edit.setProperty("invalid", invalid)
            edit.style().unpolish(edit)
            edit.style().polish(edit)

    @Slot()
    def _changed(self) -> None:
        for edit in (self.host, self.port):
            edit.setEnabled(self.on.isChecked())
        self.textChanged.emit(self.text())
