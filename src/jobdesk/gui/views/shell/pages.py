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


RUN = "run"
"""The name of the one page that the sidebar doesn't have."""

_PLACES = {
    "overview": ("overview.overview", "OverviewPage"),
    "jobs": ("jobs.jobs_page", "JobsPage"),
    "runs": ("runs.runs_page", "RunsPage"),
    "queues": ("queues.queues_page", "QueuesPage"),
    "dead": ("runs.dead_page", "DeadPage"),
    "alerts": ("alerts.alerts_page", "AlertsPage"),
    RUN: ("run.run_page", "RunPage"),
}
"""Module and class of each page, below ``jobdesk.gui.views``."""


def load(name: str | None = None) -> None:
    """Import a page, or all of them. In the background: then showing one for the first
    time costs the GUI thread only what building it takes. Unknown names are ignored."""
    for known in _PLACES:
        if name in (known, None):
            _class(known)


def _class(name: str) -> type:
    module, attribute = _PLACES[name]
    found = getattr(importlib.import_module(f"jobdesk.gui.views.{module}"), attribute)
    assert isinstance(found, type)
    return found


def _factory(name: str) -> Factory:
    return lambda context: cast(Page, _class(name)(context))


FACTORIES: dict[str, Factory] = {name: _factory(name) for name in _PLACES}
