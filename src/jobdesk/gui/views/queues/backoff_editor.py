"""Delays before retries, in two lines: which kind, and its numbers."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from jobdesk.gui.models.backoff_draft import BackoffDraft, BackoffKind
from jobdesk.gui.models.job_form.field_problems import Problems
from jobdesk.gui.theme import S, Theme
from jobdesk.gui.views.job_form.fields import HEIGHT, LineEdit, Segmented

_NARROW = 68
_KINDS = (
    (BackoffKind.EXPONENTIAL, "Growing"),
    (BackoffKind.FIXED, "Always the same"),
    (BackoffKind.LIST, "A list"),
)
_NAMES = {"base": "First delay", "factor": "Factor", "cap": "Longest delay"}


class BackoffEditor(QWidget):
    """``changed``: by the person, or by loading."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = Segmented(theme, _KINDS)
        self.base, self.factor, self.cap = _short(), _short(), _short()
        self.fixed = _short()
        self.delays = LineEdit("60, 1800, 10800")
        self._edits: dict[str, QLineEdit] = {
            "base": self.base,
            "factor": self.factor,
            "cap": self.cap,
            "fixed": self.fixed,
            "delays": self.delays,
        }
        for name, edit in self._edits.items():
            edit.setAccessibleName(_NAMES.get(name, "Delays"))
            edit.textChanged.connect(self.changed)
        self._pages = QStackedWidget()
        self._pages.addWidget(
            _line(
                QLabel("first"), self.base, QLabel("then times"), self.factor,
                QLabel("at most"), self.cap,
            )
        )  # fmt: skip
        self._pages.addWidget(_line(self.fixed, QLabel("before each retry")))
        self._pages.addWidget(_line(self.delays))
        self._pages.setFixedHeight(HEIGHT)
        kinds = QHBoxLayout()
        kinds.addWidget(self.kind)
        kinds.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        column.addLayout(kinds)
        column.addWidget(self._pages)
        self.delays.setToolTip("One for each retry, such as 60, 1800, 10800 or 1m, 30m, 3h.")
        self.setFocusProxy(self.kind)
        self.kind.changed.connect(self._chosen)

    def draft(self) -> BackoffDraft:
        texts = {name: edit.text() for name, edit in self._edits.items()}
        return BackoffDraft(BackoffKind(self.kind.chosen()[0]), **texts)

    def load(self, draft: BackoffDraft) -> None:
        self.kind.choose(draft.kind)
        for name, edit in self._edits.items():
            edit.setText(getattr(draft, name))
        self._turn()

    def show_problems(self, problems: Problems) -> str:
        """Redden what is wrong; what to say about the first of it."""
        said = ""
        for name, edit in self._edits.items():
            wrong = problems.get(name, "")
            if bool(edit.property("invalid")) != bool(wrong):
                edit.setProperty("invalid", bool(wrong))
                edit.style().unpolish(edit)
                edit.style().polish(edit)
            if wrong and not said:
                label = _NAMES.get(name)
                said = f"{label}: {wrong[:1].lower()}{wrong[1:]}" if label else wrong
        return said

    @Slot()
    def _chosen(self) -> None:
        self._turn()
        self.changed.emit()

    def _turn(self) -> None:
        self._pages.setCurrentIndex([kind for kind, _ in _KINDS].index(self.draft().kind))


def _short() -> LineEdit:
    edit = LineEdit()
    edit.setFixedWidth(_NARROW)
    return edit


def _line(*widgets: QWidget) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(S)
    for widget in widgets:
        row.addWidget(widget)
    if not isinstance(widgets[-1], LineEdit) or len(widgets) > 1:
        row.addStretch(1)
    return holder
