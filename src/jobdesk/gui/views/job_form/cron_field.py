"""A field for a cron expression that says which of its parts one is in."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from jobdesk.gui.theme import XS, S, Theme
from jobdesk.gui.views.job_form.fields import LineEdit

_FIVE = ("minute", "hour", "day", "month", "weekday")
_HELP = {
    "second": "0-59",
    "minute": "0-59",
    "hour": "0-23",
    "day": "1-31, or L for the last day of the month",
    "month": "1-12 or jan-dec",
    "weekday": "0-7 or sun-sat; 5#2 the second Friday, L5 the last",
}
_SYNTAX = "* any · 1-5 from to · 1,3 and · */15 every 15th"
_EXAMPLES = (
    ("Every 15 minutes", "*/15 * * * *"),
    ("Every hour from 9 to 17, Monday to Friday", "0 9-17 * * 1-5"),
    ("Monday to Friday at 07:00", "0 7 * * 1-5"),
    ("First day of the month at 06:30", "30 6 1 * *"),
    ("Last day of the month at 22:00", "0 22 L * *"),
    ("Second Friday of the month at 12:00", "0 12 * * 5#2"),
    ("Every 10 seconds", "*/10 * * * * *"),
)


class CronField(QWidget):
    """``text`` is what was typed. The names beneath light up as the cursor moves."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.edit = LineEdit("minute hour day month weekday, such as 0 7 * * 1-5")
        self.edit.setFont(theme.mono_font())
        self.setFocusProxy(self.edit)
        self.setFocusPolicy(self.edit.focusPolicy())  # else its label's Alt+X does nothing
        examples = QPushButton("Examples")
        examples.setAutoDefault(False)
        menu = QMenu(examples)
        for words, expression in _EXAMPLES:
            action = QAction(f"{words}\t{expression}", menu)
            action.setData(expression)
            menu.addAction(action)
        menu.triggered.connect(self._take)
        examples.setMenu(menu)
        self._names = QLabel()
        self._names.setTextFormat(Qt.TextFormat.RichText)
        self._names.setWordWrap(True)
        line = QHBoxLayout()
        line.setSpacing(S)
        line.addWidget(self.edit, 1)
        line.addWidget(examples)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(XS)
        column.addLayout(line)
        column.addWidget(self._names)
        self.edit.textChanged.connect(self._changed)
        self.edit.cursorPositionChanged.connect(self._light_up)
        theme.changed.connect(self._light_up)
        self._light_up()

    @property
    def text(self) -> str:
        return self.edit.text()

    def setProperty(self, name: str, value: object) -> bool:
        """What concerns the look (``invalid``) concerns the line."""
        self.edit.style().unpolish(self.edit)
        done = self.edit.setProperty(name, value)
        self.edit.style().polish(self.edit)
        return done

    def setAccessibleDescription(self, description: str) -> None:
        self.edit.setAccessibleDescription(description)

    def setAccessibleName(self, name: str) -> None:
        self.edit.setAccessibleName(name)

    @Slot()
    def _changed(self) -> None:
        self._light_up()
        self.changed.emit()

    @Slot(QAction)
    def _take(self, action: QAction) -> None:
        self.edit.setText(str(action.data()))
        self.edit.setFocus()

    @Slot()
    def _light_up(self) -> None:
        text = self.edit.text()
        names = ("second", *_FIVE) if len(text.split()) == 6 else _FIVE
        before = text[: self.edit.cursorPosition()]
        at = len(before.split()) - (0 if before[-1:].isspace() else 1)
        inside = names[at] if text.strip() and 0 <= at < len(names) else ""
        muted, strong = (self._theme.color(role).name() for role in ("muted", "accent"))
        words = [
            f'<b style="color:{strong}">{name}</b>' if name == inside else name for name in names
        ]
        more = f"{inside}: {_HELP[inside]}" if inside else _SYNTAX
        gap = "&nbsp;&nbsp;&nbsp;"
        self._names.setText(f'<span style="color:{muted}">{gap.join(words)}<br>{more}</span>')
