"""The user guide, beside the work instead of on a web page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from jobdesk import paths
from jobdesk.gui.theme import L, M, Theme


class GuideDialog(QDialog):
    """Not modal: one reads it while one does what it says."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("JobDesk: user guide")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(True)
        self.text.setMarkdown(paths.resource("guide.md").read_text(encoding="utf-8"))
        self.text.document().setDocumentMargin(L)
        self.text.setAccessibleName("User guide")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(L, L, L, L)
        column.setSpacing(M)
        column.addWidget(self.text)
        column.addWidget(buttons)
        self.resize(700, 620)
        self.setModal(False)
