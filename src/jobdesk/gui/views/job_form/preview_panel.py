"""What the form would do, beside it as one types."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from jobdesk.gui import format as fmt
from jobdesk.gui.context import Context
from jobdesk.gui.models.job_form.job_preview import Fire, Preview
from jobdesk.gui.theme import XS, L, M, S
from jobdesk.gui.views.job_form.fields import label_of
from jobdesk.gui.views.job_form.text_editor import TextEditor

SHOWN = 5
WIDTH = 340
_COPIED_MS = 1_500


class PreviewPanel(QFrame):
    """A card: the schedule in words, the next fires, the retries, the command line."""

    outdated = Signal()
    """The times that are shown have passed or moved on."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self.setProperty("card", True)
        self.setFixedWidth(WIDTH)
        self._fires: tuple[Fire, ...] = ()
        self._floating = False
        self.words = label_of("", "heading")
        self.expression = label_of("", "mono")
        self.never = label_of("", "muted")
        self.notes = label_of("", "small")
        self.retries = label_of("")
        self.waiting = label_of("Once the form is complete, it stands here.", "muted")
        self.command_note = label_of("", "small")
        for label in (self.words, self.never, self.notes, self.retries, self.waiting):
            label.setWordWrap(True)
        self.command_note.setWordWrap(True)
        self.command = TextEditor(context.theme, least=3, most=9, fixed=True)
        self.command.setAccessibleName("The same as a command")
        self.copy = QPushButton("Copy")
        self.copy.setProperty("kind", "quiet")
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(self._copy)
        self._lay_out()
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(_COPIED_MS)
        self._copied.timeout.connect(self._offer_copy)
        self._clock = QTimer(self)
        self._clock.setInterval(1_000)
        self._clock.timeout.connect(self._tick)
        self._clock.start()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(L, L, L, L)
        column.setSpacing(S)
        column.addWidget(label_of("SCHEDULE", "section"))
        column.addWidget(self.words)
        column.addWidget(self.expression)
        column.addWidget(self.never)
        grid = QGridLayout()
        grid.setContentsMargins(0, XS, 0, XS)
        grid.setHorizontalSpacing(M)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        self.rows: list[tuple[QLabel, QLabel, QLabel]] = []
        for number in range(SHOWN):
            row = (label_of(""), label_of("", "muted"), label_of("", "small"))
            row[2].setContentsMargins(0, 0, 0, XS)  # nearer to its own time than to the next
            grid.addWidget(row[0], 2 * number, 0)
            grid.addWidget(row[1], 2 * number, 1, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(row[2], 2 * number + 1, 0, 1, 2)
            self.rows.append(row)
        column.addLayout(grid)
        column.addWidget(self.notes)
        column.addSpacing(M)
        column.addWidget(label_of("IF IT FAILS", "section"))
        column.addWidget(self.retries)
        column.addSpacing(M)
        head = QHBoxLayout()
        head.addWidget(label_of("THE SAME AS A COMMAND", "section"))
        head.addStretch(1)
        head.addWidget(self.copy)
        column.addLayout(head)
        column.addWidget(self.waiting)
        column.addWidget(self.command)
        column.addWidget(self.command_note)
        column.addStretch(1)

    def show_preview(self, preview: Preview, now: datetime) -> None:
        self._fires, self._floating = preview.fires, preview.floating
        _put(self.words, preview.words)
        _put(self.expression, preview.expression)
        _put(self.never, preview.never)
        _put(self.notes, "\n".join(preview.notes))
        _put(self.retries, preview.retries or "The retries aren't complete yet.")
        for number, (wall, relative, other) in enumerate(self.rows):
            fire = preview.fires[number] if number < len(preview.fires) else None
            _put(wall, fire.wall if fire else "")
            relative.setVisible(fire is not None)
            details = [fire.offset, fire.here] if fire else []
            _put(other, "  ·  ".join(text for text in details if text))
        if preview.command != self.command.toPlainText():
            self.command.load(preview.command)
        self.command.setVisible(bool(preview.command))
        self.copy.setEnabled(bool(preview.command))
        self.waiting.setVisible(not preview.command and not preview.command_note)
        _put(self.command_note, preview.command_note)
        self._show_relative(now)

    def _show_relative(self, now: datetime) -> None:
        for (_, relative, _), fire in zip(self.rows, self._fires, strict=False):
            relative.setText(fmt.until(fire.at, now))

    @Slot()
    def _tick(self) -> None:
        now = self._context.desk.now()
        if self._floating or any(fire.at <= now for fire in self._fires):
            self.outdated.emit()
        else:
            self._show_relative(now)

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.command.text())
        self.copy.setText("Copied")
        self._copied.start()

    @Slot()
    def _offer_copy(self) -> None:
        self.copy.setText("Copy")


def _put(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))
