"""Who hears of what: the part of the forms of jobs, queues, heartbeats and the settings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSpinBox, QVBoxLayout, QWidget

from jobdesk.domain.alert import DESKTOP, MAX_THRESHOLD, AlertKind
from jobdesk.gui.models.alerts.policy_draft import AlertDraft, Said
from jobdesk.gui.models.alerts.words import KINDS
from jobdesk.gui.models.job_form.field_problems import Problems
from jobdesk.gui.theme import L, M, S
from jobdesk.gui.views.flow import FlowLayout
from jobdesk.gui.views.job_form.fields import (
    HEIGHT,
    Field,
    Form,
    LineEdit,
    fit_spin_boxes,
    label_of,
)
from jobdesk.gui.widgets import InheritField

ALL = ("channels", "kinds", "threshold", "late_start", "late_end", "late_factor")
OF_JOBS = tuple(kind for kind in AlertKind if kind is not AlertKind.SILENT)
"""What jobs and queues can be told of."""

_NARROW = 110


class ChannelChoice(QWidget):
    """Boxes for the channels that there are, and for those that are only named here."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.boxes: dict[str, QCheckBox] = {}
        self._known: tuple[str, ...] = (DESKTOP,)
        self._flow = FlowLayout(L, down=0)
        self.setLayout(self._flow)
        self.choose(())

    def know(self, names: Sequence[str]) -> None:
        """The channels that there are; what is chosen stays."""
        chosen = self.chosen()
        self._known = tuple(names)
        self._make(list(dict.fromkeys([*self._known, *chosen])))
        self.choose(chosen)

    def chosen(self) -> tuple[str, ...]:
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    def choose(self, names: Collection[str]) -> None:
        wanted = list(dict.fromkeys([*self._known, *names]))
        if list(self.boxes) != wanted:
            self._make(wanted)
        for name, box in self.boxes.items():
            box.setChecked(name in names)

    def _make(self, names: list[str]) -> None:
        for box in self.boxes.values():
            self._flow.removeWidget(box)
            box.deleteLater()
        self.boxes = {}
        for name in names:
            gone = name not in self._known
            box = QCheckBox(f"{name} (removed)" if gone else name, self)
            box.setMinimumHeight(HEIGHT)
            box.clicked.connect(self.changed)
            self.boxes[name] = box
            self._flow.addWidget(box)
            box.show()
        self.updateGeometry()


class KindChoice(QWidget):
    """A box for each kind of alert, with what it means."""

    changed = Signal()

    def __init__(self, offered: Collection[AlertKind]) -> None:
        super().__init__()
        self._offered = offered
        self.boxes: dict[AlertKind, QCheckBox] = {}
        self._lines: dict[AlertKind, QWidget] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for kind, words in KINDS.items():
            box = QCheckBox(words.name)
            box.setFixedWidth(box.fontMetrics().horizontalAdvance("Recovery") + 34)
            box.setMinimumHeight(HEIGHT)
            box.setAccessibleDescription(words.meaning)
            box.clicked.connect(self.changed)
            meaning = label_of(words.meaning, "small")
            meaning.setWordWrap(True)
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(S)
            row.addWidget(box)
            row.addWidget(meaning, 1)
            column.addWidget(line)
            self.boxes[kind], self._lines[kind] = box, line
        self.choose(())

    def chosen(self) -> tuple[AlertKind, ...]:
        return tuple(kind for kind, box in self.boxes.items() if box.isChecked())

    def choose(self, kinds: Collection[AlertKind]) -> None:
        for kind, box in self.boxes.items():
            box.setChecked(kind in kinds)
            # What can't happen here is shown only where somebody has said it.
            self._lines[kind].setVisible(kind in self._offered or kind in kinds)


