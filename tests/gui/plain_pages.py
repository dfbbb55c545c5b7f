"""Pages that only note what the window does with them."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from jobdesk.gui.context import Context
from jobdesk.gui.views.shell.pages import FACTORIES, Factory, Page


class PlainPage(QWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.title = name, name.title()
        self.seen: list[object] = []

    def activate(self) -> None:
        self.seen.append("on")

    def deactivate(self) -> None:
        self.seen.append("off")

    def show_run(self, run_id: int) -> None:
        self.seen.append(run_id)

    def select(self, job: str) -> None:
        self.seen.append(job)

    def set_filter(self, which: object) -> None:
        self.seen.append(which)


def plain_pages() -> dict[str, Factory]:
    """A plain page for each of the real ones."""

    def factory(name: str) -> Factory:
        def build(context: Context) -> Page:
            return PlainPage(name)

        return build

    return {name: factory(name) for name in FACTORIES}
