"""The settings: of the engine (kept in the database) and of this window (in its file)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from jobdesk import autostart
from jobdesk.domain.settings import EngineSettings
from jobdesk.gui.context import Context
from jobdesk.gui.models.settings.settings_fields import (
    ALERTS,
    API,
    ENGINE,
    HISTORY,
    LISTEN,
    SIGNING,
    Field,
    parse,
    shown,
)
from jobdesk.gui.theme import ROW_HEIGHT, XL, L, M, S
from jobdesk.gui.views.settings.alerts_page import AlertsPage
from jobdesk.gui.views.settings.api_page import ApiPage
from jobdesk.gui.views.settings.listen_field import ListenField
from jobdesk.gui.views.settings.parts import FieldGrid, page, words
from jobdesk.gui.views.settings.secrets_page import SecretsPage
from jobdesk.gui.views.settings.signing_page import SigningPage

_APPEARANCES = (("system", "Like the system"), ("light", "Light"), ("dark", "Dark"))


class SettingsDialog(QDialog):
    """Shown with ``open()``. What is wrong stands beside its field, and nothing is saved
    until all is right. ``command`` is what a login starts."""

    saved = Signal()

    def __init__(
        self, context: Context, command: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._context, self._command = context, list(command)
        self.setWindowTitle("Settings")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fields: dict[str, QLineEdit | ListenField] = {}
        self.errors: dict[str, QLabel] = {}
        self._settings = EngineSettings()
        self._was_autostart = False
        self._was_appearance = context.state.appearance
        self.appearance = QComboBox()
        for value, text in _APPEARANCES:
            self.appearance.addItem(text, value)
        self.autostart = QCheckBox("Start JobDesk when I log in")
        self.keep_running = QCheckBox("Keep jobs running after I quit")
        self.notify = QCheckBox("Show alerts on the desktop")
        self.close_to_tray = QCheckBox("Closing the window keeps JobDesk in the background")
        self.failure = words("", "error", wrap=True)
        self.api = ApiPage(context, self)
        self.alerts = AlertsPage(context, self)
        self.secrets = SecretsPage(context, self)
        self.signing = SigningPage(context, self)
        self._sections = QListWidget()
        self._pages = QStackedWidget()
        self._buttons = QDialogButtonBox()
        self._lay_out()
        self._load()
        self.resize(820, 560)

    def show_section(self, title: str) -> None:
        """Show the section of that title."""
        for item in self._sections.findItems(title, Qt.MatchFlag.MatchExactly):
            self._sections.setCurrentItem(item)

    # -- loading and saving -------------------------------------------------------

    def _load(self) -> None:
        state = self._context.state
        self.appearance.setCurrentIndex(self.appearance.findData(state.appearance))
        self.keep_running.setChecked(state.keep_running)
        self.notify.setChecked(state.notify)
        self.close_to_tray.setChecked(state.close_to_tray is not False)
        self.appearance.currentIndexChanged.connect(self._preview)
        self._save.setEnabled(False)
        desk = self._context.desk
        self._context.calls.run(
            self, lambda: (desk.settings(), _starts_at_login()), self._loaded, self._refused
        )

    def _loaded(self, found: tuple[EngineSettings, bool]) -> None:
        settings, self._was_autostart = found
        self._settings = settings
        self.autostart.setChecked(self._was_autostart)
        for name, text in shown(settings).items():
            self.fields[name].setText(text)
        self.api.show_saved(settings.api_listen)
        self.alerts.load(settings)
        self._check()

    @Slot()
    def _check(self) -> None:
        """Say beside each field what is wrong with it."""
        settings, wrong = self._parse()
        for name, field in self.fields.items():
            self.errors[name].setText(wrong.get(name, ""))
            if isinstance(field, ListenField):
                field.show_invalid(name in wrong)
            elif field.property("invalid") != (name in wrong):
                field.setProperty("invalid", name in wrong)
                field.style().unpolish(field)
                field.style().polish(field)
        self.alerts.show_problems(wrong)
        self._save.setEnabled(settings is not None)
        self._mark_sections(wrong)

    def _parse(self) -> tuple[EngineSettings | None, dict[str, str]]:
        texts = {name: field.text() for name, field in self.fields.items()}
        wrong = self.alerts.problems()
        of_alerts = {} if wrong else self.alerts.values()
        settings, others = parse(texts, self._settings.model_copy(update=of_alerts))
        return (None if wrong else settings), others | wrong

    @Slot()
    def accept(self) -> None:
        settings, _ = self._parse()
        if settings is None:
            return
        self._save.setEnabled(False)
        self.failure.clear()
        desk, wanted = self._context.desk, self.autostart.isChecked()
        command = self._command if wanted != self._was_autostart else None
        self._context.calls.run(
            self, _saving(desk.save_settings, settings, wanted, command), self._done, self._refused
        )

    def _done(self, nothing: None) -> None:
        state = self._context.state
        state.appearance = self._was_appearance = self.appearance.currentData()
        state.keep_running = self.keep_running.isChecked()
        state.notify = self.notify.isChecked()
        if self.close_to_tray.isChecked() != (state.close_to_tray is not False):
            state.close_to_tray = self.close_to_tray.isChecked()
        self.saved.emit()
        super().accept()

    def _refused(self, error: Exception) -> None:
        self.failure.setText(f"Not saved: {error}")
        self._check()

    @Slot()
    def reject(self) -> None:
        self._context.theme.set_appearance(self._was_appearance)
        super().reject()

    @Slot()
    def _preview(self) -> None:
        self._context.theme.set_appearance(self.appearance.currentData())

    @Slot()
    def _defaults(self) -> None:
        """The engine's defaults, into the fields; saved only by Save."""
        for name, text in shown(EngineSettings()).items():
            self.fields[name].setText(text)
        self.alerts.load(EngineSettings())

    # -- the looks ----------------------------------------------------------------

    def _lay_out(self) -> None:
        self._sections.setObjectName("sections")
        self._sections.setFixedWidth(172)
        self._sections.setAccessibleName("Sections")
        self._add_section("Engine", self._numbers("Engine", ENGINE))
        self._add_section("Output and history", self._numbers("Output and history", HISTORY))
        self._add_section("HTTP API", self.api.widget)
        self._add_section("Alerts", self.alerts.widget)
        self._add_section("Secrets", self.secrets.widget)
        self._add_section("Signing", self.signing.widget)
        for grid in (self.api.grid, self.signing.grid):
            self._take(grid)
        self.fields[LISTEN], self.errors[LISTEN] = self.api.listen, self.api.listen_error
        self.api.listen.textChanged.connect(self._check)
        self.alerts.edited.connect(self._check)
        self._add_section("Appearance", self._appearance_page())
        self._add_section("Behaviour", self._behaviour_page())
        self._sections.currentRowChanged.connect(self._pages.setCurrentIndex)
        self._sections.setCurrentRow(0)
        button = QDialogButtonBox.StandardButton
        self._save = self._buttons.addButton("Save", QDialogButtonBox.ButtonRole.AcceptRole)
        self._save.setProperty("kind", "primary")
        self._buttons.addButton(button.Cancel)
        reset = self._buttons.addButton("Defaults", QDialogButtonBox.ButtonRole.ResetRole)
        reset.setProperty("kind", "quiet")
        reset.setToolTip("Put the engine's defaults into the fields")
        reset.clicked.connect(self._defaults)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        across = QHBoxLayout()
        across.setSpacing(L)
        across.addWidget(self._sections)
        across.addWidget(self._pages, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(L, L, L, L)
        column.setSpacing(M)
        column.addLayout(across, 1)
        column.addWidget(self.failure)
        column.addWidget(self._buttons)

    def _add_section(self, title: str, page: QWidget) -> None:
        item = QListWidgetItem(title)
        item.setSizeHint(QSize(0, ROW_HEIGHT))
        self._sections.addItem(item)
        self._pages.addWidget(page)

    def _mark_sections(self, wrong: dict[str, str]) -> None:
        """A section that isn't shown may be what keeps Save grey: point to it."""
        numbers = [[field.name for field in fields] for fields in (ENGINE, HISTORY)]
        for row, names in enumerate((*numbers, API, ALERTS, (), SIGNING)):
            bad = any(name in wrong for name in names)
            theme = self._context.theme
            item = self._sections.item(row)
            item.setForeground(theme.color("danger" if bad else "text"))

    def _numbers(self, title: str, fields: Sequence[Field]) -> QWidget:
        grid = FieldGrid()
        for field in fields:
            grid.add_number(field)
        self._take(grid)
        return page(title, grid)

    def _take(self, grid: FieldGrid) -> None:
        for edit in grid.fields.values():
            edit.textChanged.connect(self._check)
        self.fields |= grid.fields
        self.errors |= grid.errors

    def _appearance_page(self) -> QWidget:
        row = QHBoxLayout()
        label = QLabel("Colours")
        label.setBuddy(self.appearance)
        row.setSpacing(M)
        row.addWidget(label)
        row.addWidget(self.appearance)
        row.addStretch(1)
        return page("Appearance", row)

    def _behaviour_page(self) -> QWidget:
        column = QVBoxLayout()
        column.setSpacing(S)
        for box, hint in (
            (self.autostart, "For you only, by the system's own means."),
            (self.keep_running, "Else Quit stops the engine that a window has started."),
            (self.close_to_tray, "Quit in the menu, or in the tray, ends it."),
            (self.notify, "Of what, say the alerts. Several at once are told in one message."),
        ):
            below = QLabel(hint)
            below.setProperty("role", "small")
            below.setContentsMargins(XL, 0, 0, S)
            column.addWidget(box)
            column.addWidget(below)
        return page("Behaviour", column)


def _saving(
    save: Callable[[EngineSettings], None],
    settings: EngineSettings,
    at_login: bool,
    command: list[str] | None,
) -> Callable[[], None]:
    """Work that saves; ``command`` None leaves what happens at login as it is."""

    def work() -> None:
        save(settings)
        if command is not None:
            if at_login:
                autostart.enable(command)
            else:
                autostart.disable()

    return work


def _starts_at_login() -> bool:
    try:
        return autostart.is_enabled()
    except OSError:
        return False
