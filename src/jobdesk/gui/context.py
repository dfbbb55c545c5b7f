"""What every page is handed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobdesk.gui.calls import Calls
from jobdesk.gui.watch import Watch

if TYPE_CHECKING:
    from jobdesk.desk import Desk
    from jobdesk.gui.navigation import Navigation
    from jobdesk.gui.theme import Theme
    from jobdesk.gui.uistate import UiState


@dataclass(frozen=True, slots=True)
class Context:
    """The desk, and how to call it, hear from it, look like the rest and move around."""

    desk: Desk
    calls: Calls
    watch: Watch
    theme: Theme
    state: UiState
    navigation: Navigation
