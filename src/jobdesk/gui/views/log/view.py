"""The log of an attempt: read, followed live, searched, copied and saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from jobdesk.domain.log import Stream
from jobdesk.domain.run import Attempt
from jobdesk.gui.context import Context
from jobdesk.gui.format import counted, size
from jobdesk.gui.theme import XS, M, S
from jobdesk.gui.views.log.canvas import LogCanvas
from jobdesk.gui.views.log.copy import LogCopy
from jobdesk.gui.views.log.find import LogFind
from jobdesk.gui.views.log.find_bar import FindBar
from jobdesk.gui.views.log.finder import LogFinder
from jobdesk.gui.views.log.loader import LogLoader
from jobdesk.gui.views.log.toolbar import LogToolbar


class LogView(QWidget):
    """Show an attempt with :meth:`show_attempt`; :meth:`look` when there may be more."""

    loaded = Signal()
    """All that is there by now is shown."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._run_id: int | None = None
        self._attempt: Attempt | None = None
        self.loader = LogLoader(context, self)
        self.canvas = LogCanvas(context.theme)
        self.bar = FindBar(context.theme)
        self.finder = LogFinder(context, self)
        self.searcher = LogFind(self.bar, self.finder, self.canvas)
        self.toolbar = LogToolbar(context)
        self._make_actions()
        self._left_out = QLabel()
        self._left_out.setWordWrap(True)
        self._lay_out()
        self.loader.grew.connect(self._grew)
        self.loader.idle.connect(self._idle)
        self.loader.failed.connect(self._failed)
        self.canvas.following_changed.connect(self.toolbar.show_following)
        self.toolbar.follow_asked.connect(self.canvas.scroller.follow)
        self.toolbar.streams_changed.connect(self._filter)
        self.toolbar.toggled.connect(self._toggle)
        for name, action in self.toolbar.toggles.items():
            self._toggle(name, action.isChecked())

    def _make_actions(self) -> None:
        keys = QKeySequence.StandardKey
        self.find_action = self._action("Find…", self.searcher.open_bar, keys.Find)
        self.next_action = self._action("Find next", self.searcher.next, keys.FindNext)
        self.previous_action = self._action(
            "Find previous", self.searcher.previous, keys.FindPrevious
        )
        self.save_action = self._action("Save as…", self.save_as, keys.Save)
        self.copying = LogCopy(self._context, self.canvas, self)
        copy = self.copying.action
        self.toolbar.add(self.find_action, "mdi6.magnify")
        self.toolbar.add(copy, "mdi6.content-copy")
        self.toolbar.add(self.save_action, "mdi6.content-save-outline")
        self.canvas.addActions([copy, self.copying.all_action, self.find_action])
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    @property
    def page_actions(self) -> list[QAction]:
        """What the page around adds to itself, so that the keys work all over it."""
        return [self.find_action, self.next_action, self.previous_action, self.save_action]

    def _action(
        self, text: str, slot: Callable[[], None], keys: QKeySequence.StandardKey
    ) -> QAction:
        action = QAction(text, self)
        action.setShortcuts(keys)
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{action.iconText()} ({shown})")
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(slot)
        return action

    def _lay_out(self) -> None:
        self._banner = QFrame()
        self._banner.setProperty("tint", "warning")
        inside = QHBoxLayout(self._banner)
        inside.setContentsMargins(M, S, M, S)
        inside.addWidget(self._left_out)
        self._banner.hide()
        card = QFrame()
        card.setProperty("card", True)
        framed = QVBoxLayout(card)
        # The card's line and its round corners stay visible around the canvas.
        framed.setContentsMargins(2, XS, 2, XS)
        framed.setSpacing(0)
        framed.addWidget(self.bar)
        framed.addWidget(self.canvas, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(XS)
        column.addWidget(self.toolbar)
        column.addWidget(self._banner)
        column.addWidget(card, 1)
        self.setFocusProxy(self.canvas)

    # -- what is shown ------------------------------------------------------------

    def show_attempt(self, run_id: int | None, attempt: Attempt | None) -> None:
        """Show the log of an attempt; of the same one again only what is new."""
        same = (
            run_id == self._run_id
            and attempt is not None
            and self._attempt is not None
            and attempt.id == self._attempt.id
        )
        self._run_id, self._attempt = run_id, attempt
        if same:
            self.loader.look()
        else:
            number = attempt.number if attempt is not None else None
            index = self.loader.open(run_id, number)
            self.canvas.set_log(index, self.toolbar.streams)
            self.searcher.restart()
        self._tell()

    @Slot()
    def look(self) -> None:
        """There may be more."""
        self.loader.look()

    @Slot()
    def _grew(self) -> None:
        if not self._show_what_is_there():
            self.canvas.grown()
            self.finder.proceed()
        self._tell()

    def _show_what_is_there(self) -> bool:
        """The end of a long log first, the whole of it later; whether that changed."""
        index, shown = self.canvas.index, self.loader.shown
        if index is shown:
            return False
        if index.partial:
            self.canvas.go_over(shown)
        else:
            self.canvas.set_log(shown, self.toolbar.streams)
        self.searcher.restart()
        return True

    @Slot()
    def _idle(self) -> None:
        self._show_what_is_there()
        self._tell()
        self.loaded.emit()

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._tell()
        self.canvas.placeholder = f"The log can't be read: {error}"
        self.canvas.viewport().update()
        self._context.navigation.failed.emit("Reading the log", error)

    def _tell(self) -> None:
        """Everything that is said in words about the log."""
        lines, attempt = len(self.canvas.rows), self._attempt
        said = ""
        if lines:
            partial = self.canvas.index.partial
            said = f"the last {counted(lines, 'line')}" if partial else counted(lines, "line")
            if self.toolbar.stream is None:
                said += f" · {size(self.canvas.index.size)}"
            loading = self.loader.loading and (partial or lines > 20_000)
            said += " · loading…" if loading else ""
        self.toolbar.tell(said)
        self.canvas.placeholder = self._nothing()
        self.canvas.viewport().update()
        self.toolbar.show_live(attempt is not None and attempt.outcome is None)
        left_out = attempt is not None and attempt.omitted_bytes > 0
        if left_out:
            assert attempt is not None
            self._left_out.setText(
                f"{counted(attempt.omitted_lines, 'line')} ({size(attempt.omitted_bytes)}) from"
                " the middle of this log were not kept: it is longer than the settings allow."
            )
        self._banner.setVisible(left_out)

    def _nothing(self) -> str:
        """What to say instead of lines."""
        if self._attempt is None:
            return "Nothing has been tried yet. The log begins with the first attempt."
        if self.loader.loading:
            return "Loading…"
        stream = self.toolbar.stream
        where = f" to {stream}" if stream in (Stream.STDOUT, Stream.STDERR) else ""
        if stream is Stream.SYSTEM:
            return "JobDesk has nothing to say about this attempt."
        if self._attempt.outcome is None:
            return f"Nothing printed{where} yet."
        return f"This attempt printed nothing{where}."

    @Slot(object)
    def _filter(self, streams: frozenset[Stream]) -> None:
        self.canvas.set_log(self.canvas.index, streams)
        self.searcher.restart()
        self._tell()

    @Slot(str, bool)
    def _toggle(self, name: str, checked: bool) -> None:
        canvas = self.canvas
        {"numbers": canvas.set_numbers, "times": canvas.set_times, "wrap": canvas.set_wrap}[name](
            checked
        )

    # -- taking it along ----------------------------------------------------------

    @Slot()
    def save_as(self) -> None:
        """Ask for a file and write the log there, byte for byte."""
        if self._run_id is None or self._attempt is None:
            return
        stream = self.toolbar.stream
        suffix = f"-{stream}" if stream else ""
        name = f"run-{self._run_id}-attempt-{self._attempt.number}{suffix}.log"
        dialog = QFileDialog(self, "Save the log", str(Path.home() / name))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["Logs (*.log)", "Text (*.txt)", "All files (*)"])
        dialog.setDefaultSuffix("log")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.selectFile(name)
        dialog.fileSelected.connect(self.save)
        dialog.open()

    @Slot(str)
    def save(self, path: str) -> None:
        """Write the log as it is in the database by now, the chosen streams, to a file."""
        if self._run_id is None or self._attempt is None:
            return
        desk, run_id, number = self._context.desk, self._run_id, self._attempt.number
        stream = self.toolbar.stream

        def work() -> int:
            with Path(path).open("wb") as file:
                return sum(
                    file.write(chunk.data)
                    for chunk in desk.log(run_id, attempt=number, stream=stream)
                )

        def saved(written: int) -> None:
            said = f"Saved {size(written)} to {Path(path).name}."
            self._context.navigation.notify.emit(said, None)

        self._context.calls.run(self, work, saved, self._unsaved)

    def _unsaved(self, error: Exception) -> None:
        self._context.navigation.failed.emit("Saving the log", error)
