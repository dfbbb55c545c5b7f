"""Paints the cells of all tables.

One delegate for every column: it asks the model for a cell (plain data) and draws it in
the theme's colours. Icons and badges are drawn once for each screen scale and kept: an
icon of a font costs a tenth of a millisecond, and a page shows fifty.
"""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from jobdesk.gui.models.cells import (
    BadgeCell,
    BarCell,
    ButtonCell,
    Cell,
    TextCell,
    ToggleCell,
)
from jobdesk.gui.models.table_model import CellModel
from jobdesk.gui.theme import ROW_HEIGHT, XS, S, Theme
from jobdesk.gui.widgets import badge_size, draw_badge

TALL_ROW = 52
"""Of a row with two lines."""

_ICON = 16
_BAR_HEIGHT, _BAR_TEXT = 6, 48
_TOGGLE = QSize(30, 16)
_SMALL = 11 / 13
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ELIDE, _MIDDLE = Qt.TextElideMode.ElideRight, Qt.TextElideMode.ElideMiddle
_SELECTED = QStyle.StateFlag.State_Selected


class CellDelegate(QStyledItemDelegate):
    """``tall`` rows have room for two lines. ``hovered`` is the row under the pointer, and
    ``focused`` the current row while the table has the keyboard; -1 for none."""

    def __init__(self, theme: Theme, *, tall: bool = False, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme, self._tall = theme, tall
        self.hovered = self.focused = -1
        self._pixmaps: dict[tuple[object, ...], QPixmap] = {}
        self._fonts: dict[tuple[str, bool, bool], tuple[QFont, QFontMetrics]] = {}
        theme.changed.connect(self._forget)

    @property
    def row_height(self) -> int:
        return TALL_ROW if self._tall else ROW_HEIGHT

    @Slot()
    def _forget(self) -> None:
        self._pixmaps.clear()
        self._fonts.clear()

    # -- Qt's -----------------------------------------------------------------------

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        cell = self._cell(index)
        if cell is None:
            return QSize(0, self.row_height)
        return QSize(self._width(option.font, cell) + 2 * S, self.row_height)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        rect, row = option.rect, index.row()
        if option.state & _SELECTED:
            painter.fillRect(rect, self._theme.color("selection"))
        elif row == self.hovered:
            painter.fillRect(rect, self._theme.color("hover"))
        if row == self.focused:
            self._draw_focus(painter, rect)
        cell = self._cell(index)
        inner = rect.adjusted(S, 0, -S, 0)
        if isinstance(cell, TextCell):
            self._draw_text(painter, option.font, inner, cell)
        elif isinstance(cell, BadgeCell):
            self._draw_badge(painter, option.font, inner, cell)
        elif isinstance(cell, BarCell):
            self._draw_bar(painter, option.font, inner, cell)
        elif isinstance(cell, ToggleCell):
            self._draw_toggle(painter, inner, cell)
        elif isinstance(cell, ButtonCell) and cell.text:
            self._draw_button(painter, option.font, inner, cell, row == self.hovered)

    # -- drawing ----------------------------------------------------------------------

    def _draw_focus(self, painter: QPainter, rect: QRect) -> None:
        """A line above and below: the current row is seen without its colour."""
        color = self._theme.color("accent")
        painter.fillRect(rect.left(), rect.top(), rect.width(), 1, color)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, color)

    def _draw_text(self, painter: QPainter, base: QFont, rect: QRect, cell: TextCell) -> None:
        if cell.icon:
            self._draw_icon(painter, rect, cell.icon, cell.icon_role)
            rect = rect.adjusted(_ICON + S, 0, 0, 0)
        font, metrics = self._font(base, bold=cell.bold)
        if cell.second:
            small, small_metrics = self._font(base, small=True)
            gap = 2
            height = metrics.height() + gap + small_metrics.height()
            top = rect.top() + (rect.height() - height) // 2
            lower = QRect(
                rect.left(), top + metrics.height() + gap, rect.width(), small_metrics.height()
            )
            self._line(painter, small, small_metrics, lower, cell.second, cell.second_role)
            rect = QRect(rect.left(), top, rect.width(), metrics.height())
        align, elide = (_RIGHT if cell.right else _LEFT), (_MIDDLE if cell.middle else _ELIDE)
        self._line(painter, font, metrics, rect, cell.text, cell.role, align, elide)

    def _line(
        self,
        painter: QPainter,
        font: QFont,
        metrics: QFontMetrics,
        rect: QRect,
        text: str,
        role: str,
        align: Qt.AlignmentFlag = _LEFT,
        elide: Qt.TextElideMode = _ELIDE,
    ) -> None:
        if not text or rect.width() <= 0:
            return
        painter.setFont(font)
        painter.setPen(self._theme.color(role))
        painter.drawText(rect, align, metrics.elidedText(text, elide, rect.width()))

    def _draw_icon(self, painter: QPainter, rect: QRect, name: str, role: str) -> None:
        ratio = painter.device().devicePixelRatioF()
        place = QRect(rect.left(), rect.top() + (rect.height() - _ICON) // 2, _ICON, _ICON)
        key = ("icon", name, role, ratio)
        pixmap = self._pixmaps.get(key)
        if pixmap is None:
            pixmap = self._theme.icon(name, role).pixmap(QSize(_ICON, _ICON), ratio)
            self._pixmaps[key] = pixmap
        painter.drawPixmap(place, pixmap)

    def _draw_badge(self, painter: QPainter, base: QFont, rect: QRect, cell: BadgeCell) -> None:
        font, metrics = self._font(base)
        size = badge_size(metrics, cell.text)
        if size.width() > rect.width():
            painter.setFont(font)
            draw_badge(painter, self._theme, rect, cell.text, cell.role, cell.icon)
            return
        ratio = painter.device().devicePixelRatioF()
        key = ("badge", cell.text, cell.role, cell.icon, ratio, font.key())
        pixmap = self._pixmaps.get(key)
        if pixmap is None:
            pixmap = self._pixmaps[key] = self._make_badge(font, size, cell, ratio)
        painter.drawPixmap(rect.left(), rect.top() + (rect.height() - size.height()) // 2, pixmap)
        if cell.after:
            rest = rect.adjusted(size.width() + S, 0, 0, 0)
            self._line(painter, font, metrics, rest, cell.after, "muted")

    def _make_badge(self, font: QFont, size: QSize, cell: BadgeCell, ratio: float) -> QPixmap:
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setFont(font)
        draw_badge(painter, self._theme, QRect(QPoint(), size), cell.text, cell.role, cell.icon)
        painter.end()
        return pixmap

    def _draw_bar(self, painter: QPainter, base: QFont, rect: QRect, cell: BarCell) -> None:
        font, metrics = self._font(base, bold=cell.share > 0)
        number = QRect(rect.left(), rect.top(), _BAR_TEXT, rect.height())
        role = "text" if cell.share > 0 else "muted"
        self._line(painter, font, metrics, number, cell.text, role)
        top = rect.top() + (rect.height() - _BAR_HEIGHT) / 2
        groove = QRectF(number.right() + S, top, rect.right() - number.right() - S, _BAR_HEIGHT)
        if groove.width() < _BAR_HEIGHT:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("neutral_tint"))
        radius = _BAR_HEIGHT / 2
        painter.drawRoundedRect(groove, radius, radius)
        if cell.share > 0:
            groove.setWidth(max(_BAR_HEIGHT, groove.width() * min(1.0, cell.share)))
            painter.setBrush(self._theme.color(cell.role))
            painter.drawRoundedRect(groove, radius, radius)
        painter.restore()

    def _draw_toggle(self, painter: QPainter, rect: QRect, cell: ToggleCell) -> None:
        top = rect.top() + (rect.height() - _TOGGLE.height()) / 2
        track = QRectF(rect.left(), top, _TOGGLE.width(), _TOGGLE.height())
        radius = track.height() / 2
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("accent" if cell.on else "faint"))
        painter.drawRoundedRect(track, radius, radius)
        knob = track.height() - 4
        left = track.right() - knob - 2 if cell.on else track.left() + 2
        painter.setBrush(self._theme.color("accent_text" if cell.on else "surface"))
        painter.drawEllipse(QRectF(left, track.top() + 2, knob, knob))
        painter.restore()

    def _draw_button(
        self, painter: QPainter, base: QFont, rect: QRect, cell: ButtonCell, hovered: bool
    ) -> None:
        font, metrics = self._font(base)
        width = min(rect.width(), _ICON + XS + metrics.horizontalAdvance(cell.text) + 2 * S)
        height = min(rect.height() - 2 * XS, 26)
        button = QRect(rect.left(), rect.top() + (rect.height() - height) // 2, width, height)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._theme.color("accent" if hovered else "border"), 1))
        painter.setBrush(self._theme.color("raised"))
        painter.drawRoundedRect(QRectF(button).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.restore()
        inner = button.adjusted(S, 0, -XS, 0)
        if cell.icon:
            self._draw_icon(painter, inner, cell.icon, "accent")
            inner = inner.adjusted(_ICON + XS, 0, 0, 0)
        self._line(painter, font, metrics, inner, cell.text, "text")

    # -- measures ---------------------------------------------------------------------

    @staticmethod
    def _cell(index: QModelIndex | QPersistentModelIndex) -> Cell | None:
        model = index.model()
        # Not by data(): the cell would be wrapped and unwrapped on its way through Qt.
        return model.cell(index.row(), index.column()) if isinstance(model, CellModel) else None

    def _width(self, font: QFont, cell: Cell) -> int:
        _, metrics = self._font(font, bold=True)
        text = metrics.horizontalAdvance(cell.text)
        if isinstance(cell, BadgeCell):
            after = metrics.horizontalAdvance(cell.after) + S if cell.after else 0
            return badge_size(metrics, cell.text).width() + after
        if isinstance(cell, ToggleCell):
            return _TOGGLE.width()
        if isinstance(cell, BarCell):
            return _BAR_TEXT + 120
        if isinstance(cell, ButtonCell):
            return text + _ICON + XS + 2 * S if cell.text else 0
        return max(text, metrics.horizontalAdvance(cell.second)) + (_ICON + S if cell.icon else 0)

    def _font(
        self, base: QFont, *, bold: bool = False, small: bool = False
    ) -> tuple[QFont, QFontMetrics]:
        key = (base.key(), bold, small)
        known = self._fonts.get(key)
        if known is None:
            font = QFont(base)
            if bold:
                font.setWeight(QFont.Weight.DemiBold)
            if small and font.pixelSize() > 0:
                font.setPixelSize(max(9, round(font.pixelSize() * _SMALL)))
            elif small:
                font.setPointSizeF(font.pointSizeF() * _SMALL)
            known = self._fonts[key] = (font, QFontMetrics(font))
        return known
