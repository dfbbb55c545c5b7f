from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.time.house import House, SettableClock


@pytest.fixture
def house(own_home: Path) -> Iterator[House]:
    house = House(own_home, SettableClock())
    # Engines of these tests are stopped in the midst of things.
    settings = house.desk.settings().model_copy(update={"stop_grace": 0.0, "kill_grace": 0.5})
    house.desk.save_settings(settings)
    yield house
    house.close()
