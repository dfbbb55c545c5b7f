"""The parts of pages that decide something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from jobdesk.desk import Desk
from jobdesk.domain.action import ScriptAction
from jobdesk.domain.retry import ExponentialBackoff, FixedBackoff, RetryPolicy
from jobdesk.domain.run import RunState
from jobdesk.domain.trigger import Every
from jobdesk.gui.views.flow import FlowLayout
from jobdesk.gui.views.inspector import Facts, _Copyable, breakable
from jobdesk.gui.views.jobs.job_inspector import next_fires, retry_words
from jobdesk.gui.views.overview.activity_chart import HOURS, buckets, first_hour, nice_top

NOW = datetime(2026, 3, 4, 12, 34, 56, tzinfo=UTC)


def test_hours_are_counted() -> None:
    counts = {
        (HOURS - 1, RunState.SUCCEEDED): 1,
        (HOURS - 1, RunState.DEAD): 1,
        (HOURS - 2, RunState.SUCCEEDED): 1,
        (HOURS - 2, RunState.CANCELLED): 1,
    }
    hours = buckets(first_hour(NOW), counts)
    assert len(hours) == HOURS
    assert (hours[-1].start.hour, hours[-1].succeeded, hours[-1].failed) == (12, 1, 1)
    assert (hours[-2].succeeded, hours[-2].failed) == (1, 0)
    assert sum(bucket.succeeded + bucket.failed for bucket in hours) == 3


@given(st.integers(0, 10**7))
def test_the_scale_holds_the_highest_bar(most: int) -> None:
    top = nice_top(most)
    assert top >= most
    assert top <= max(4, 2.5 * most)
    assert top % 2 == 0


def test_delays_are_told() -> None:
    assert retry_words(RetryPolicy(retries=0)) == "none"
    fixed = RetryPolicy(retries=2, backoff=FixedBackoff(seconds=30))
    assert retry_words(fixed) == "2, after 30s, 30s"
    growing = RetryPolicy(retries=9, backoff=ExponentialBackoff())
    assert retry_words(growing) == "9, after up to 10s, 20s, 40s, 1m20s, …"


def test_next_fires(desk: Desk) -> None:
    job = desk.add_job("tick", ScriptAction(["true"]), trigger=Every("1h"))
    fires = next_fires(job, job.anchor_at)
    assert fires == [job.anchor_at + timedelta(hours=n) for n in range(1, 6)]
    assert next_fires(desk.enable_job("tick", False), NOW) == []
    assert next_fires(desk.add_job("hand", ScriptAction(["true"])), NOW) == []


@pytest.mark.parametrize("text", ["plain words", "/usr/bin/env a", "https://x.org/a?b=c&d=e"])
def test_places_to_break_change_nothing_that_is_seen(text: str) -> None:
    assert breakable(text).replace("\u200b", "").replace("\u2060", "") == text


def test_what_is_copied_has_no_invisible_characters(qtbot: QtBot) -> None:
    facts = Facts()
    qtbot.addWidget(facts)
    command = "rsync -a /home/me/projects /mnt/backup"
    facts.set([("Job", ""), ("Does", breakable(command))])
    assert list(facts.values()) == ["Does"]
    value = facts._pairs[0][1].value
    assert isinstance(value, _Copyable)
    value.copy()
    assert QGuiApplication.clipboard().text() == command


def test_a_flow_goes_on_in_the_next_line(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    flow = FlowLayout(4, widget)
    buttons = [QPushButton("button") for _ in range(6)]
    for button in buttons:
        flow.addWidget(button)
    width = buttons[0].sizeHint().width()
    widget.resize(3 * width + 8, 200)
    widget.show()
    tops = [button.y() for button in buttons]
    assert tops[:3] == [0, 0, 0]
    assert tops[3] == tops[4] == tops[5] > 0
    assert flow.heightForWidth(6 * width + 20) < flow.heightForWidth(width)
    buttons[0].hide()
    flow.activate()
    assert buttons[3].y() == 0


def test_what_is_low_stands_in_the_middle_of_its_line(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    flow = FlowLayout(4, widget)
    high, low = QWidget(), QWidget()
    high.setFixedSize(10, 40)
    low.setFixedSize(10, 20)
    flow.addWidget(high)
    flow.addWidget(low)
    widget.resize(400, flow.heightForWidth(400))
    widget.show()
    assert (high.y(), low.y()) == (0, 10)
