from __future__ import annotations

from jobdesk.domain.settings import EngineSettings
from jobdesk.store import preferences
from tests.support.work import Work


def test_defaults_until_something_is_set(work: Work) -> None:
    assert work.read(preferences.load) == EngineSettings()
    changed = EngineSettings(workers=3, kill_grace=0.5)
    for _ in range(2):
        work.write(lambda tx: preferences.save(tx, changed))
        assert work.read(preferences.load) == changed


def test_what_makes_no_sense_is_at_its_default(work: Work) -> None:
    work.write(lambda tx: preferences.save(tx, EngineSettings(workers=3, keep_dead_days=5)))
    work.sql("UPDATE settings SET value = '{' WHERE name = 'workers'")
    work.sql("UPDATE settings SET value = '-1' WHERE name = 'keep_dead_days'")
    work.sql("INSERT INTO settings VALUES ('from_the_future', '1')")
    assert work.read(preferences.load) == EngineSettings()
    work.write(lambda tx: preferences.save(tx, EngineSettings(workers=4)))
    assert work.read(preferences.load).workers == 4


def test_a_desk_has_one_name(work: Work) -> None:
    name = work.write(preferences.desk_id)
    assert len(name) == 12
    assert work.write(preferences.desk_id) == name


def test_a_damaged_name_is_replaced(work: Work) -> None:
    name = work.write(preferences.desk_id)
    work.sql("UPDATE settings SET value = 'x' WHERE name = 'desk_id'")
    new = work.write(preferences.desk_id)
    assert new not in (name, "x")
    assert work.write(preferences.desk_id) == new
