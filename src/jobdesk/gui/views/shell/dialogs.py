"""The dialogs of the window, each opened without holding up anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QWidget

from jobdesk.gui.context import Context

if TYPE_CHECKING:
    from jobdesk.domain.job import Job

JobDialogFactory = Callable[[Context, QWidget, "Job | None", bool], QDialog]


def job_dialog(context: Context, parent: QWidget, job: Job | None, duplicate: bool) -> QDialog:
    """The form for a job; imported when first wanted."""
    from jobdesk.gui.views.job_form.job_dialog import JobDialog

    return JobDialog(context, parent, job=job, duplicate=duplicate)


class Dialogs(QObject):
    """Serves the requests of :class:`~jobdesk.gui.navigation.Navigation` for dialogs.

    ``command`` is what a login is to start.
    """

    def __init__(
        self,
        context: Context,
        window: QWidget,
        command: Sequence[str],
        factory: JobDialogFactory = job_dialog,
    ) -> None:
        super().__init__(window)
        self._context, self._window = context, window
        self._command, self._factory = list(command), factory
        navigation = context.navigation
        navigation.new_job.connect(self.new_job)
        navigation.edit_job.connect(self.edit_job)
        navigation.duplicate_job.connect(self.duplicate_job)
        navigation.show_settings.connect(self.settings_at)

    @Slot()
    def new_job(self) -> None:
        self._open_job(None, duplicate=False)

    @Slot(str)
    def edit_job(self, name: str) -> None:
        self._with_job(f"Edit “{name}”", name, duplicate=False)

    @Slot(str)
    def duplicate_job(self, name: str) -> None:
        self._with_job(f"Duplicate “{name}”", name, duplicate=True)

    @Slot()
    def settings(self) -> None:
        self.settings_at("")

    @Slot(str)
    def settings_at(self, section: str) -> None:
        """Open the settings at a section, or ("") at the first one."""
        from jobdesk.gui.views.settings.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._context, self._command, self._window)
        if section:
            dialog.show_section(section)
        dialog.open()

    @Slot()
    def about(self) -> None:
        from jobdesk.gui.views.shell.about import AboutDialog

        AboutDialog(self._context.desk, self._window).open()

    def shortcuts(self, actions: Sequence[QAction]) -> None:
        from jobdesk.gui.views.shell.about import ShortcutsDialog

        ShortcutsDialog(actions, self._window).open()

    @Slot()
    def guide(self) -> None:
        from jobdesk.gui.views.shell.guide import GuideDialog

        GuideDialog(self._context.theme, self._window).open()

    def _with_job(self, what: str, name: str, *, duplicate: bool) -> None:
        desk, navigation = self._context.desk, self._context.navigation
        self._context.calls.run(
            self,
            lambda: desk.job(name),
            lambda job: self._open_job(job, duplicate=duplicate),
            lambda error: navigation.failed.emit(what, error),
        )

    def _open_job(self, job: Job | None, *, duplicate: bool) -> None:
        self._factory(self._context, self._window, job, duplicate).open()
