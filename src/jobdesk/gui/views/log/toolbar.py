"""What can be chosen above a log: streams, columns, wrapping, following."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from jobdesk.domain.log import Stream
from jobdesk.gui.context import Context
from jobdesk.gui.theme import XS

_FOLLOW = "Follow"
_STREAMS: tuple[tuple[str, frozenset[Stream], str], ...] = (
    ("All", frozenset(Stream), "Everything, in order"),
    ("stdout", frozenset({Stream.STDOUT}), "What the script printed, or the response's body"),
    ("stderr", frozenset({Stream.STDERR}), "What the script printed to its error output"),
    ("system", frozenset({Stream.SYSTEM}), "JobDesk's own lines: what was run, and how it ended"),
)


class LogToolbar(QWidget):
    """``toggles`` are remembered by the window under ``log.<name>``."""

    streams_changed = Signal(object)
    """A frozenset of Stream."""
    toggled = Signal(str, bool)
    """numbers, times or wrap."""
    follow_asked = Signal(bool)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._icons: list[tuple[QAction | QPushButton, str]] = []
        self.chips = QButtonGroup(self)
        self.told = QLabel()
        self.told.setProperty("role", "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, XS, 0, XS)
        row.setSpacing(XS)
        for number, (name, _, tip) in enumerate(_STREAMS):
            chip = QPushButton(name)
            chip.setCheckable(True)
            chip.setProperty("kind", "quiet")
            chip.setProperty("tight", True)
            chip.setToolTip(tip)
            self.chips.addButton(chip, number)
            row.addWidget(chip)
        self.chips.button(0).setChecked(True)
        self.chips.idToggled.connect(self._chosen)
        row.addWidget(self.told)
        row.addStretch(1)
        self.toggles = {
            "times": self._toggle("times", "Times", "mdi6.clock-outline"),
            "numbers": self._toggle("numbers", "Line numbers", "mdi6.format-list-numbered"),
            "wrap": self._toggle("wrap", "Wrap long lines", "mdi6.wrap"),
        }
        for action in self.toggles.values():
            row.addWidget(self._button(action))
        self._row = row
        self.follow = QPushButton(_FOLLOW)
        self.follow.setAccessibleName(_FOLLOW)
        self.follow.setProperty("tight", True)
        self.follow.setCheckable(True)
        self.follow.setChecked(True)
        self.follow.setProperty("kind", "quiet")
        self.follow.setToolTip("Keep the end in sight as lines come (End)")
        self.follow.clicked.connect(self.follow_asked)
        self._icons.append((self.follow, "mdi6.arrow-collapse-down"))
        row.addWidget(self.follow)
        context.theme.changed.connect(self._paint_icons)
        self._paint_icons()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where it is narrow, first the numbers go, then the word on Follow, and no word
        is cut."""
        super().resizeEvent(event)
        self._fit()

    def tell(self, text: str) -> None:
        """How much there is of the log."""
        self.told.setText(text)
        self._fit()

    def _fit(self) -> None:
        for told, follow in ((True, _FOLLOW), (False, _FOLLOW), (False, "")):
            self.told.setVisible(told)
            self.follow.setText(follow)
            self._row.invalidate()
            if self._row.sizeHint().width() <= self.width():
                return

    @property
    def streams(self) -> frozenset[Stream]:
        return _STREAMS[self.chips.checkedId()][1]

    @property
    def stream(self) -> Stream | None:
        """The only stream that is shown; None: all of them."""
        chosen = self.streams
        return next(iter(chosen)) if len(chosen) == 1 else None

    def add(self, action: QAction, icon: str) -> None:
        """A button for a command, before Follow."""
        self._icons.append((action, icon))
        self._row.insertWidget(self._row.count() - 1, self._button(action))
        self._paint_icons()

    def show_all(self) -> None:
        """All streams again."""
        self.chips.button(0).setChecked(True)

    @Slot(bool)
    def show_following(self, following: bool) -> None:
        self.follow.setChecked(following)

    def show_live(self, live: bool) -> None:
        """Following is offered only while lines may come."""
        self.follow.setVisible(live)
        self._fit()

    def _toggle(self, name: str, text: str, icon: str) -> QAction:
        action = QAction(text, self)
        action.setObjectName(name)
        action.setCheckable(True)
        action.setChecked(self._context.state.get(f"log.{name}") is True)
        action.toggled.connect(self._toggled)
        self._icons.append((action, icon))
        return action

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setAutoRaise(True)
        button.setAccessibleName(action.iconText())
        return button

    @Slot(bool)
    def _toggled(self, checked: bool) -> None:
        action = self.sender()
        name = action.objectName()
        self._context.state.set(f"log.{name}", checked)
        self.toggled.emit(name, checked)

    @Slot(int, bool)
    def _chosen(self, number: int, checked: bool) -> None:
        if checked:
            self.streams_changed.emit(_STREAMS[number][1])

    @Slot()
    def _paint_icons(self) -> None:
        for target, name in self._icons:
            target.setIcon(self._context.theme.icon(name, "muted"))
