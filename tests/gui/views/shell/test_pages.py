"""The real pages, found by name."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from jobdesk.gui.context import Context
from jobdesk.gui.views.shell.pages import FACTORIES, as_widget, load


def test_all_of_them_can_be_imported_ahead() -> None:
    load()
    load("runs")
    load("a page of another version")


@pytest.mark.parametrize("name", FACTORIES)
def test_each_is_built_under_its_name(name: str, context: Context, qtbot: QtBot) -> None:
    page = FACTORIES[name](context)
    qtbot.addWidget(as_widget(page))
    assert page.name == name
    assert page.title
