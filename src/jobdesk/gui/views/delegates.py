"""Paints the cells of all tables.

One delegate for every column: it asks the model for a cell (plain data) and draws it in
the theme's colours. Measured per cell: to elide a text 20 µs, to lay it out 25, the key of
a font 7, an icon of a font 100. So texts are laid out and icons and badges drawn once and
kept. And the table hands over whole rows: Qt's own way, an index and an option for each
cell, costs as much again as drawing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPen,
    QPixmap,
    QStaticText,
)
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

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
_GAP = 2
_MOST_TEXTS = 4_000
_RIGHT = Qt.TextElideMode.ElideRight


class CellDelegate(QStyledItemDelegate):
    """``tall`` rows have room for two lines. ``hovered`` is the row under the pointer,
    ``focused`` the current row while the table has the keyboard (-1 for none), and
    ``selected`` those of the rows on screen that are."""

    def __init__(
        self,
        theme: Theme,
        model: CellModel[Any],
        *,
        tall: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._model, self._tall = theme, model, tall
        self.hovered = self.focused = -1
        self.selected: frozenset[int] = frozenset()
        self._ratio = 1.0
        self._pixmaps: dict[tuple[object, ...], QPixmap] = {}
        self._badges: dict[tuple[object, ...], tuple[QPixmap, QSize]] = {}
        self._texts: dict[tuple[str, int, _Face, Qt.TextElideMode], QStaticText] = {}
        self._colors: dict[str, QColor] = {}
        self.set_font(QFont())
        theme.changed.connect(self._forget)

    def set_font(self, font: QFont) -> None:
        """The table's font."""
        small, bold = QFont(font), QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        if small.pixelSize() > 0:
            small.setPixelSize(max(9, round(small.pixelSize() * _SMALL)))
        else:
            small.setPointSizeF(small.pointSizeF() * _SMALL)
        self._plain, self._bold, self._small = map(_Face, (font, bold, small))
        self._forget()

    @property
    def row_height(self) -> int:
        return TALL_ROW if self._tall else ROW_HEIGHT

    @Slot()
    def _forget(self) -> None:
        self._pixmaps.clear()
        self._badges.clear()
        self._texts.clear()
        self._colors.clear()

    # -- Qt's -----------------------------------------------------------------------

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        cell = self._model.cell(index.row(), index.column())
        return QSize(self._width(cell) + 2 * S, self.row_height)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        self._ratio = painter.device().devicePixelRatioF()
        self._draw_cell(painter, option.rect, index.row(), index.column())

    # -- the table's ------------------------------------------------------------------

    def paint_rows(
        self,
        painter: QPainter,
        rows: range,
        top: int,
        sections: Sequence[tuple[int, int, int]],
    ) -> None:
        """Draw neighbouring rows, the first one at ``top``; ``sections`` are the columns
        that are to be drawn, with left edge and width."""
        self._ratio = painter.device().devicePixelRatioF()
        height = self.row_height
        for row in rows:
            for column, left, width in sections:
                self._draw_cell(painter, QRect(left, top, width, height), row, column)
            top += height

    # -- drawing ----------------------------------------------------------------------

    def _draw_cell(self, painter: QPainter, rect: QRect, row: int, column: int) -> None:
        if row in self.selected:
            painter.fillRect(rect, self._color("selection"))
        elif row == self.hovered:
            painter.fillRect(rect, self._color("hover"))
        if row == self.focused:
            self._draw_focus(painter, rect)
        cell = self._model.cell(row, column)
        inner = rect.adjusted(S, 0, -S, 0)
        if isinstance(cell, TextCell):
            self._draw_text(painter, inner, cell)
        elif isinstance(cell, BadgeCell):
            self._draw_badge(painter, inner, cell)
        elif isinstance(cell, BarCell):
            self._draw_bar(painter, inner, cell)
        elif isinstance(cell, ToggleCell):
            self._draw_toggle(painter, inner, cell)
        elif isinstance(cell, ButtonCell) and cell.text:
            self._draw_button(painter, inner, cell, row == self.hovered)

    def _draw_focus(self, painter: QPainter, rect: QRect) -> None:
        """A line above and below: the current row is seen without its colour."""
        color = self._theme.color("accent")
        painter.fillRect(rect.left(), rect.top(), rect.width(), 1, color)
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, color)

    def _draw_text(self, painter: QPainter, rect: QRect, cell: TextCell) -> None:
        if cell.icon:
            self._draw_icon(painter, rect, cell.icon, cell.icon_role)
            rect = rect.adjusted(_ICON + S, 0, 0, 0)
        face = self._bold if cell.bold else self._plain
        if cell.second:
            small, top = self._small, rect.top()
            top += (rect.height() - face.height - _GAP - small.height) // 2
            below = QRect(rect.left(), top + face.height + _GAP, rect.width(), small.height)
            self._line(painter, small, below, cell.second, cell.second_role)
            rect = QRect(rect.left(), top, rect.width(), face.height)
        elide = Qt.TextElideMode.ElideMiddle if cell.middle else _RIGHT
        self._line(painter, face, rect, cell.text, cell.role, elide)

    def _line(
        self,
        painter: QPainter,
        face: _Face,
        rect: QRect,
        text: str,
        role: str,
        elide: Qt.TextElideMode = _RIGHT,
    ) -> None:
        width = rect.width()
        if not text or width <= 0:
            return
        key = (text, width, face, elide)
        laid_out = self._texts.get(key)
        if laid_out is None:
            if len(self._texts) > _MOST_TEXTS:
                self._texts.clear()
            laid_out = QStaticText(face.metrics.elidedText(text, elide, width))
            laid_out.setTextFormat(Qt.TextFormat.PlainText)
            laid_out.prepare(painter.transform(), face.font)
            self._texts[key] = laid_out
        painter.setFont(face.font)
        painter.setPen(self._color(role))
        top = rect.top() + (rect.height() - face.height) // 2
        painter.drawStaticText(rect.left(), top, laid_out)

    def _draw_icon(self, painter: QPainter, rect: QRect, name: str, role: str) -> None:
        ratio = self._ratio
        place = QRect(rect.left(), rect.top() + (rect.height() - _ICON) // 2, _ICON, _ICON)
        key = ("icon", name, role, ratio)
        pixmap = self._pixmaps.get(key)
        if pixmap is None:
            pixmap = self._theme.icon(name, role).pixmap(QSize(_ICON, _ICON), ratio)
            self._pixmaps[key] = pixmap
        painter.drawPixmap(place, pixmap)

    def _draw_badge(self, painter: QPainter, rect: QRect, cell: BadgeCell) -> None:
        ratio = self._ratio
        key = (cell.text, cell.role, cell.icon, ratio)
        drawn = self._badges.get(key)
        if drawn is None:
            pixmap = self._make_badge(cell, ratio)
            drawn = self._badges[key] = (pixmap, pixmap.deviceIndependentSize().toSize())
        pixmap, size = drawn
        if size.width() > rect.width():
            painter.setFont(self._plain.font)
            draw_badge(painter, self._theme, rect, cell.text, cell.role, cell.icon)
            return
        painter.drawPixmap(rect.left(), rect.top() + (rect.height() - size.height()) // 2, pixmap)
        if cell.after:
            rest = rect.adjusted(size.width() + S, 0, 0, 0)
            self._line(painter, self._plain, rest, cell.after, "muted")

    def _make_badge(self, cell: BadgeCell, ratio: float) -> QPixmap:
        size = badge_size(self._plain.metrics, cell.text)
        pixmap = QPixmap(size * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setFont(self._plain.font)
        draw_badge(painter, self._theme, QRect(QPoint(), size), cell.text, cell.role, cell.icon)
        painter.end()
        return pixmap

    def _draw_bar(self, painter: QPainter, rect: QRect, cell: BarCell) -> None:
        number = QRect(rect.left(), rect.top(), _BAR_TEXT, rect.height())
        role = "text" if cell.share > 0 else "muted"
        face = self._bold if cell.share > 0 else self._plain
        self._line(painter, face, number, cell.text, role)
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

    def _draw_button(self, painter: QPainter, rect: QRect, cell: ButtonCell, hovered: bool) -> None:
        text = self._plain.metrics.horizontalAdvance(cell.text)
        width = min(rect.width(), _ICON + XS + text + 2 * S)
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
        self._line(painter, self._plain, inner, cell.text, "text")

    # -- measures ---------------------------------------------------------------------

    def _color(self, role: str) -> QColor:
        known = self._colors.get(role)
        if known is None:
            known = self._colors[role] = self._theme.color(role)
        return known

    def _width(self, cell: Cell) -> int:
        metrics = self._bold.metrics
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


class _Face:
    """A font, and what is asked of it for every cell."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self.metrics = QFontMetrics(font)
        self.height = self.metrics.height()
