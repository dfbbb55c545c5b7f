"""When the job runs: the builder's tabs."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QDate, QDateTime, QTime, QTimeZone, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QSpinBox,
    QTabBar,
    QTimeEdit,
    QWidget,
)

from jobdesk import paths
from jobdesk.gui.models.job_form.schedule_draft import (
    CALENDAR,
    LAST_DAY,
    UNITS,
    ScheduleDraft,
    When,
)
from jobdesk.gui.theme import Theme
from jobdesk.gui.views.job_form.cron_field import CronField
from jobdesk.gui.views.job_form.fields import Field, Form, LineEdit, Segmented
from jobdesk.gui.views.job_form.zone_combo import ZoneCombo

TABS = {
    When.HAND: "By hand",
    When.ONCE: "Once",
    When.EVERY: "Every…",
    When.HOURLY: "Hourly",
    When.DAILY: "Daily",
    When.WEEKLY: "Weekly",
    When.MONTHLY: "Monthly",
    When.CRON: "Cron",
}
_TIMED = (When.DAILY, When.WEEKLY, When.MONTHLY)
_WEEKDAYS = [("1", "Mon"), ("2", "Tue"), ("3", "Wed"), ("4", "Thu"), ("5", "Fri")]
_WEEKEND = [("6", "Sat"), ("0", "Sun")]
_AT, _DELAY = "at", "delay"
_FORMAT = "yyyy-MM-dd  HH:mm"


class ScheduleForm(Form):
    """Fields: when, once, at, delay, every, minute, weekdays_only, weekdays, day, time,
    cron, tz. The tabs share them, so that a time of day stays while one compares tabs."""

    zones_wanted = Signal()
    """A tab with a time zone is shown: the names of all zones are needed now."""

    def __init__(self, theme: Theme, local: ZoneInfo, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._local = theme, local
        self._at = ""
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("When")
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        for text in TABS.values():
            self.tabs.addTab(text)
        self.column.addWidget(self.tabs)
        self._intervals()
        self._calendar()
        self.tabs.currentChanged.connect(self._tab_changed)
        self.edited.connect(self._refresh)
        theme.changed.connect(self._paint)
        self._paint()
        self._refresh()

    def _intervals(self) -> None:
        self.once = Segmented(self._theme, [(_AT, "At a time"), (_DELAY, "After a delay")])
        self.add(Field(self, "once", "Once", self.once, fill=False)).watch(self.once.changed)
        self.at = QDateTimeEdit()
        self.at.setTimeZone(QTimeZone.utc())  # It shows wall times; the zone is our business.
        self.at.setDisplayFormat(_FORMAT)
        self.at.setCalendarPopup(True)
        self.at.setMinimumWidth(190)
        hint = f"On this computer's clock, {self._local.key}"
        self.add(Field(self, "at", "&Time", self.at, fill=False, hint=hint)).watch(
            self.at.dateTimeChanged
        )
        self.delay = LineEdit("10m")
        self.delay.setFixedWidth(120)
        hint = "Such as 30s, 10m, 2h or 1d; it begins when you save"
        self.add(Field(self, "delay", "Dela&y", self.delay, fill=False, hint=hint)).watch(
            self.delay.textChanged
        )
        self.every = LineEdit("5")
        self.every.setFixedWidth(90)
        self.unit = QComboBox()
        self.unit.setAccessibleName("Unit")
        for unit, word in UNITS.items():
            self.unit.addItem(word, unit)
        field = Field(self, "every", "E&very", self.every, beside=[self.unit], fill=False)
        self.add(field).watch(self.every.textChanged, self.unit.activated)

    def _calendar(self) -> None:
        self.minute = QSpinBox()
        self.minute.setRange(0, 59)
        self.minute.setFixedWidth(90)
        field = Field(self, "minute", "At &minute", self.minute, fill=False)
        self.add(field).watch(self.minute.valueChanged)
        self.weekdays = Segmented(self._theme, _WEEKDAYS + _WEEKEND, several=True)
        field = Field(self, "weekdays", "On", self.weekdays, fill=False)
        self.add(field).watch(self.weekdays.changed)
        self.day = QComboBox()
        for number in range(1, 32):
            self.day.addItem(str(number), str(number))
        self.day.addItem("Last day", LAST_DAY)
        self.add(Field(self, "day", "On da&y", self.day, fill=False)).watch(self.day.activated)
        self.time = QTimeEdit()
        self.time.setDisplayFormat("HH:mm")
        self.time.setFixedWidth(90)
        self.add(Field(self, "time", "&Time", self.time, fill=False)).watch(self.time.timeChanged)
        self.weekdays_only = QCheckBox("Monday to Friday onl&y")
        field = Field(self, "weekdays_only", "", self.weekdays_only, fill=False)
        self.add(field).watch(self.weekdays_only.clicked)
        self.cron = CronField(self._theme)
        self.add(Field(self, "cron", "E&xpression", self.cron)).watch(self.cron.changed)
        self.zone = ZoneCombo(self._local.key)
        field = Field(self, "tz", "Time &zone", self.zone, fill=False)
        self.add(field).watch(self.zone.editTextChanged)

    @property
    def when(self) -> When:
        return list(TABS)[self.tabs.currentIndex()]

    @property
    def zones_needed(self) -> bool:
        return self.when in CALENDAR

    def draft(self) -> ScheduleDraft:
        return ScheduleDraft(
            zone=self.zone.currentText(),
            at=self._at_text(),
            when=self.when,
            after_delay=self.once.chosen() == [_DELAY],
            delay=self.delay.text(),
            every=self.every.text(),
            unit=self.unit.currentData(),
            minute=str(self.minute.value()),
            time=self.time.time().toString("HH:mm"),
            weekdays_only=self.weekdays_only.isChecked(),
            weekdays=frozenset(map(int, self.weekdays.chosen())),
            day=self.day.currentData(),
            cron=self.cron.text,
        )

    def load(self, draft: ScheduleDraft) -> None:
        self._at = draft.at
        wall = datetime.fromisoformat(draft.at).astimezone(self._local).replace(tzinfo=None)
        self.at.setDateTime(_shown(wall))
        self._loaded_at = self.at.dateTime()
        self.once.choose(_DELAY if draft.after_delay else _AT)
        self.delay.setText(draft.delay)
        self.every.setText(draft.every)
        self.unit.setCurrentIndex(self.unit.findData(draft.unit))
        self.minute.setValue(int(draft.minute))
        self.time.setTime(QTime.fromString(draft.time, "HH:mm"))
        self.weekdays_only.setChecked(draft.weekdays_only)
        self.weekdays.choose(*map(str, draft.weekdays))
        self.day.setCurrentIndex(self.day.findData(draft.day))
        self.cron.edit.setText(draft.cron)
        self.zone.setCurrentText(draft.zone)
        self.tabs.setCurrentIndex(list(TABS).index(draft.when))
        self._refresh()

    def _at_text(self) -> str:
        """What was loaded, to the microsecond, until a person changes it."""
        if self.at.dateTime() == self._loaded_at:
            return self._at
        shown = self.at.dateTime().toString("yyyy-MM-ddTHH:mm")
        return datetime.fromisoformat(shown).replace(tzinfo=self._local).isoformat()

    @Slot()
    def _tab_changed(self) -> None:
        if self._loading:
            return
        if self.when is When.CRON and not self.cron.text.strip():
            # The cron tab begins with what the tab before it said.
            self.cron.edit.setText(self._last)
        self._refresh()
        self.edited.emit("when")

    @Slot()
    def _refresh(self) -> None:
        when, delayed = self.when, self.once.chosen() == [_DELAY]
        shown = {
            "once": when is When.ONCE,
            "at": when is When.ONCE and not delayed,
            "delay": when is When.ONCE and delayed,
            "every": when is When.EVERY,
            "minute": when is When.HOURLY,
            "weekdays": when is When.WEEKLY,
            "day": when is When.MONTHLY,
            "time": when in _TIMED,
            "weekdays_only": when is When.DAILY,
            "cron": when is When.CRON,
            "tz": when in CALENDAR,
        }
        for key, visible in shown.items():
            self.fields[key].setVisible(visible)
        if self.zones_needed:
            self._last = self.draft().expression
            self.zones_wanted.emit()

    @Slot()
    def _paint(self) -> None:
        # The style sheet of the window knows this arrow for combo boxes only.
        glyph = paths.resource(f"glyphs/down-{'dark' if self._theme.dark else 'light'}.svg")
        self.at.setStyleSheet(f"""
            QDateTimeEdit::drop-down {{ border: none; width: 22px; background: transparent; }}
            QDateTimeEdit::down-arrow {{ image: url("{glyph.as_posix()}");
                width: 14px; height: 14px; }}
        """)

    _last = ""
    _loaded_at = QDateTime()


def _shown(wall: datetime) -> QDateTime:
    day = QDate(wall.year, wall.month, wall.day)
    return QDateTime(day, QTime(wall.hour, wall.minute, wall.second), QTimeZone.utc())
