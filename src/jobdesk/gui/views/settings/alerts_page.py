"""The settings of alerts: over which channels, who is told of what, and when not."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from jobdesk.domain.alert import DESKTOP, AlertPolicy, Channel
from jobdesk.domain.settings import EngineSettings
from jobdesk.gui.context import Context
from jobdesk.gui.format import sentence
from jobdesk.gui.models.alerts.policy_draft import AlertDraft
from jobdesk.gui.models.alerts.rows import ChannelsModel
from jobdesk.gui.models.alerts.words import last_words
from jobdesk.gui.models.job_form.field_problems import Problems
from jobdesk.gui.questions import ask
from jobdesk.gui.theme import S
from jobdesk.gui.views.alerts.policy_editor import PolicyEditor
from jobdesk.gui.views.settings.channel_dialog import ChannelDialog
from jobdesk.gui.views.settings.parts import Remark, buttons, fit_rows, page, words
from jobdesk.gui.views.settings.quiet_field import QuietField
from jobdesk.gui.views.tables import Table

_DESKTOP_TEST = (
    "A message from JobDesk",
    "If you can read this, alerts on this desktop reach you.",
)


class AlertsPage(QObject):
    """``widget`` is the page. Rules and quiet hours are saved by the dialog; channels count
    at once."""

    edited = Signal()

    def __init__(self, context: Context, dialog: QWidget) -> None:
        super().__init__(dialog)
        self._context, self._dialog = context, dialog
        self.model = ChannelsModel(context.desk.now(), self)
        self.table = Table(self.model, context.theme, context.state, "channels")
        self.table.setAccessibleName("Channels")
        self.table.hide()
        self.add = QPushButton("Add…")
        self.edit = QPushButton("Edit address…")
        self.remove = QPushButton("Remove…")
        self.test = QPushButton("Send test")
        self.last = Remark("small")
        self.trouble = Remark()
        self.sent = Remark("success")
        self.rules = PolicyEditor(dialog, inherit=False)
        self.quiet = QuietField()
        self.widget = page("Alerts", self._channels(), self._rules(), self._quiet())
        self.add.clicked.connect(self._add)
        self.edit.clicked.connect(self._edit)
        self.remove.clicked.connect(self._ask_to_remove)
        self.test.clicked.connect(self._send_test)
        self.table.selected.connect(self._selected)
        self.table.opened.connect(self._edit)
        self.table.clicked_cell.connect(self._clicked)
        self.rules.edited.connect(self.edited)
        self.quiet.changed.connect(self.edited)
        context.watch.changed.connect(self._look_again)
        self._selected()
        self._read()

    def _channels(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(S)
        hint = (
            "How somebody is reached: by mail, in a chat, by a webhook. Changes here count at once."
        )
        column.addWidget(words(hint, "small", wrap=True))
        column.addWidget(self.table)
        column.addWidget(self.last)
        column.addLayout(buttons(self.add, self.edit, self.remove, self.test))
        column.addWidget(self.trouble)
        column.addWidget(self.sent)
        return column

    def _rules(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(S)
        column.addWidget(words("Who is told of what", "heading"))
        hint = "Where neither a job nor its queue says something else."
        column.addWidget(words(hint, "small", wrap=True))
        column.addWidget(self.rules)
        return column

    def _quiet(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(S)
        column.addWidget(words("Quiet hours", "heading"))
        column.addWidget(self.quiet)
        return column

    # -- rules ----------------------------------------------------------------------------

    def load(self, settings: EngineSettings) -> None:
        """Show what these settings say."""
        with self.rules.loading():
            self.rules.load(AlertDraft.last(settings.alerts))
        self.quiet.load(settings.quiet_hours, settings.quiet_but_failures)

    def problems(self) -> Problems:
        return self.rules.draft().problems() | self.quiet.problems()

    def values(self) -> dict[str, Any]:
        """The settings that are made here; only where nothing is wrong."""
        return {
            "alerts": self.rules.draft().policy() or AlertPolicy(),
            "quiet_hours": self.quiet.hours(),
            "quiet_but_failures": self.quiet.but_failures(),
        }

    def show_problems(self, problems: Problems) -> None:
        self.rules.show_problems(problems)
        self.quiet.show_problems(problems)

    # -- channels -------------------------------------------------------------------------

    @Slot(object)
    def _look_again(self, topics: frozenset[str]) -> None:
        if self._context.watch.concerns(topics, "channels", "alerts"):
            self._read()

    @Slot()
    def _read(self) -> None:
        self._context.calls.run(
            self, self._context.desk.channels.all, self._arrived, self._failed, latest="channels"
        )

    def _arrived(self, channels: list[Channel]) -> None:
        self.model.show(channels)
        fit_rows(self.table)
        self.rules.know_channels([channel.name for channel in channels])
        self._selected()

    def _chosen(self) -> Channel | None:
        """The channel that is selected, if it is one that can be changed."""
        rows = self.table.selected_rows()
        return rows[0] if rows and rows[0].name != DESKTOP else None

    @Slot()
    def _selected(self) -> None:
        channel = self._chosen()
        for button in (self.edit, self.remove):
            button.setEnabled(channel is not None)
        self.test.setEnabled(bool(self.table.selected_rows()))
        self.last.setText(last_words(channel) if channel else "")

    @Slot(object, int)
    def _clicked(self, channel: Channel, column: int) -> None:
        if column == ChannelsModel.ON and channel.name != DESKTOP:
            desk, on = self._context.desk, not channel.enabled
            self._do(lambda: desk.channels.enable(channel.name, on))

    @Slot()
    def _add(self) -> None:
        self._open(None)

    @Slot()
    def _edit(self) -> None:
        if channel := self._chosen():
            self._open(channel.name)

    def _open(self, name: str | None) -> None:
        taken = frozenset(channel.name for channel in self.model.rows)
        dialog = ChannelDialog(self._context, self._dialog, name, taken)
        dialog.saved.connect(self._read)
        dialog.open()

    @Slot()
    def _ask_to_remove(self) -> None:
        if channel := self._chosen():
            desk = self._context.desk
            ask(
                self._dialog,
                f"Remove the channel “{channel.name}”?",
                "Its address is forgotten, and what still waits for it is not sent.",
                yes="Remove",
                then=lambda: self._do(lambda: desk.channels.remove(channel.name)),
            )

    @Slot()
    def _send_test(self) -> None:
        channel, desk = self._chosen(), self._context.desk
        self._clear()
        if channel is None:
            self._test_desktop()
            return
        name = channel.name
        self.test.setEnabled(False)
        self.test.setText("Sending…")
        self._context.calls.run(
            self, lambda: desk.channels.test(name), lambda _: self._was_sent(name), self._failed
        )

    def _test_desktop(self) -> None:
        """Only a window can show it."""
        if not self._context.state.notify:
            self.trouble.setText("Alerts on the desktop are switched off under Behaviour.")
            return
        self._context.navigation.notify_desktop.emit(*_DESKTOP_TEST)
        self.sent.setText("Shown on this desktop.")

    def _was_sent(self, name: str) -> None:
        self.test.setText("Send test")
        self._selected()
        self.sent.setText(f"Sent over “{name}”.")

    def _do(self, work: Any) -> None:
        self._clear()
        self._context.calls.run(self, work, lambda _: self._read(), self._failed)

    def _clear(self) -> None:
        self.trouble.setText("")
        self.sent.setText("")

    def _failed(self, error: Exception) -> None:
        self.test.setText("Send test")
        self._selected()
        self.trouble.setText(sentence(str(error)))
