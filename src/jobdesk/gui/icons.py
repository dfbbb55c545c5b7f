"""Icons out of qtawesome's font, without qtawesome: its import loads half of Qt through the
clothes of another binding, and eleven fonts, and takes longer than the first picture."""

from __future__ import annotations

import json
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

_FONT = "materialdesignicons6-webfont-*.ttf"
_CODES = "materialdesignicons6-webfont-charmap-*.json"
_PREFIX = "mdi6."
_SHARE = 0.875
"""Of an icon's height that is its glyph's size, as qtawesome has it."""


class IconFont:
    """The Material Design Icons, loaded when the first one is drawn."""

    def icon(self, name: str, color: QColor, disabled: QColor) -> QIcon:
        """The icon of a name such as ``mdi6.play``; KeyError for one that isn't there."""
        if not name.startswith(_PREFIX):
            raise KeyError(name)
        glyph = chr(int(self._codes[name.removeprefix(_PREFIX)], 16))
        return QIcon(_GlyphEngine(self._family, glyph, QColor(color), QColor(disabled)))

    @cached_property
    def _codes(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(_file(_CODES).read_text(encoding="utf-8"))
        return found

    @cached_property
    def _family(self) -> str:
        number = QFontDatabase.addApplicationFont(str(_file(_FONT)))
        return QFontDatabase.applicationFontFamilies(number)[0]


class _GlyphEngine(QIconEngine):
    """Draws one character, so that an icon is sharp at any size."""

    def __init__(self, family: str, glyph: str, color: QColor, disabled: QColor) -> None:
        super().__init__()
        self._family, self._glyph = family, glyph
        self._color, self._disabled = color, disabled

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        font = QFont(self._family)
        font.setPixelSize(max(1, round(_SHARE * rect.height())))
        painter.save()
        painter.setFont(font)
        painter.setPen(self._disabled if mode is QIcon.Mode.Disabled else self._color)
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), self._glyph)
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(), size), mode, state)
        painter.end()
        return pixmap


def _file(pattern: str) -> Path:
    """A file of qtawesome's; the package is found, and not imported."""
    spec = find_spec("qtawesome")
    # Where the program is bundled there are only its files, and no module.
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        for file in (Path(folder) / "fonts").glob(pattern):
            return file
    raise FileNotFoundError("the icons of qtawesome, which is a dependency, are missing")
