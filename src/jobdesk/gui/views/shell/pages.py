"""The pages of the window, each imported and built when it is first shown."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Protocol, cast

from PySide6.QtWidgets import QWidget

from jobdesk.gui.context import Context


class Page(Protocol):
    """What the window asks of a page, besides being a widget."""

    name: str
    title: str

    def activate(self) -> None:
        """It is shown now: refresh, and start timers."""
        ...

    def deactivate(self) -> None:
        """It is hidden now: stop timers."""
        ...


def as_widget(page: Page) -> QWidget:
    """A page as the widget that it is."""
    assert isinstance(page, QWidget)
    return page


Factory = Callable[[Context], Page]


def _overview(context: Context) -> Page:
    from jobdesk.gui.views.overview.overview import OverviewPage

    return cast(Page, OverviewPage(context))


def _jobs(context: Context) -> Page:
    from jobdesk.gui.views.jobs.jobs_page import JobsPage

    return cast(Page, JobsPage(context))


def _runs(context: Context) -> Page:
    from jobdesk.gui.views.runs.runs_page import RunsPage

    return cast(Page, RunsPage(context))


def _queues(context: Context) -> Page:
    from jobdesk.gui.views.queues.queues_page import QueuesPage

    return cast(Page, QueuesPage(context))


def _dead(context: Context) -> Page:
    from jobdesk.gui.views.runs.dead_page import DeadPage

    return cast(Page, DeadPage(context))


def _run(context: Context) -> Page:
    from jobdesk.gui.views.run.run_page import RunPage

    return cast(Page, RunPage(context))


_MODULES = {
    "overview": "overview",
    "jobs": "jobs_page",
    "runs": "runs_page",
    "queues": "queues_page",
    "dead": "dead_page",
    "run": "run_page",
}


def load(name: str | None = None) -> None:
    """Import a page, or all of them. In the background: then showing one for the first
    time costs the GUI thread only what building it takes. Unknown names are ignored."""
    for module in [_MODULES.get(name)] if name is not None else _MODULES.values():
        if module is not None:
            importlib.import_module(f"jobdesk.gui.views.{module}")


RUN = "run"
"""The name of the one page that the sidebar doesn't have."""

FACTORIES: dict[str, Factory] = {
    "overview": _overview,
    "jobs": _jobs,
    "runs": _runs,
    "queues": _queues,
    "dead": _dead,
    RUN: _run,
}
