"""The panel at the right of a list: what is selected, in full."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QGuiApplication,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from jobdesk.domain.run import Run
from jobdesk.gui.format import state_word
from jobdesk.gui.theme import L, M, S, Theme
from jobdesk.gui.views.flow import FlowLayout
from jobdesk.gui.widgets import ActionButton

WIDTH = 312

_BREAK, _JOIN = "\u200b", "\u2060"
_ROOT = re.compile(r"(?<!\S)/")
"""The slash that begins a path: not a good place for a line to end."""
_JOINT = re.compile(r"(?<=[^\s/])([/&=?,;._-])(?=\S)")


class _Copyable(QLabel):
    """Its menu copies the text as it is meant: without the places to break it."""

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy").triggered.connect(self.copy)
        menu.popup(event.globalPos())

    @Slot()
    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text().replace(_BREAK, "").replace(_JOIN, ""))


def label(role: str = "", *, wrap: bool = True, copy: bool = False) -> QLabel:
    """A label in one of the style sheet's roles. Its text is never taken for markup."""
    made = _Copyable() if copy else QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if role:
        made.setProperty("role", role)
    if wrap:
        # A long word without a place to break must not widen the panel.
        made.setMinimumWidth(1)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        made.setSizePolicy(policy)
    return made


class NotedLabel(QWidget):
    """A label with a quiet line beneath it, which is there only while it says something."""

    def __init__(self, value: QLabel) -> None:
        super().__init__()
        self.value, self.note = value, label("small")
        self.note.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(value)
        column.addWidget(self.note)

    def set_note(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))


def breakable(text: str) -> str:
    """The text with places to break it inside of paths and URLs, which have no spaces."""
    return _ROOT.sub(f"/{_JOIN}", _JOINT.sub(f"\\1{_BREAK}", text))


Fact = tuple[str, ...]
"""Name, value, and possibly a quiet line beneath it, such as where the value comes from."""


class Facts(QWidget):
    """Names and values in two columns. Its labels are reused, so that a refresh neither
    flickers nor moves the page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(M)
        self._grid.setVerticalSpacing(S - 2)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnMinimumWidth(0, 84)
        self._pairs: list[tuple[QLabel, NotedLabel]] = []

    def set(self, facts: Sequence[Fact]) -> None:
        """Show these; those without a value are left out."""
        shown = [fact for fact in facts if fact[1]]
        while len(self._pairs) < len(shown):
            self._add()
        for at, (name, noted) in enumerate(self._pairs):
            visible = at < len(shown)
            name.setVisible(visible)
            noted.setVisible(visible)
            if visible:
                named, value, *note = shown[at]
                name.setText(named)
                noted.value.setText(value)
                noted.set_note("".join(note))

    def values(self) -> dict[str, str]:
        """What is shown."""
        return {n.text(): v.value.text() for n, v in self._pairs if not n.isHidden()}

    def notes(self) -> dict[str, str]:
        """The lines beneath."""
        return {n.text(): v.note.text() for n, v in self._pairs if not n.isHidden()}

    def _add(self) -> None:
        row = len(self._pairs)
        name, noted = label("muted", wrap=False), NotedLabel(label(copy=True))
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(name, row, 0, top)
        self._grid.addWidget(noted, row, 1, top)
        self._pairs.append((name, noted))


class Ticks(QWidget):
    """The last runs as coloured ticks, the newest at the right; a click opens one."""

    clicked = Signal(int)

    _WIDTH, _HEIGHT, _GAP = 18, 24, 4

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._runs: list[Run] = []
        self.setMouseTracking(True)
        theme.changed.connect(self._repaint)

    @property
    def runs(self) -> list[Run]:
        return self._runs

    def set(self, newest_first: Sequence[Run]) -> None:
        self._runs = list(reversed(newest_first))
        said = ", ".join(state_word(run.state) for run in self._runs)
        self.setAccessibleName(f"Last runs, the newest last: {said}" if said else "No runs yet")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(10 * (self._WIDTH + self._GAP), self._HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for at, run in enumerate(self._runs):
            painter.setBrush(self._theme.color(self._theme.state_color(run.state)))
            # Failures are taller: not told by colour alone.
            low = 0 if run.finished_at is None or run.error else self._HEIGHT // 3
            left = at * (self._WIDTH + self._GAP)
            place = QRectF(left, low, self._WIDTH, self._HEIGHT - low)
            painter.drawRoundedRect(place, 3, 3)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        run = self._at(event)
        self.setToolTip(f"Run {run.id}: {state_word(run.state)}" if run else "")
        shape = Qt.CursorShape.PointingHandCursor if run else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        run = self._at(event)
        if run is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(run.id)

    def _at(self, event: QMouseEvent) -> Run | None:
        at = int(event.position().x()) // (self._WIDTH + self._GAP)
        return self._runs[at] if 0 <= at < len(self._runs) else None

    @Slot()
    def _repaint(self) -> None:
        self.update()


class _Content(QWidget):
    """As high as its text is at the width it gets; the sum of all least heights, which a
    scroll area would ask for, is that of one word a line."""

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)


class Offered(ActionButton):
    """A button that is there only while its action can be used."""

    def _follow(self) -> None:
        super()._follow()
        if self.parentWidget() is not None:
            self.setVisible(self.action.isEnabled())


class Inspector(QFrame):
    """A card of fixed width with a column to fill, which scrolls where it is too long."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setFixedWidth(WIDTH)
        self._content = _Content()
        self.column = QVBoxLayout(self._content)
        self.column.setContentsMargins(L, L, L, L)
        self.column.setSpacing(S)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._content)
        # The card's own colour shows through.
        self._content.setAutoFillBackground(False)
        area.viewport().setAutoFillBackground(False)
        around = QVBoxLayout(self)
        around.setContentsMargins(1, 1, 1, 1)
        around.addWidget(area)

    def section(self, title: str) -> QLabel:
        """A small heading."""
        heading = label("section", wrap=False)
        heading.setText(title)
        self.column.addSpacing(S)
        self.column.addWidget(heading)
        return heading

    def offer(self, actions: Sequence[QAction]) -> None:
        """Buttons for those of the actions that can be used."""
        row = FlowLayout(S)
        for action in actions:
            row.addWidget(Offered(action, "", self._content))
        self.column.addLayout(row)
