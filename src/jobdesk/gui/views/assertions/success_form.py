"""The part of the forms of jobs and queues that says what makes a success."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from jobdesk.domain.policy import Source
from jobdesk.domain.queue import QueuePolicy
from jobdesk.gui.context import Context
from jobdesk.gui.models.assertions_draft import AssertionsDraft, inherited_words
from jobdesk.gui.models.job_form.field_problems import Problems
from jobdesk.gui.models.policy_words import source_words
from jobdesk.gui.views.assertions.assertions_editor import AssertionsEditor
from jobdesk.gui.views.job_form.fields import Field, Form


class SuccessForm(Form):
    """Field: assertions."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self.editor = AssertionsEditor(context)
        self.add(Field(self, "assertions", "S&ucceeds with", self.editor)).watch(
            self.editor.changed
        )

    def draft(self) -> AssertionsDraft:
        return self.editor.draft()

    def load(self, draft: AssertionsDraft) -> None:
        self.editor.load(draft)

    def show_kind(self, kind: str | None, queue: QueuePolicy | None, name: str) -> None:
        """Offer what fits (None: actions of both kinds), and say what the queue ``name`` asks
        for otherwise."""
        self.editor.show_kind(kind)
        said = queue.assertions if queue else None
        source = Source.DEFAULT if said is None else Source.QUEUE
        self.editor.show_inherited(inherited_words(kind, said or (), source_words(source, name)))

    def show_problems(self, problems: Problems, *, everything: bool) -> None:
        self.editor.show_problems(problems, everything=everything)

    def go_to(self, key: str) -> None:
        self.editor.go_to(key)

    def try_on(self, job: str | None) -> None:
        self.editor.try_on(job)
