"""The preview beside the form, and the command that does the same."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.domain.alert import AlertKind
from jobdesk.domain.errors import InvalidInput
from jobdesk.gui.models.alerts.policy_draft import AlertDraft
from jobdesk.gui.models.backoff_draft import BackoffDraft, BackoffKind
from jobdesk.gui.models.job_form.action_draft import ActionDraft, Kind
from jobdesk.gui.models.job_form.command_line import as_text
from jobdesk.gui.models.job_form.command_text import join_command, split_command
from jobdesk.gui.models.job_form.job_draft import JobDraft
from jobdesk.gui.models.job_form.job_preview import Preview, preview_of
from jobdesk.gui.models.job_form.pairs import PairsModel, pairs_from_text
from jobdesk.gui.models.job_form.policy_draft import PolicyDraft
from jobdesk.gui.models.job_form.schedule_draft import ScheduleDraft, When

NOW = datetime(2026, 10, 23, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def preview(schedule: ScheduleDraft, policy: PolicyDraft | None = None) -> Preview:
    draft = JobDraft(
        schedule=schedule,
        name="my job",
        action=ActionDraft(command="sh -c 'echo hi'"),
        policy=policy or PolicyDraft(),
    )
    return preview_of(draft, NOW, BERLIN)


def daily(zone: str = "Europe/Berlin", **changes: object) -> ScheduleDraft:
    return replace(ScheduleDraft(zone=zone, at="", when=When.DAILY), **changes)  # type: ignore[arg-type]


def test_five_fires_in_the_jobs_zone_and_a_word_on_the_change_of_clocks() -> None:
    shown = preview(daily())
    assert [fire.wall for fire in shown.fires] == [
        "Sat 24 Oct  07:00",
        "Sun 25 Oct  07:00",
        "Mon 26 Oct  07:00",
        "Tue 27 Oct  07:00",
        "Wed 28 Oct  07:00",
    ]
    assert {fire.offset for fire in shown.fires} == {""}
    assert shown.notes == (
        "The clocks change between 24 Oct and 25 Oct: UTC+02:00 becomes UTC+01:00.",
    )
    assert (shown.words, shown.expression, shown.never) == ("At 07:00", "0 7 * * *", "")


def test_another_zone_shows_its_offset_and_the_time_here() -> None:
    fire = preview(daily("Asia/Kolkata")).fires[0]
    assert (fire.wall, fire.offset, fire.here) == (
        "Sat 24 Oct  07:00",
        "UTC+05:30",
        "Sat 03:30 here",
    )


def test_seconds_and_another_year_are_shown_where_they_matter() -> None:
    shown = preview(daily(when=When.CRON, cron="30 0 7 1 1 *"))
    assert shown.fires[0].wall == "Fri 1 Jan 2027  07:00:30"


@pytest.mark.parametrize(
    ("schedule", "words", "why"),
    [
        (daily(when=When.CRON, cron="0 0 31 2 *"), "It would never run", "No year has this day"),
        (daily(when=When.CRON, cron="61 * * * *"), "", "isn't complete"),
        (daily(when=When.HAND), "By hand only", "with Run now"),
        (daily(when=When.ONCE, at="2020-01-01T00:00+00:00"), "Once", "has passed"),
    ],
)
def test_why_nothing_fires(schedule: ScheduleDraft, words: str, why: str) -> None:
    shown = preview(schedule)
    assert shown.fires == ()
    assert shown.words.startswith(words)
    assert why in shown.never


def test_what_counts_from_saving_says_so() -> None:
    for schedule in (daily(when=When.EVERY), daily(when=When.ONCE, after_delay=True)):
        shown = preview(schedule)
        assert shown.floating
        assert shown.notes == ("Counted from the moment you save.",)
    assert not preview(daily()).floating


def test_months_without_the_day_are_mentioned() -> None:
    shown = preview(daily("UTC", when=When.MONTHLY, day="31"))
    assert shown.notes == ("Months without a day 31 are left out.",)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (PolicyDraft(), "after up to 10 s, 20 s and 40 s. Then"),
        (PolicyDraft(jitter=False), "after 10 s, 20 s and 40 s. Then"),
        (PolicyDraft(retries=0), "a dead letter at once"),
        (PolicyDraft(retries=1, jitter=False), "after 10 s. Then"),
        (
            PolicyDraft(retries=4, backoff=BackoffDraft(BackoffKind.FIXED, fixed="5m")),
            "after 5 m, 4 times.",
        ),
        (PolicyDraft(backoff=BackoffDraft(BackoffKind.LIST, delays="1s,2s")), "after 1 s and 2 s."),
        (
            PolicyDraft(retries=20, jitter=False),
            "10 s, 20 s, 40 s, 1 m 20 s, 2 m 40 s and 15 more times, 12 h 25 m in all",
        ),
    ],
)
def test_the_retries_in_words(policy: PolicyDraft, words: str) -> None:
    assert words in preview(daily(), policy).retries


def test_no_words_for_retries_that_cannot_be_read() -> None:
    assert preview(daily(), PolicyDraft(backoff=BackoffDraft(base="x"))).retries == ""


def test_the_command_says_what_differs_from_the_defaults() -> None:
    policy = PolicyDraft(
        queue="nightly", backoff=BackoffDraft(BackoffKind.LIST, delays="1s,2s"), jitter=False
    )
    assert preview(daily(), policy).command == (
        "jobdesk job add 'my job' \\\n"
        "  --cron '0 7 * * *' \\\n"
        "  --tz Europe/Berlin \\\n"
        "  --queue nightly \\\n"
        "  --backoff list:1s,2s \\\n"
        "  --no-jitter \\\n"
        "  --cwd ~ \\\n"
        "  -- sh -c 'echo hi'"
    )


def test_the_command_says_who_is_told() -> None:
    alerts = AlertDraft(
        channels=("mail", "team chat"), kinds=(AlertKind.LATE,), threshold=3, late_start="5m",
        late_end="90", late_factor="2.5",
    )  # fmt: skip
    command = preview_of(draft_of(alerts), NOW, BERLIN).command.replace("\\\n", " ")
    words = shlex.split(command)
    assert words[words.index("--alert-channel") : words.index("--cwd")] == [
        "--alert-channel", "mail", "--alert-channel", "team chat", "--alert-on", "late",
        "--alert-threshold", "3", "--late-start", "5m", "--late-end", "1m30s",
        "--late-factor", "2.5",
    ]  # fmt: skip
    nobody = preview_of(draft_of(AlertDraft(channels=())), NOW, BERLIN)
    assert "nobody is told" in nobody.command_note


def draft_of(alerts: AlertDraft) -> JobDraft:
    action = ActionDraft(command="true")
    return JobDraft(schedule=daily(), name="my job", action=action, alerts=alerts)


def test_no_command_for_what_cannot_be_saved_or_is_far_too_long() -> None:
    assert preview(daily("Nowhere")).command == ""
    draft = JobDraft(
        schedule=daily(),
        name="a",
        action=ActionDraft(kind=Kind.HTTP, url="http://h", body="x" * 5_000),
        enabled=False,
    )
    shown = preview_of(draft, NOW, BERLIN)
    assert shown.command == ""
    assert "characters long" in shown.command_note
    assert "It is disabled" in shown.notes[0]


def test_the_command_for_windows_is_one_line() -> None:
    command = [["jobdesk", "job", "add", "my job"], ["--", "C:\\a b.exe"]]
    assert as_text(command, windows=True) == 'jobdesk job add "my job" -- "C:\\a b.exe"'
    assert shlex.split(as_text(command, windows=False).replace("\\\n", " ")) == [
        *command[0],
        *command[1],
    ]


# -- a program and its arguments ----------------------------------------------------------


@given(st.lists(st.text(max_size=8)), st.booleans())
def test_a_command_is_read_as_it_was_written(words: list[str], windows: bool) -> None:
    assert split_command(join_command(words, windows=windows), windows=windows) == words


def test_quotes_and_backslashes() -> None:
    assert split_command("a 'b c' \"d e\" f\\ g # h", windows=False) == [
        "a", "b c", "d e", "f g", "#", "h",
    ]  # fmt: skip
    assert split_command(r"C:\x\y.exe 'a b'", windows=True) == [r"C:\x\y.exe", "a b"]
    assert join_command([r"C:\Program Files\x.exe", "a"], windows=True) == (
        r'"C:\Program Files\x.exe" a'
    )
    with pytest.raises(InvalidInput, match="closing quotation mark"):
        split_command("a 'b")


# -- pairs --------------------------------------------------------------------------------


def test_lines_become_pairs() -> None:
    assert pairs_from_text("A=1\n\n export B = x=y \nC\r\n", "=") == (
        ("A", "1"),
        ("B", " x=y "),
        ("C", ""),
    )
    assert pairs_from_text("Accept: text/html\nX:1", ":") == (("Accept", "text/html"), ("X", "1"))


def test_a_table_of_pairs_always_ends_with_a_blank_row() -> None:
    model = PairsModel(("NAME", "value"))
    assert model.rowCount() == 1
    model.setData(model.index(0, 0), "A")
    model.setData(model.index(0, 1), "1\n2")
    assert (model.rowCount(), model.pairs()) == (2, (("A", "1\n2"),))
    assert model.data(model.index(0, 1)) == "1↵2"
    model.insert(5, [("B", "x" * 10_000_000)])
    assert [name for name, _ in model.pairs()] == ["A", "B"]
    assert len(model.data(model.index(1, 1))) < 400
    model.remove([0, 2])
    assert (model.rowCount(), len(model.pairs())) == (2, 1)
