"""What the overview is built of: cards with a number, lists of a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QEnterEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from jobdesk.gui.format import count
from jobdesk.gui.theme import XS, L, M, S, Theme
from jobdesk.gui.views.inspector import label
from jobdesk.gui.widgets import IconLabel

_RADIUS = 8
_LINE_HEIGHT = 44


class Elided(QLabel):
    """One line of plain text that is cut where it doesn't fit; the tool tip has it all."""

    def __init__(self, role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        if role:
            self.setProperty("role", role)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        shown = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width()
        )
        painter.drawText(self.rect(), int(self.alignment()), shown)
        painter.end()

    def minimumSizeHint(self) -> QSize:
        return QSize(40, super().sizeHint().height())

    def setText(self, text: str) -> None:
        super().setText(text)
        cut = self.fontMetrics().horizontalAdvance(text) > self.width()
        self.setToolTip(text if cut else "")


class StatCard(QWidget):
    """A number that can be clicked, for what is behind it."""

    clicked = Signal()

    def __init__(
        self, theme: Theme, title: str, icon: str, role: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme, self._title, self._icon_name, self._role = theme, title, icon, role
        self._hover = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._icon = IconLabel(theme, icon, role, 20)
        heading = label("muted", wrap=False)
        heading.setText(title)
        self._figure = label("figure", wrap=False)
        self._note = Elided("small")
        top = QHBoxLayout()
        top.setSpacing(S)
        top.addWidget(heading, 1)
        top.addWidget(self._icon)
        column = QVBoxLayout(self)
        column.setContentsMargins(L, M, L, M)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(self._figure)
        column.addWidget(self._note)
        theme.changed.connect(self._repaint)

    def show_number(self, number: int, note: str) -> None:
        """``note`` is a line below it. A zero is drawn quietly."""
        self._figure.setText(count(number))
        self._note.setText(note)
        self._icon.set(self._icon_name, self._role if number else "faint")
        self.setAccessibleName(f"{self._title}: {number}. {note}")

    @property
    def number(self) -> str:
        return self._figure.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marked = self._hover or self.hasFocus()
        painter.setPen(QPen(self._theme.color("accent" if marked else "border"), 1))
        painter.setBrush(self._theme.color("surface"))
        painter.drawRoundedRect(
            QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS
        )
        painter.end()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hover = True
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = False
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _repaint(self) -> None:
        self.update()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list: ``key`` is what ``opened`` and ``pressed`` carry, ``side`` stands
    at the right, ``second`` below the title."""

    key: object
    icon: str
    role: str
    title: str
    second: str
    side: str


class LineList(QFrame):
    """A card with a title and up to ``most`` lines, each with a button if ``button``."""

    opened = Signal(object)
    pressed = Signal(object)
    more = Signal()

    def __init__(
        self,
        theme: Theme,
        title: str,
        nothing: str,
        *,
        most: int = 5,
        button: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._most = most
        self.setProperty("card", True)
        heading = label("section", wrap=False)
        heading.setText(title)
        self._more = QPushButton("Show all")
        self._more.setProperty("kind", "link")
        self._more.clicked.connect(self.more)
        top = QHBoxLayout()
        top.addWidget(heading, 1)
        top.addWidget(self._more)
        self._nothing = label("muted")
        self._nothing.setText(nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(L, M, M, M)
        column.setSpacing(0)
        column.addLayout(top)
        column.addSpacing(XS)
        column.addWidget(self._nothing)
        self._lines = [_LineWidget(theme, button, self) for _ in range(most)]
        for line in self._lines:
            line.opened.connect(self.opened)
            line.pressed.connect(self.pressed)
            line.setVisible(False)
            column.addWidget(line)
        column.addStretch(1)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """The first of them; the others are behind "Show all"."""
        self._nothing.setVisible(not lines)
        self._more.setVisible(bool(lines))
        for at, widget in enumerate(self._lines):
            widget.setVisible(at < len(lines))
            if at < len(lines):
                widget.show_line(lines[at])

    @property
    def shown(self) -> list[Line]:
        return [w.line for w in self._lines if w.line is not None and not w.isHidden()]

    def button_of(self, number: int) -> QPushButton:
        """The button of a line."""
        return self._lines[number].button


class _LineWidget(QWidget):
    opened = Signal(object)
    pressed = Signal(object)

    def __init__(self, theme: Theme, button: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.line: Line | None = None
        self.setFixedHeight(_LINE_HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._icon = IconLabel(theme, "mdi6.circle", "muted", 18)
        self._title, self._second = Elided(), Elided("small")
        self._side = label("muted", wrap=False)
        self.button = QPushButton(button)
        self.button.setVisible(bool(button))
        self.button.setCursor(Qt.CursorShape.ArrowCursor)
        self.button.clicked.connect(self._press)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._second)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(M)
        row.addWidget(self._icon)
        row.addLayout(words, 1)
        row.addWidget(self._side)
        row.addWidget(self.button)

    def show_line(self, line: Line) -> None:
        if line == self.line:
            return
        self.line = line
        self._icon.set(line.icon, line.role)
        self._title.setText(line.title)
        self._second.setText(line.second)
        self._second.setVisible(bool(line.second))
        self._side.setText(line.side)
        self.button.setAccessibleName(f"{self.button.text()}: {line.title}")
        self.setAccessibleName(f"{line.title}, {line.second}, {line.side}")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hasFocus():
            painter = QPainter(self)
            painter.fillRect(0, 0, 2, self.height(), self.palette().highlight())
            painter.end()

    def _open(self) -> None:
        if self.line is not None:
            self.opened.emit(self.line.key)

    @Slot()
    def _press(self) -> None:
        if self.line is not None:
            self.pressed.emit(self.line.key)
