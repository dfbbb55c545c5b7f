"""What the job does: a script or an HTTP call."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QPushButton, QWidget

from jobdesk.domain.action import METHODS
from jobdesk.domain.errors import InvalidInput
from jobdesk.gui.models.job_form.action_draft import ActionDraft, Kind, Pairs
from jobdesk.gui.models.job_form.command_text import split_command
from jobdesk.gui.models.settings.words import unset_words
from jobdesk.gui.theme import M, Theme
from jobdesk.gui.views.job_form.fields import (
    Field,
    Form,
    LineEdit,
    Segmented,
    label_of,
    label_width,
)
from jobdesk.gui.views.job_form.pairs_table import PairsTable
from jobdesk.gui.views.job_form.text_editor import TextEditor

_SCRIPT = ("command", "shell", "through_shell", "cwd", "env")
_HTTP = ("url", "headers", "body")
_LONGEST_CHECKED = 200_000


class ActionForm(Form):
    """Fields: kind; command, shell, through_shell, cwd, env; url, headers, body."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._empty_body: str | None = None
        self.kind = Segmented(theme, [(Kind.SCRIPT, "&Script"), (Kind.HTTP, "&HTTP call")])
        self.add(Field(self, "kind", "Runs", self.kind, fill=False)).watch(self.kind.changed)
        self._script()
        self._http()
        self.secrets = label_of("", "small")
        self.secrets.setWordWrap(True)
        self.secrets.setContentsMargins(label_width(self) + M, 0, 0, 0)
        self.secrets.hide()
        self.column.addWidget(self.secrets)
        self.edited.connect(self._refresh)

    def _script(self) -> None:
        self.command = TextEditor(self._theme, least=1, most=6)
        self.command.setPlaceholderText("backup.sh --full '/home/me/my files'")
        self.add(Field(self, "command", "&Program", self.command)).watch(self.command.textChanged)
        self.shell = TextEditor(self._theme, least=2, most=12)
        self.shell.setPlaceholderText("mysqldump shop | gzip > shop-$(date +%F).sql.gz")
        self.add(Field(self, "shell", "Shell &line", self.shell)).watch(self.shell.textChanged)
        self.through_shell = QCheckBox("R&un through the shell")
        self.through_shell.setToolTip("Pipes, wildcards and variables work in a shell line.")
        self.through_shell.clicked.connect(self._carry_over)
        field = Field(self, "through_shell", "", self.through_shell, fill=False)
        self.add(field).watch(self.through_shell.clicked)
        self.cwd = LineEdit("Your home folder")
        browse = QPushButton("&Browse…")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._browse)
        field = Field(self, "cwd", "&Working directory", self.cwd, beside=[browse])
        self.add(field).watch(self.cwd.textChanged)
        self.env = PairsTable(self._theme, "=", ("NAME", "value"))
        self.add(Field(self, "env", "&Environment", self.env)).watch(self.env.changed)

    def _http(self) -> None:
        self.method = QComboBox()
        self.method.addItems(METHODS)
        self.method.setAccessibleName("Method")
        self.url = LineEdit("https://example.com/hook")
        field = Field(self, "url", "&URL", self.url, before=[self.method])
        self.add(field).watch(self.url.textChanged, self.method.activated)
        self.headers = PairsTable(self._theme, ":", ("Name", "value"))
        self.add(Field(self, "headers", "Hea&ders", self.headers)).watch(self.headers.changed)
        self.body = TextEditor(self._theme, least=5, most=14)
        self.body.setPlaceholderText('{"date": "today"}')
        self.add(Field(self, "body", "Bod&y", self.body)).watch(self.body.textChanged)

    def draft(self) -> ActionDraft:
        return ActionDraft(
            kind=Kind(self.kind.chosen()[0]),
            through_shell=self.through_shell.isChecked(),
            command=self.command.text(),
            shell=self.shell.text(),
            cwd=self.cwd.text(),
            env=self.env.pairs(),
            method=self.method.currentText(),
            url=self.url.text(),
            headers=self.headers.pairs(),
            body=self.body.text() or self._empty_body,
        )

    def load(self, draft: ActionDraft) -> None:
        self._empty_body = "" if draft.body == "" else None
        self.kind.choose(draft.kind)
        self.through_shell.setChecked(draft.through_shell)
        self.command.load(draft.command)
        self.shell.load(draft.shell)
        self.cwd.setText(draft.cwd)
        self.env.load(draft.env)
        self.method.setCurrentText(draft.method)
        self.url.setText(draft.url)
        self.headers.load(draft.headers)
        self.body.load(draft.body or "")
        self._refresh()

    def show_missing(self, warning: str) -> None:
        """Show what the desk says about a program or folder that isn't there now."""
        folder = warning.startswith("the folder")
        text = warning[:1].upper() + warning[1:]
        self.fields["cwd"].show_note(text if folder else "")
        if warning and not folder:
            self.fields["command"].show_note(text)
        else:
            self.fields["command"].show_note(_parts(self.command.text()))

    def show_unset(self, secrets: list[str]) -> None:
        """Say which secrets it refers to that nobody has set yet."""
        self.secrets.setText(unset_words(secrets))
        self.secrets.setVisible(bool(secrets))

    @Slot()
    def _refresh(self) -> None:
        script = self.kind.chosen() == [Kind.SCRIPT]
        for key in _SCRIPT:
            self.fields[key].setVisible(script)
        for key in _HTTP:
            self.fields[key].setVisible(not script)
        shell = self.through_shell.isChecked()
        self.fields["command"].setVisible(script and not shell)
        self.fields["shell"].setVisible(script and shell)
        self.fields["command"].show_note(_parts(self.command.text()))
        self.fields["body"].show_note(_json_note(self.body.text(), self.headers.pairs()))

    @Slot(bool)
    def _carry_over(self, shell: bool) -> None:
        """Whoever ticks the box after typing means what was typed: it goes along, unless
        something stands there already."""
        source, target = (self.command, self.shell) if shell else (self.shell, self.command)
        if source.text().strip() and not target.text().strip():
            target.load(source.text())

    @Slot()
    def _browse(self) -> None:
        start = Path(self.cwd.text() or "~").expanduser()
        dialog = QFileDialog(self, "Working directory", str(start))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(self.cwd.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _parts(command: str) -> str:
    """How the line is understood, where that isn't plain to see."""
    if len(command) > _LONGEST_CHECKED or not set(command) & set("'\"\\\n"):
        return ""
    try:
        words = split_command(command)
    except InvalidInput:
        return ""
    return "  ·  ".join(words) if len(words) > 1 else ""


def _json_note(body: str, headers: Pairs) -> str:
    """Whether a body that means to be JSON is."""
    kind = next((v for n, v in headers if n.casefold() == "content-type"), "")
    text = body.strip()
    if not text or len(text) > _LONGEST_CHECKED:
        return ""
    if "json" not in kind.casefold() and (kind or text[0] not in "{["):
        return ""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"Not valid JSON: {error.msg}, line {error.lineno}, column {error.colno}"
    except RecursionError:
        return "Not valid JSON: too many brackets within each other"
    return "Valid JSON"
