"""Lines of a log laid out for drawing, kept while they are on the screen."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QTextCharFormat, QTextLayout, QTextLine, QTextOption

from jobdesk.domain.log import Stream
from jobdesk.gui.models.log.index import LogIndex
from jobdesk.gui.models.log.rows import Row
from jobdesk.gui.models.log.text import MOST_BYTES, LineText, Look, render
from jobdesk.gui.theme import Theme
from jobdesk.gui.views.log.colors import terminal_color

_KEPT = 300
_TAB = 8

_PIECE = 256
"""Columns that are drawn as one: of a long line only the pieces in sight are."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line: its first character, and where it is drawn from."""

    line: QTextLine
    start: int
    length: int
    x: float
    row: int

    def x_of(self, column: int) -> float:
        """Where a column is, from the left of the piece."""
        found: Any = self.line.cursorToX(column)  # PySide says float and gives (x, column)
        return float(found[0])


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line ready to be drawn: ``rows`` high (in rows of the screen), ``width`` wide."""

    layout: QTextLayout
    text: LineText
    pieces: tuple[Piece, ...]
    rows: int
    width: float

    def x_of(self, column: int) -> tuple[float, int]:
        """Where a column is: x, and the row within the line."""
        piece = next((p for p in reversed(self.pieces) if p.start <= column), self.pieces[0])
        return piece.x + piece.x_of(column), piece.row

    def column_at(self, x: float, row: int) -> int:
        """The column nearest to a point."""
        pieces = [p for p in self.pieces if p.row == min(row, self.rows - 1)]
        piece = next((p for p in reversed(pieces) if p.x <= x), pieces[0])
        column = piece.line.xToCursor(x - piece.x)
        last = piece.start + piece.length
        # Behind the end of a wrapped row lies its last character, not the next row's first.
        wrapped = piece.row + 1 < self.rows and piece is pieces[-1]
        return min(column, last - 1 if wrapped and piece.length else last)


class LineLayouts:
    """Makes and keeps layouts; all change with font, colours and the width to wrap at."""

    def __init__(self, theme: Theme, font: QFont) -> None:
        self._theme = theme
        self._kept: OrderedDict[tuple[int, int, int], Drawn] = OrderedDict()
        self._wrap: float | None = None
        self.set_font(font)

    def set_font(self, font: QFont) -> None:
        self.font = font
        self._italic = QFont(font)
        self._italic.setItalic(True)
        metrics = QFontMetricsF(font)
        self.ascent = metrics.ascent()
        self.height = math.ceil(metrics.height()) + 2
        self.advance = metrics.horizontalAdvance("0")
        self.clear()

    def set_wrap(self, width: float | None) -> None:
        """Wrap at ``width``, or never."""
        if width != self._wrap:
            self._wrap = width
            self.clear()

    def clear(self) -> None:
        self._kept.clear()

    def get(self, index: LogIndex, row: Row) -> Drawn:
        """The line, laid out; an open line that grew is laid out anew."""
        key = (row.place, row.ordinal, index.length(row.place, row.ordinal))
        drawn = self._kept.get(key)
        if drawn is None:
            raw = index.head(row.place, row.ordinal, MOST_BYTES)
            drawn = self._lay_out(render(raw.data, raw.more), row.stream)
            self._kept[key] = drawn
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return drawn

    def _lay_out(self, text: LineText, stream: Stream) -> Drawn:
        layout = QTextLayout(text.text, self._italic if stream is Stream.SYSTEM else self.font)
        layout.setTextOption(self._option())
        layout.setCacheEnabled(True)
        if text.spans:
            layout.setFormats([self._range(s.start, s.length, s.look) for s in text.spans])
        pieces: list[Piece] = []
        x, row, width = 0.0, 0, 0.0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            if self._wrap is not None:
                line.setLineWidth(self._wrap)
            else:
                line.setNumColumns(_PIECE)
            line.setPosition(QPointF(0, 0))
            piece = Piece(line, line.textStart(), line.textLength(), x, row)
            pieces.append(piece)
            width = max(width, x + line.naturalTextWidth())
            if self._wrap is None:
                # Not the natural width: that leaves out the spaces at the end.
                x += piece.x_of(piece.start + piece.length)
            else:
                row += 1
        layout.endLayout()
        return Drawn(layout, text, tuple(pieces), max(1, row), width)

    def _option(self) -> QTextOption:
        option = QTextOption(Qt.AlignmentFlag.AlignLeft)
        # A log is read from the left, also where it begins with Hebrew or Arabic.
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        option.setTabStopDistance(_TAB * self.advance)
        option.setWrapMode(QTextOption.WrapMode.WrapAnywhere)
        return option

    def _range(self, start: int, length: int, look: Look) -> QTextLayout.FormatRange:
        form = QTextCharFormat()
        colors = [
            None if number is None else terminal_color(self._theme, number)
            for number in (look.foreground, look.background)
        ]
        if look.inverse:
            ink, paper = colors
            colors = [paper or self._theme.color("surface"), ink or self._theme.color("text")]
        elif colors[1] is not None and colors[0] is None:
            colors[0] = self._theme.color("surface")
        if colors[0] is not None:
            form.setForeground(colors[0])
        if colors[1] is not None:
            form.setBackground(colors[1])
        if look.bold:
            form.setFontWeight(QFont.Weight.Bold)
        form.setFontItalic(look.italic)
        form.setFontUnderline(look.underline)
        found = QTextLayout.FormatRange()
        found.start, found.length, found.format = start, length, form
        return found
