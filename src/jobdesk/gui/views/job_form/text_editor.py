"""A field for text of several lines."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QSize, Qt, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import QPlainTextEdit

from jobdesk.gui.theme import Theme
from jobdesk.gui.views.job_form.fields import HEIGHT

LONGEST_EDITED = 300_000
"""Characters. Qt lays out the whole text for each key: a million take half a second."""
_EXCERPT = 500

_PARAGRAPH = "\u2029"
"""What QTextDocument keeps for the end of a line."""


class TextEditor(QPlainTextEdit):
    """Plain text over a few lines, that grows with what is in it. Tab leaves it.

    :meth:`text` is what :meth:`load` was given, to the letter, until a person edits it:
    Qt has one kind of line end only. A longer text than can be edited is held whole, and
    an excerpt of it is shown; Delete removes it. With ``fixed`` it is only to be read.
    """

    def __init__(self, theme: Theme, *, least: int, most: int, fixed: bool = False) -> None:
        super().__init__()
        self._theme, self._fixed = theme, fixed
        self.setReadOnly(fixed)
        self.setFont(theme.mono_font())
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self._least, self._most = least, most
        self._original = self._loaded = ""
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        theme.changed.connect(self._paint)
        self._paint()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def load(self, text: str) -> None:
        held = len(text) > LONGEST_EDITED
        self.setReadOnly(held or self._fixed)
        # The original first: setting the text asks for it, by way of textChanged.
        self._original, self._loaded = text, ""
        self.setPlainText(_excerpt(text) if held else text)
        self._loaded = self.document().toRawText()

    def text(self) -> str:
        raw = self.document().toRawText()
        if raw == self._loaded:
            return self._original
        # toPlainText would make plain spaces of non-breaking ones.
        return raw.replace(_PARAGRAPH, "\n")

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste; what becomes too long for this editor is only held."""
        pasted = source.text()
        if len(pasted) + self.document().characterCount() <= LONGEST_EDITED:
            super().insertFromMimeData(source)
            return
        cursor, old = self.textCursor(), self.text()
        self.load(old[: cursor.selectionStart()] + pasted + old[cursor.selectionEnd() :])
        self.textChanged.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        held = len(self._original) > LONGEST_EDITED and self.isReadOnly() and not self._fixed
        if held and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.load("")
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.maximumHeight())

    @Slot()
    def _fit(self) -> None:
        # For this layout the document's height is a number of lines.
        lines = int(self.document().documentLayout().documentSize().height())
        shown = min(max(lines, self._least), self._most)
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAsNeeded if lines > shown else policy.ScrollBarAlwaysOff
        )
        margins = 2 * round(self.document().documentMargin()) + 6
        self.setFixedHeight(max(HEIGHT, shown * self.fontMetrics().lineSpacing() + margins))

    @Slot()
    def _paint(self) -> None:
        names = ("surface", "border", "accent", "danger")
        c = {name: self._theme.color(name).name() for name in names}
        self.setStyleSheet(f"""
            QPlainTextEdit {{ background: {c["surface"]}; border: 1px solid {c["border"]};
                border-radius: 6px; padding: 2px 4px; }}
            QPlainTextEdit:focus {{ border-color: {c["accent"]}; }}
            QPlainTextEdit[invalid="true"] {{ border-color: {c["danger"]}; }}
        """)


def _excerpt(text: str) -> str:
    return (
        f"{text[:_EXCERPT]}…\n\n"
        f"({len(text):,} characters in all: too many to edit here. Delete removes them.)"
    )
