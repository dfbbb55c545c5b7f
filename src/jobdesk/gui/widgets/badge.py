"""Pills that say a state: tinted background, icon and text, never colour alone."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from jobdesk.domain.run import RunState
from jobdesk.gui.format import state_word
from jobdesk.gui.theme import XS, S, Theme

_ICON = 14
_HEIGHT = 22


def badge_size(metrics: QFontMetrics, text: str, *, icon: bool = True) -> QSize:
    """The room that :func:`draw_badge` needs."""
    # Two more: an advance is rounded, and half a pixel too few costs three letters.
    width = metrics.horizontalAdvance(text) + 2 + 2 * S + (_ICON + XS if icon else 0)
    return QSize(width, max(_HEIGHT, metrics.height() + XS))


def draw_badge(
    painter: QPainter, theme: Theme, place: QRect, text: str, role: str, icon: str | None = None
) -> QRect:
    """Draw a pill at the left of ``place``, centred vertically; returns where it is.

    ``role`` is one that has a tint: success, warning, danger, info, neutral. Text that
    doesn't fit is elided.
    """
    metrics = painter.fontMetrics()
    wanted = badge_size(metrics, text, icon=icon is not None)
    pill = QRect(QPoint(0, 0), wanted.boundedTo(place.size()))
    pill.moveLeft(place.left())
    pill.moveTop(place.top() + (place.height() - pill.height()) // 2)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color(f"{role}_tint"))
    radius = pill.height() / 2
    painter.drawRoundedRect(QRectF(pill), radius, radius)
    inner = pill.adjusted(S, 0, -S, 0)
    if icon is not None:
        top = inner.top() + (inner.height() - _ICON) // 2
        theme.icon(icon, role).paint(painter, QRect(inner.left(), top, _ICON, _ICON))
        inner.setLeft(inner.left() + _ICON + XS)
    painter.setPen(theme.color(role))
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
    painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
    painter.restore()
    return pill


class Badge(QWidget):
    """A pill as a widget."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._text, self._role = "", "neutral"
        self._icon: str | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._repaint)

    @property
    def text(self) -> str:
        return self._text

    @property
    def role(self) -> str:
        return self._role

    def set_state(self, state: RunState) -> None:
        """Show a run's state."""
        theme = self._theme
        self.set(state_word(state), theme.state_color(state), theme.state_icon(state))

    def set(self, text: str, role: str, icon: str | None = None) -> None:
        """Show any text in the colours of ``role``."""
        if (text, role, icon) == (self._text, self._role, self._icon):
            return
        self._text, self._role, self._icon = text, role, icon
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return badge_size(self.fontMetrics(), self._text, icon=self._icon is not None)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._text:
            return
        painter = QPainter(self)
        draw_badge(painter, self._theme, self.rect(), self._text, self._role, self._icon)
        painter.end()

    @Slot()
    def _repaint(self) -> None:
        self.update()
