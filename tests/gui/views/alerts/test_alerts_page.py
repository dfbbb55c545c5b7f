"""The page of alerts on a real desk: what goes on, what is snoozed, what was told."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.action import ScriptAction
from jobdesk.domain.alert import AlertKind, AlertPolicy
from jobdesk.domain.heartbeat import HeartbeatSpec
from jobdesk.domain.outcome import Outcome, Reason, Verdict
from jobdesk.domain.retry import RetryPolicy
from jobdesk.domain.settings import EngineSettings
from jobdesk.gui.context import Context
from jobdesk.gui.models.alerts.rows import AlertsModel, IncidentsModel
from jobdesk.gui.models.alerts.words import SNOOZES
from jobdesk.gui.models.cells import BadgeCell
from jobdesk.gui.views.alerts.alerts_page import AlertsPage
from jobdesk.gui.views.alerts.heartbeat_dialog import HeartbeatDialog
from jobdesk.gui.views.alerts.ping_dialog import PingDialog
from jobdesk.store import claims, deliveries
from jobdesk.store.writer import Tx

ERROR = "Failed to send E-Mail: [Errno 111] Connection refused"


def opened(qtbot: QtBot, context: Context) -> AlertsPage:
    page = AlertsPage(context)
    qtbot.addWidget(page)
    page.resize(1200, 700)
    page.show()
    page.activate()
    return page


def run_fails(desk: Desk) -> int:
    """A job whose run has died, and of which the desktop and the mail are told."""
    policy = AlertPolicy(channels=("desktop", "mail"))
    desk.add_job(
        "Backup", ScriptAction(["true"]), queue="nightly", alerts=policy,
        retry=RetryPolicy(retries=0),
    )  # fmt: skip
    return run_ends(desk, Verdict(Outcome.FAILED, Reason.EXIT_CODE, "exit code 7", exit_code=7))


def run_ends(desk: Desk, verdict: Verdict) -> int:
    desk.run_job("Backup")

    def work(tx: Tx) -> int:
        (claim,) = claims.claim(tx, desk.now(), 1)
        claims.conclude(tx, claim, verdict, desk.now(), random.Random(1))
        return claim.run.id

    return desk._write(work)


def mail_fails(desk: Desk) -> None:
    """Its message over the mail was given up."""
    (alert,) = desk.alerts.recent()
    ids = [one.id for one in alert.deliveries if one.channel == "mail"]
    desk._write(lambda tx: deliveries.not_sent(tx, ids, ERROR, None, desk.now()))


def test_a_failure_goes_on_and_leads_to_its_run(qtbot: QtBot, context: Context, desk: Desk) -> None:
    run_id = run_fails(desk)
    page = opened(qtbot, context)
    tab = page.alerts
    qtbot.waitUntil(lambda: tab.incidents.rowCount() == 1)
    cells = [tab.incidents.cell(0, column) for column in range(5)]
    assert cells[IncidentsModel.WHAT].text == "Backup"
    told = cells[IncidentsModel.TOLD]
    assert isinstance(told, BadgeCell)
    assert told.text == "Failure"
    assert cells[IncidentsModel.FAILURES].text == "1"
    tab.now.selectRow(0)
    assert not tab.inspector.isHidden()
    assert tab.inspector.facts.values()["What"] == "Job in queue nightly"
    with qtbot.waitSignal(context.navigation.open_run) as asked:
        tab.open_run.trigger()
    assert asked.args == [run_id]
    with qtbot.waitSignal(context.navigation.open_run):
        tab.history.clicked_cell.emit(tab.alerts.row(0), AlertsModel.RUN)


def test_why_a_message_was_not_sent_is_told_in_full_and_it_is_sent_again(
    qtbot: QtBot, context: Context, desk: Desk
) -> None:
    run_fails(desk)
    mail_fails(desk)
    page = opened(qtbot, context)
    tab = page.alerts
    qtbot.waitUntil(lambda: tab.alerts.rowCount() == 1)
    assert not tab.send_again.isEnabled()
    tab.history.selectRow(0)
    assert tab.inspector.deliveries.values() == {"desktop": "waiting", "mail": "not sent"}
    assert tab.inspector.deliveries.notes()["mail"].replace("\u200b", "") == ERROR
    tab.send_again.trigger()
    qtbot.waitUntil(lambda: tab.inspector.deliveries.values()["mail"].startswith("waiting"))
    assert not tab.send_again.isEnabled()


def test_one_list_at_a_time_has_the_selection(qtbot: QtBot, context: Context, desk: Desk) -> None:
    run_fails(desk)
    tab = opened(qtbot, context).alerts
    qtbot.waitUntil(lambda: tab.alerts.rowCount() == 1)
    tab.now.selectRow(0)
    tab.history.selectRow(0)
    assert tab.now.selected_rows() == []
    assert tab.inspector.facts.values()["Kind"] == "Failure"
    tab.now.selectRow(0)
    assert tab.history.selected_rows() == []
    assert "Kind" not in tab.inspector.facts.values()


def test_a_job_is_snoozed_and_woken(qtbot: QtBot, context: Context, desk: Desk) -> None:
    run_fails(desk)
    tab = opened(qtbot, context).alerts
    qtbot.waitUntil(lambda: tab.incidents.rowCount() == 1)
    assert tab.snoozable() == ["*"]
    tab.now.selectRow(0)
    tab.snooze.trigger()
    menus = [entry.menu() for entry in tab._snooze_menu.actions()]
    assert [entry.text() for entry in tab._snooze_menu.actions()] == [
        "Job “Backup”", "Queue “nightly”", "Everything",
    ]  # fmt: skip
    two_hours = menus[0].actions()[SNOOZES.index("2 hours")]  # type: ignore[union-attr]
    two_hours.trigger()
    tab._snooze_menu.hide()
    qtbot.waitUntil(lambda: list(tab.snoozed.buttons) == ["job:Backup"])
    assert abs(desk.alerts.snoozes()["job:Backup"] - desk.now() - timedelta(hours=2)) < timedelta(
        minutes=1
    )
    assert "snoozed until" in tab.incidents.cell(0, IncidentsModel.WHAT).second  # type: ignore[union-attr]
    assert tab.unsnooze.isEnabled()
    tab.snoozed.buttons["job:Backup"].click()
    qtbot.waitUntil(lambda: not tab.snoozed.buttons)
    assert desk.alerts.snoozes() == {}
    assert tab.snoozed.isHidden()


def test_what_is_over_is_snoozed_by_way_of_its_run(
    qtbot: QtBot, context: Context, desk: Desk
) -> None:
    run_fails(desk)
    run_ends(desk, Verdict(Outcome.SUCCEEDED))
    tab = opened(qtbot, context).alerts
    qtbot.waitUntil(lambda: tab.alerts.rowCount() == 1)
    assert tab.incidents.rowCount() == 0
    assert tab.quiet.isVisible()
    tab.history.selectRow(0)
    qtbot.waitUntil(lambda: tab.snoozable() == ["job:Backup", "queue:nightly", "*"])


def test_without_alerts_it_says_how_somebody_is_told(qtbot: QtBot, context: Context) -> None:
    page = opened(qtbot, context)
    qtbot.waitUntil(lambda: page.alerts.stack.currentWidget() is page.alerts.empty)
    with qtbot.waitSignal(context.navigation.show_settings) as asked:
        page.alerts.empty.button.click()
    assert asked.args == ["Alerts"]


def test_older_alerts_are_asked_for(
    qtbot: QtBot, context: Context, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_fails(desk)
    page = opened(qtbot, context)
    page.alerts.limit = 1
    page.read()
    qtbot.waitUntil(lambda: not page.alerts.older.isHidden() and page.alerts.alerts.rowCount() == 1)
    page.alerts.older.click()
    qtbot.waitUntil(page.alerts.older.isHidden)


# -- heartbeats -----------------------------------------------------------------------------


def test_a_heartbeat_is_made_pinged_changed_and_removed(
    qtbot: QtBot, context: Context, desk: Desk
) -> None:
    page = opened(qtbot, context)
    tab = page.heartbeats
    page.tabs.setCurrentWidget(tab)
    tab.empty.button.click()
    (dialog,) = tab.findChildren(HeartbeatDialog)
    assert not dialog.save.isEnabled()
    dialog.name.setText("Off-site copy")
    dialog.every.setText("1h")
    dialog.grace.setText("soon")
    assert dialog.form.fields["grace"].error.text()
    assert not dialog.save.isEnabled()
    dialog.grace.setText("10m")
    dialog.save.click()
    qtbot.waitUntil(lambda: tab.model.rowCount() == 1)
    (made,) = desk.heartbeats.all()
    assert (made.spec.every, made.spec.grace, made.spec.alerts) == (3600, 600, None)
    (how,) = tab.findChildren(PingDialog)
    how.accept()
    qtbot.waitUntil(lambda: tab.table.selected_rows() != [])
    assert tab.model.cell(0, tab.model.STATE).text == "Waiting"
    tab.ping.trigger()
    qtbot.waitUntil(lambda: tab.model.cell(0, tab.model.STATE).text == "Fine")
    tab.remove.trigger()
    (box,) = [one for one in tab.findChildren(QMessageBox) if one.isVisible()]
    next(one for one in box.buttons() if one.text() == "Remove").click()
    qtbot.waitUntil(lambda: tab.stack.currentWidget() is tab.empty)
    assert desk.heartbeats.all() == []


def test_a_heartbeat_saved_unchanged_doesn_t_begin_anew(
    qtbot: QtBot, context: Context, desk: Desk
) -> None:
    policy = AlertPolicy(channels=("gone",), kinds=(AlertKind.SILENT,))
    desk.heartbeats.add(HeartbeatSpec(name="x", every=60, grace=0, alerts=policy))
    before = desk.heartbeats.ping("x")
    page = opened(qtbot, context)
    tab = page.heartbeats
    qtbot.waitUntil(lambda: tab.model.rowCount() == 1)
    tab.table.selectRow(0)
    tab.edit.trigger()
    (dialog,) = tab.findChildren(HeartbeatDialog)
    assert list(dialog.alerts.channels.boxes) == ["desktop", "gone"]
    with qtbot.waitSignal(dialog.saved):
        dialog.save.click()
    assert desk.heartbeats.all() == [before]


def test_how_to_ping_is_copied(qtbot: QtBot, context: Context, desk: Desk) -> None:
    desk.save_settings(EngineSettings(api_listen="0.0.0.0:9000"))
    page = opened(qtbot, context)
    dialog = PingDialog(context, page, "a b")
    dialog.open()
    qtbot.waitUntil(lambda: "127.0.0.1:9000" in dialog.curl.text.toPlainText())
    dialog.curl.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("curl -X POST ")
    assert copied.endswith("http://127.0.0.1:9000/api/v1/heartbeats/a%20b")
    dialog.command.copy.click()
    assert QGuiApplication.clipboard().text() in (
        "jobdesk heartbeat ping 'a b'", 'jobdesk heartbeat ping "a b"',
    )  # fmt: skip
    dialog.accept()
