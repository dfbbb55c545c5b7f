"""A desk, and the context that pages are handed."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from jobdesk.desk import Desk
from jobdesk.gui.bridge import Bridge
from jobdesk.gui.calls import Calls
from jobdesk.gui.context import Context
from jobdesk.gui.garbage import collect_what_is_due
from jobdesk.gui.navigation import Navigation
from jobdesk.gui.theme import Theme
from jobdesk.gui.uistate import UiState
from jobdesk.gui.watch import Watch
from tests.gui.seedbed import Seedbed
from tests.gui.seeding import Seeded


@pytest.fixture(autouse=True)
def garbage_here() -> Iterator[None]:
    """As in the window: no thread but this one collects what has Qt objects in it."""
    gc.disable()
    yield
    collect_what_is_due()
    gc.enable()


@pytest.fixture(autouse=True, scope="package")
def no_garbage_left() -> Iterator[None]:
    """Tests of other parts have threads that collect; leave them nothing of Qt's."""
    yield
    gc.collect()


@pytest.fixture
def desk(own_home: Path) -> Iterator[Desk]:
    with Desk.open(own_home) as opened:
        yield opened


@pytest.fixture(scope="session")
def seedbed(homes: Iterator[Path]) -> Seedbed:
    return Seedbed(homes)


@pytest.fixture
def seeded(seedbed: Seedbed, desk: Desk) -> Seeded:
    """What the desk holds: jobs, and runs in every state."""
    return seedbed.plant(desk)


@pytest.fixture
def context(qapp: QApplication, desk: Desk) -> Iterator[Context]:
    """Everything real; ended in the order in which the window ends it."""
    bridge = Bridge()
    calls = Calls(bridge)
    watch = Watch(desk, bridge)
    theme = Theme("light")
    state = UiState(desk.home / "window.json")
    yield Context(desk, calls, watch, theme, state, Navigation())
    watch.close()
    calls.close()
    bridge.close()
