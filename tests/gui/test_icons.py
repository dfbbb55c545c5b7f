"""Icons look as qtawesome would draw them."""

from __future__ import annotations

import pytest
import qtawesome
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon
from PySide6.QtWidgets import QApplication

from jobdesk.gui.icons import IconFont

COLOR, FAINT = QColor("#2266cc"), QColor("#cccccc")


@pytest.mark.parametrize("name", ["mdi6.play-circle", "mdi6.alert-octagon", "mdi6.plus"])
@pytest.mark.parametrize("size", [14, 16, 56])
@pytest.mark.parametrize("mode", [QIcon.Mode.Normal, QIcon.Mode.Disabled])
def test_the_same_picture(qapp: QApplication, name: str, size: int, mode: QIcon.Mode) -> None:
    mine = IconFont().icon(name, COLOR, FAINT)
    theirs = qtawesome.icon(name, color=COLOR, color_disabled=FAINT)
    pictures = [icon.pixmap(QSize(size, size), 2.0, mode).toImage() for icon in (mine, theirs)]
    assert pictures[0] == pictures[1]
    colors = {pictures[0].pixelColor(x, y).name() for x in range(size) for y in range(size)}
    assert len(colors) > 1, "something is drawn"


@pytest.mark.parametrize("name", ["mdi6.no-such-icon", "fa5.play"])
def test_no_such_icon(qapp: QApplication, name: str) -> None:
    with pytest.raises(KeyError):
        IconFont().icon(name, COLOR, FAINT)
