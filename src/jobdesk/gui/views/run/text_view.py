"""A text to read and to copy from, however long: JSON, bodies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from jobdesk.domain.log import LogChunk, Stream
from jobdesk.gui.context import Context
from jobdesk.gui.models.log.index import Batch, Cursor, LogIndex, digest
from jobdesk.gui.theme import XS
from jobdesk.gui.views.log.canvas import LogCanvas
from jobdesk.gui.views.log.copy import LogCopy

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class TextView(QFrame):
    """Shows what a function in the background makes; ``failed`` tells of its exception."""

    def __init__(self, context: Context, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.setProperty("card", True)
        self.canvas = LogCanvas(context.theme, follows=False)
        self.canvas.setAccessibleName(name)
        self.canvas.set_wrap(True)
        self.copying = LogCopy(context, self.canvas, self)
        self.canvas.addActions([self.copying.action, self.copying.all_action])
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(2, XS, 2, XS)
        inside.addWidget(self.canvas)

    def show_made(self, make: Callable[[], str], failed: Callable[[Exception], None]) -> None:
        """Make the text in the background, then show it; only the last one asked for."""

        def work() -> Batch:
            data = make().encode("utf-8", "replace")
            return digest(Cursor(), [LogChunk(0, Stream.STDOUT, _NO_TIME, data)])

        self._context.calls.run(self, work, self._show, failed, latest="text")

    def show_nothing(self, why: str) -> None:
        """Say ``why`` there is no text."""
        self._context.calls.run(self, lambda: why, self._show_placeholder, latest="text")

    def _show_placeholder(self, why: str) -> None:
        self.canvas.placeholder = why
        self._fill(LogIndex())

    def _show(self, batch: Batch) -> None:
        index = LogIndex()
        index.add(batch)
        self._fill(index)

    def _fill(self, index: LogIndex) -> None:
        self.canvas.set_log(index, frozenset(Stream))