class PolicyEditor(Form):
    """Fields: channels, kinds, threshold, late_start, late_end, late_factor, or some of
    them. With ``inherit`` each is left to others or set here; without, channels and kinds
    are always set."""

    def __init__(
        self,
        parent: QWidget,
        *,
        inherit: bool = True,
        offered: Collection[AlertKind] = tuple(AlertKind),
        only: Collection[str] = ALL,
    ) -> None:
        super().__init__(parent)
        self._inherit, self._offered, self._loaded = inherit, offered, AlertDraft()
        self.channels = ChannelChoice()
        self.kinds = KindChoice(offered)
        self.threshold = QSpinBox()
        self.threshold.setRange(1, MAX_THRESHOLD)
        self.threshold.setSuffix(" in a row")
        self.threshold.setFixedWidth(_NARROW + 2 * M)
        self.late_start, self.late_end = LineEdit("5m"), LineEdit("1h")
        self.late_factor = LineEdit("3")
        for edit in (self.late_start, self.late_end, self.late_factor):
            edit.setFixedWidth(_NARROW)
        self.own: dict[str, InheritField] = {}
        edits = (
            ("channels", "Te&ll", self.channels, self.channels.changed, ""),
            ("kinds", "&Of", self.kinds, self.kinds.changed, ""),
            ("threshold", "Failure a&fter", self.threshold, self.threshold.valueChanged,
             "So many failed attempts are a failure, and a run that dies always is"),
            ("late_start", "Late to s&tart", self.late_start, self.late_start.textChanged,
             "Such as 5m: so long after it was due, it is late"),
            ("late_end", "Late to &end", self.late_end, self.late_end.textChanged,
             "Such as 1h: so long after its start, it is late"),
            ("late_factor", "Or slo&wer by", self.late_factor, self.late_factor.textChanged,
             "So many times its usual duration, from the fifth success on"),
        )  # fmt: skip
        for key, label, editor, changed, hint in edits:
            if key in only:
                self._add(key, label, editor, changed, hint)
        fit_spin_boxes(self)

    def _add(
        self, key: str, label: str, editor: QWidget, changed: SignalInstance, hint: str
    ) -> None:
        always = not self._inherit and key in ("channels", "kinds")
        if always:
            self.add(Field(self, key, label, editor, hint=hint)).watch(changed)
            return
        words = "Set here" if self._inherit else "Limit"
        wide = key in ("channels", "kinds")
        own = InheritField(editor, words=words, fill=wide)
        self.own[key] = own
        field = Field(self, key, label, own, hint=hint)
        self.add(field).watch(own.changed, changed)

    def know_channels(self, names: Sequence[str]) -> None:
        """The channels that there are."""
        with self._unheard():
            self.channels.know(names)

    def load(self, draft: AlertDraft, asked: Said = ()) -> None:
        """Show ``draft``; where it says nothing, what holds by whom is ``asked``."""
        self._loaded = draft
        start = draft.starting(asked)
        self.channels.choose(start.channels or ())
        self.kinds.choose(start.kinds or ())
        self.threshold.setValue(start.threshold or 1)
        self.late_start.setText(start.late_start or "")
        self.late_end.setText(start.late_end or "")
        self.late_factor.setText(start.late_factor or "")
        for key, own in self.own.items():
            own.set_own(getattr(draft, key) is not None)
        self._say(draft, asked)

    def show_inherited(self, asked: Said) -> None:
        """What holds where nothing is set here; a switch that is turned on starts there."""
        with self._unheard():
            self.load(self.draft(), asked)

    def draft(self) -> AlertDraft:
        said = {
            "channels": self.channels.chosen(),
            "kinds": self.kinds.chosen(),
            "threshold": self.threshold.value(),
            "late_start": self.late_start.text(),
            "late_end": self.late_end.text(),
            "late_factor": self.late_factor.text(),
        }
        shown = {
            key: value if key not in self.own or self.own[key].is_own() else None
            for key, value in said.items()
            if key in self.fields
        }
        return replace(self._loaded, **shown)  # type: ignore[arg-type]

    def show_problems(self, problems: Problems) -> None:
        for key, field in self.fields.items():
            field.show_error(problems.get(key, ""))

    @contextmanager
    def _unheard(self) -> Iterator[None]:
        """Nothing is an edit meanwhile, and what the person touched stays touched."""
        touched = {key: field.touched for key, field in self.fields.items()}
        with self.loading():
            yield
        for key, field in self.fields.items():
            field.touched = touched[key]

    def _say(self, draft: AlertDraft, asked: Said) -> None:
        words = draft.inherited(asked, self._offered)
        for key, own in self.own.items():
            # Behind the settings nobody says anything, so nobody need be named.
            text = words[key] if self._inherit else words[key].removesuffix(" (default)")
            own.show_inherited(text)
