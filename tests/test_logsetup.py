from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobdesk import logsetup
from jobdesk.domain.errors import Unavailable
from jobdesk.logsetup import set_up_logging


@pytest.fixture(autouse=True)
def _root_as_before() -> Iterator[None]:
    root, scheduler = logging.getLogger(), logging.getLogger("apscheduler")
    before, levels = list(root.handlers), (root.level, scheduler.level)
    yield
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(levels[0])
    scheduler.setLevel(levels[1])


def test_it_writes_to_a_file_in_the_home_and_nowhere_else(
    own_home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = set_up_logging(own_home, "engine")
    assert path == own_home / "engine.log"
    logging.getLogger("jobdesk.x").info("it began")
    logging.getLogger("apscheduler.y").info("job fired")
    text = path.read_text("utf-8")
    assert "INFO" in text
    assert "jobdesk.x: it began" in text
    assert "job fired" not in text
    assert capfd.readouterr() == ("", "")


def test_it_is_rotated(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logsetup, "_SIZE", 500)
    set_up_logging(own_home, "engine")
    for n in range(100):
        logging.getLogger("jobdesk").info("line %s", n)
    files = sorted(file.name for file in own_home.glob("engine.log*"))
    assert files == ["engine.log", "engine.log.1", "engine.log.2", "engine.log.3"]
    assert all((own_home / name).stat().st_size <= 500 for name in files)


def test_a_home_that_is_a_file(own_home: Path) -> None:
    own_home.parent.mkdir(exist_ok=True)
    own_home.write_text("in the way")
    with pytest.raises(Unavailable, match="can't be written to"):
        set_up_logging(own_home, "engine")
