from __future__ import annotations

import sys

import pytest
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.action import ScriptAction
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.retry import RetryPolicy
from jobdesk.gui import alerts
from jobdesk.gui.alerts import Alerts
from jobdesk.gui.context import Context
from jobdesk.store import claims

EXIT_7 = Verdict(Outcome.FAILED, Reason.EXIT_CODE, "exit code 7", exit_code=7)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "GATHER_MS", 150)
    monkeypatch.setattr(alerts, "REST_MS", 300)


@pytest.fixture
def watching(context: Context, qtbot: QtBot) -> Alerts:
    return Alerts(context.desk, context.calls, context.watch)


def die(desk: Desk, count: int = 1) -> list[int]:
    """Runs that die of exit code 7, as the engine concludes them."""
    import random

    action, policy = ScriptAction([sys.executable]), RetryPolicy(retries=0)
    ids = desk.push_many([action] * count, retry=policy)
    writer, now = desk._db.writer, desk.now()
    for claim in writer.run(lambda tx: claims.claim(tx, now, count)):
        writer.run(lambda tx, c=claim: claims.conclude(tx, c, EXIT_7, desk.now(), random.Random(1)))
    return ids


def test_one_death_is_told_with_its_reason(
    watching: Alerts, context: Context, qtbot: QtBot
) -> None:
    watching.begin()
    with qtbot.waitSignal(watching.alert) as told:
        (run_id,) = die(context.desk)
    title, text, about = told.args
    assert title.endswith("failed for good")
    assert text.startswith("The script's exit code was not 0: exit code 7")
    assert about == run_id


def test_a_storm_is_one_message(watching: Alerts, context: Context, qtbot: QtBot) -> None:
    watching.begin()
    told: list[tuple[str, str, object]] = []
    watching.alert.connect(lambda *args: told.append(args))
    die(context.desk, 5)
    qtbot.waitUntil(lambda: bool(told))
    assert told[0][0] == "5 alerts: 5 failures"
    assert told[0][2] is None


def test_what_dies_while_it_rests_is_gathered(
    watching: Alerts, context: Context, qtbot: QtBot
) -> None:
    watching.begin()
    told: list[str] = []
    watching.alert.connect(lambda title, text, run_id: told.append(title))
    die(context.desk)
    qtbot.waitUntil(lambda: len(told) == 1)
    die(context.desk)
    die(context.desk)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told[1] == "2 alerts: 2 failures"


def test_what_nobody_was_there_to_be_told_is_told_by_the_next_window(
    watching: Alerts, context: Context, qtbot: QtBot
) -> None:
    die(context.desk, 3)
    with qtbot.waitSignal(watching.alert) as told:
        watching.begin()
    assert told.args[0] == "3 alerts: 3 failures"


def test_a_death_is_told_once(watching: Alerts, context: Context, qtbot: QtBot) -> None:
    watching.begin()
    with qtbot.waitSignal(watching.alert):
        die(context.desk)
    with qtbot.assertNotEmitted(watching.alert, wait=600):
        context.desk.push(ScriptAction([sys.executable]))


def test_deaths_of_a_crash_have_a_notice_of_their_own(
    watching: Alerts, context: Context, qtbot: QtBot
) -> None:
    watching.begin()
    desk = context.desk
    desk.push(ScriptAction([sys.executable]), retry=RetryPolicy(retries=0))
    desk._db.writer.run(lambda tx: claims.claim(tx, desk.now(), 1))
    told: list[tuple[str, str, object]] = []
    watching.alert.connect(lambda *args: told.append(args))
    desk._db.writer.run(lambda tx: claims.rescue(tx, desk.now()))
    (another,) = die(desk)
    qtbot.waitUntil(lambda: bool(told))
    assert [run_id for _, _, run_id in told] == [another]
