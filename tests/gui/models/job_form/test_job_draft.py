"""The content of the job form: there and back, what is wrong, what it means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.alert import AlertKind, AlertPolicy
from jobdesk.domain.assertions import parse_assertions
from jobdesk.domain.catchup import CatchUp
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.job import Job, JobSpec, Overlap
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.retry import ExponentialBackoff, FixedBackoff, ListBackoff, RetryPolicy
from jobdesk.domain.timeout import NO_LIMIT
from jobdesk.domain.trigger import At, Cron, Every
from jobdesk.gui.models.assertions_draft import AssertionsDraft
from jobdesk.gui.models.backoff_draft import BackoffDraft, BackoffKind
from jobdesk.gui.models.job_form.action_draft import ActionDraft, Kind
from jobdesk.gui.models.job_form.job_draft import JobDraft
from jobdesk.gui.models.job_form.policy_draft import PolicyDraft
from jobdesk.gui.models.job_form.schedule_draft import AnyTrigger, ScheduleDraft, When

NOW = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
ZONE = "Europe/Berlin"


def job_of(spec: JobSpec, anchor: datetime = NOW) -> Job:
    return Job(1, spec, anchor, anchor, anchor, None, None)


def filled(**changes: Any) -> JobDraft:
    draft = JobDraft.new(ZONE, NOW)
    return replace(draft, name="backup", action=ActionDraft(command="backup.sh"), **changes)


def scheduled(**changes: Any) -> JobDraft:
    draft = filled()
    return replace(draft, schedule=replace(draft.schedule, **changes))


# -- there and back ---------------------------------------------------------------------

texts = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=20
).filter(str.strip)
words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
durations = st.integers(1, 10**12).map(lambda micros: micros / 1_000_000)

scripts = st.one_of(
    st.lists(words, max_size=4).flatmap(
        lambda more: texts.map(lambda program: ScriptAction([program, *more]))
    ),
    texts.map(lambda line: ScriptAction(shell=line)),
)
calls = st.builds(
    HttpAction,
    st.sampled_from(["GET", "POST"]),
    st.just("http://localhost/x"),
    headers=st.dictionaries(st.sampled_from(["A", "b-c"]), st.just("one two")),
    body=st.none() | words,
)
triggers: st.SearchStrategy[AnyTrigger | None] = st.one_of(
    st.none(),
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)).map(At),  # noqa: DTZ001
    st.integers(1_000_000, 10**13).map(lambda micros: Every(micros / 1_000_000)),
    st.builds(
        Cron,
        st.one_of(
            st.sampled_from(["0 7 * * 1-5", "@daily", "*/10 * * * * *", "0 0 L * *", "5 * * * *"]),
            st.builds("{} {} {} * {}".format, st.integers(0, 59), st.integers(0, 23),
                      st.sampled_from(["*", "1", "31", "L", "07"]),
                      st.sampled_from(["*", "1", "0,6", "6,0", "7", "1-5", "00"])),
        ),
        tz=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]),
    ),
)  # fmt: skip
backoffs = st.one_of(
    st.builds(ExponentialBackoff, base=durations, factor=st.floats(1, 1000), cap=durations),
    st.builds(FixedBackoff, seconds=durations),
    st.builds(ListBackoff, delays=st.lists(durations, min_size=1, max_size=4)),
)
told = st.none() | st.builds(
    AlertPolicy,
    channels=st.none() | st.lists(st.sampled_from(["desktop", "mail", "gone"])),
    kinds=st.none() | st.sets(st.sampled_from(AlertKind)),
    threshold=st.none() | st.integers(1, 1000),
    late_start=st.none() | durations.filter(bool),
    late_end=st.none() | durations.filter(bool),
    late_factor=st.none() | st.floats(1.1, 1000),
)
specs = st.builds(
    JobSpec,
    name=texts,
    action=scripts | calls,
    trigger=triggers,
    queue=texts,
    priority=st.integers(-5, 5),
    # Said or not, whatever the default is: the one is not the other.
    retry=st.none()
    | st.fixed_dictionaries(
        {},
        optional={
            "retries": st.integers(0, 9),
            "backoff": backoffs,
            "jitter": st.booleans(),
            "retry_permanent": st.booleans(),
        },
    )
    .filter(bool)
    .map(lambda said: RetryPolicy(**said)),
    timeout=st.none() | durations | st.just(NO_LIMIT),
    alerts=told,
    callback_url=st.none() | st.just("https://example.com/done"),
    overlap=st.sampled_from(Overlap),
    catch_up=st.sampled_from(CatchUp),
    enabled=st.booleans(),
)


@given(specs)
def test_a_job_that_is_only_looked_at_stays_as_it_is(spec: JobSpec) -> None:
    draft = JobDraft.from_job(job_of(spec), ZONE, NOW)
    assert draft.spec(NOW).to_json() == spec.to_json()
    assert draft.problems(NOW) == {}


def test_what_is_said_explicitly_stays_said() -> None:
    """Even where it is the default, for the queue may say something else."""
    usual = RetryPolicy(retries=3, jitter=True)
    spec = JobSpec(name="a", action=ScriptAction(["a"]), retry=usual, timeout=NO_LIMIT)
    draft = JobDraft.from_job(job_of(spec), ZONE, NOW)
    made = draft.spec(NOW)
    assert made.retry is not None
    assert made.retry.model_fields_set == {"retries", "jitter"}
    queue = QueuePolicy(timeout=60, retry=RetryPolicy(retries=7, backoff=FixedBackoff(seconds=5)))
    settled = draft.policy.settled(queue, "script")
    assert (settled.timeout, settled.retry.retries, settled.retry.backoff.delay(1)) == (
        NO_LIMIT,
        3,
        5,
    )
    words = replace(draft.policy, retries=None, queue="web").inherited(queue, "script")
    assert words["retries"] == "7 (from queue web)"
    assert words["backoff"] == "each after 5s (from queue web)"
    assert words["timeout"] == "1m (from queue web)"
    assert words["retry_permanent"] == "no (default)"


def test_assertions_are_kept_and_what_is_refused_of_them_is_shown_in_their_row() -> None:
    asserted = parse_assertions([{"type": "exit_code_in", "value": [0, 3]}])
    spec = JobSpec(name="a", action=ScriptAction(["a"]), assertions=asserted)
    draft = JobDraft.from_job(job_of(spec), ZONE, NOW)
    assert draft.spec(NOW).assertions == asserted
    silent = replace(draft, success=AssertionsDraft(own=True))
    assert silent.spec(NOW).assertions == ()
    refused = InvalidInput("assertions.0.value", "x", "numbers")
    assert list(draft.refusals(refused)) == ["assertions.0"]


@pytest.mark.parametrize(
    ("expression", "when"),
    [
        ("5 * * * *", When.HOURLY),
        ("30 6 * * *", When.DAILY),
        ("0 7 * * 1-5", When.DAILY),
        ("0 7 * * 1,3,5", When.WEEKLY),
        ("0 7 * * 0,6", When.WEEKLY),
        ("0 7 31 * *", When.MONTHLY),
        ("0 22 L * *", When.MONTHLY),
        # The builder would write these differently, so they stay as they are.
        ("05 * * * *", When.CRON),
        ("0 7 * * 7", When.CRON),
        ("0 7 * * 6,0", When.CRON),
        ("0 7 * * mon", When.CRON),
        ("0 7 1,15 * *", When.CRON),
        ("0 7 1 6 *", When.CRON),
        ("0 7  * * *", When.CRON),
        ("@daily", When.CRON),
        ("0 0 7 * * *", When.CRON),
        ("*/5 * * * *", When.CRON),
    ],
)
def test_a_cron_job_opens_in_the_tab_that_says_exactly_it(expression: str, when: When) -> None:
    trigger = Cron(expression, tz="UTC")
    draft = ScheduleDraft.of(trigger, ZONE, NOW)
    assert (draft.when, draft.trigger(NOW)) == (when, trigger)


@pytest.mark.parametrize(
    ("seconds", "number", "unit"),
    [(300, "5", "m"), (90, "90", "s"), (86_400, "1", "d"), (5_400, "90", "m"), (1.5, "1.5", "s")],
)
def test_an_interval_opens_in_the_unit_that_makes_it_whole(
    seconds: float, number: str, unit: str
) -> None:
    draft = ScheduleDraft.of(Every(seconds), ZONE, NOW)
    assert (draft.every, draft.unit) == (number, unit)


def test_the_form_makes_what_python_makes() -> None:
    draft = JobDraft(
        schedule=ScheduleDraft(zone="Europe/Berlin", at="", when=When.CRON, cron="0 7 * * 1-5"),
        name="report",
        action=ActionDraft(
            kind=Kind.HTTP,
            method="POST",
            url=" http://localhost:8000/report ",
            headers=(("Accept", "text/plain"), ("", "")),
            body="{}",
        ),
        policy=PolicyDraft(
            queue="nightly",
            priority="5",
            timeout="10s",
            retries=2,
            backoff=BackoffDraft(BackoffKind.LIST, delays="1s, 1m"),
            overlap=Overlap.SKIP,
        ),
    )
    assert draft.spec(NOW) == JobSpec(
        name="report",
        action=HttpAction(
            "POST", "http://localhost:8000/report", headers={"Accept": "text/plain"}, body="{}"
        ),
        trigger=Cron("0 7 * * 1-5", tz="Europe/Berlin"),
        queue="nightly",
        priority=5,
        timeout=10,
        retry=RetryPolicy(retries=2, backoff=ListBackoff(delays=[1, 60])),
        overlap=Overlap.SKIP,
    )


def test_unsaved_changes_are_an_unequal_draft() -> None:
    draft = JobDraft.from_job(job_of(filled().spec(NOW)), ZONE, NOW)
    assert draft == replace(draft, origin=None)
    assert draft != replace(draft, name="backup2")
    assert draft != replace(draft, policy=replace(draft.policy, timeout="5s"))


def test_a_copy_has_a_name_of_its_own_and_a_time_to_come() -> None:
    spec = replace(filled(), schedule=ScheduleDraft(ZONE, "2020-01-01T00:00+00:00", When.ONCE))
    draft = JobDraft.from_job(job_of(spec.spec(NOW)), ZONE, NOW)
    copy = draft.duplicate({"backup", "backup (copy)"})
    assert copy.name == "backup (copy 2)"
    assert copy.problems(NOW, {"backup", "backup (copy)"}) == {}
    assert copy.trigger(NOW) == At(NOW + timedelta(minutes=10))
    long = replace(draft, name="x" * 255).duplicate()
    assert len(long.name) == 255
    assert long.name.endswith(" (copy)")


# -- what is wrong ------------------------------------------------------------------------


def test_an_empty_form_asks_for_a_name_and_a_program() -> None:
    assert JobDraft.new(ZONE, NOW).problems(NOW) == {
        "name": "Enter a name",
        "command": "Enter a program to run",
    }


@pytest.mark.parametrize(
    ("changes", "field", "accepted"),
    [
        ({"when": When.CRON, "cron": "61 * * * *"}, "cron", "minutes 0-59, not '61'"),
        ({"when": When.CRON, "cron": "0 0 31 2 *"}, "cron", "no year has this day"),
        ({"when": When.CRON, "cron": ""}, "cron", "Enter five cron fields"),
        ({"when": When.DAILY, "zone": "Mars/Olympus"}, "tz", "the name of a time zone"),
        ({"when": When.DAILY, "zone": ""}, "tz", "the name of a time zone"),
        ({"when": When.WEEKLY, "weekdays": frozenset()}, "weekdays", "at least one day"),
        ({"when": When.EVERY, "every": "0.5", "unit": "s"}, "every", "at least 1s"),
        ({"when": When.EVERY, "every": "banana"}, "every", "a number, such as 5"),
        ({"when": When.EVERY, "every": "nan"}, "every", "a duration such as"),
        ({"when": When.EVERY, "every": "1e9", "unit": "d"}, "every", "a duration"),
        ({"when": When.ONCE, "at": "2026-03-28T11:00+00:00"}, "at", "still to come"),
        ({"when": When.ONCE, "after_delay": True, "delay": "banana"}, "delay", "a duration such"),
        ({"when": When.ONCE, "after_delay": True, "delay": "-5s"}, "delay", "no less than 0"),
    ],
)
def test_a_bad_schedule(changes: dict[str, Any], field: str, accepted: str) -> None:
    draft = scheduled(**changes)
    problems = draft.problems(NOW)
    assert list(problems) == [field]
    assert accepted in problems[field]
    assert draft.preview(NOW) == []
    if field != "at":
        with pytest.raises(InvalidInput):
            draft.spec(NOW)


def test_a_bad_expression_and_a_bad_zone_are_both_shown() -> None:
    draft = scheduled(when=When.CRON, cron="61 * * * *", zone="Nowhere")
    assert set(draft.problems(NOW)) == {"cron", "tz"}


@pytest.mark.parametrize(
    ("action", "field", "accepted"),
    [
        (ActionDraft(command="sh 'never closed"), "command", "a closing quotation mark"),
        (ActionDraft(command="x" * 200_000), "command", "at most 131,071 bytes"),
        (ActionDraft(through_shell=True, shell="  "), "shell", "a shell line"),
        (ActionDraft(command="sh", env=(("", "x"),)), "env", "NAME=VALUE"),
        (ActionDraft(command="sh", env=(("A", "x" * 10_000_000),)), "env", "A: expected at most"),
        (ActionDraft(command="sh", env=(("A", "1"), ("A", "2"))), "env", "A is there twice"),
        (ActionDraft(command="sh", cwd="a\x00b"), "cwd", "text without NUL"),
        (ActionDraft(kind=Kind.HTTP, url="example.com/x"), "url", "an http or https URL"),
        (ActionDraft(kind=Kind.HTTP, url=""), "url", "Enter an http or https URL"),
        (ActionDraft(kind=Kind.HTTP, url="http://h", headers=(("a b", "x"),)), "headers", "name"),
        (
            ActionDraft(kind=Kind.HTTP, url="http://h", headers=(("A", "1"), ("a", "2"))),
            "headers",
            "each name once",
        ),
        (
            ActionDraft(kind=Kind.HTTP, url="http://h", headers=(("A", "x\ny"),)),
            "headers",
            "A: expected a value without control characters",
        ),
        (
            ActionDraft(kind=Kind.HTTP, url="http://h", body="x" * (16 * 1_048_576 + 1)),
            "body",
            "at most 16,777,216 bytes",
        ),
    ],
)
def test_a_bad_action(action: ActionDraft, field: str, accepted: str) -> None:
    draft = replace(filled(), action=action)
    problems = draft.problems(NOW)
    assert list(problems) == [field]
    assert accepted in problems[field]
    assert len(problems[field]) < 250
    with pytest.raises(InvalidInput):
        draft.spec(NOW)


def test_everything_that_is_wrong_is_shown_at_once() -> None:
    action = ActionDraft(kind=Kind.HTTP, url="x", headers=(("a b", "x"),))
    assert set(replace(filled(), name="", action=action).problems(NOW)) == {
        "name",
        "url",
        "headers",
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"queue": ""}, "queue"),
        ({"queue": "a\nb"}, "queue"),
        ({"priority": "high"}, "priority"),
        ({"timeout": ""}, "timeout"),
        ({"timeout": "0"}, "timeout"),
        ({"timeout": "soon"}, "timeout"),
        ({"retries": -1}, "retries"),
        ({"retries": 1001}, "retries"),
        ({"backoff": BackoffDraft(base="0s")}, "base"),
        ({"backoff": BackoffDraft(base="x")}, "base"),
        ({"backoff": BackoffDraft(factor="x")}, "factor"),
        ({"backoff": BackoffDraft(factor="nan")}, "factor"),
        ({"backoff": BackoffDraft(factor="0.5")}, "factor"),
        ({"backoff": BackoffDraft(cap="")}, "cap"),
        ({"backoff": BackoffDraft(BackoffKind.FIXED, fixed="")}, "fixed"),
        ({"backoff": BackoffDraft(BackoffKind.FIXED, fixed="x")}, "fixed"),
        ({"backoff": BackoffDraft(BackoffKind.LIST, delays="")}, "delays"),
        ({"backoff": BackoffDraft(BackoffKind.LIST, delays="1s,,2s")}, "delays"),
    ],
)
def test_a_bad_policy(changes: dict[str, Any], field: str) -> None:
    draft = filled(policy=PolicyDraft(**changes))
    assert list(draft.problems(NOW)) == [field]
    with pytest.raises(InvalidInput):
        draft.spec(NOW)


@pytest.mark.parametrize("name", ["", "  ", "x" * 256, "a\nb", "a\x00b"])
def test_a_bad_name(name: str) -> None:
    assert list(replace(filled(), name=name).problems(NOW)) == ["name"]


def test_a_name_that_is_taken_is_refused_but_not_the_jobs_own() -> None:
    new = filled()
    assert "another name" in new.problems(NOW, {"backup"})["name"]
    old = JobDraft.from_job(job_of(new.spec(NOW)), ZONE, NOW)
    assert old.problems(NOW, {"backup"}) == {}
    assert "name" in replace(old, name="other").problems(NOW, {"backup", "other"})


def test_a_past_time_may_stay_but_not_be_set() -> None:
    spec = JobSpec(name="a", action=ScriptAction(["a"]), trigger=At(NOW - timedelta(days=1)))
    draft = JobDraft.from_job(job_of(spec), ZONE, NOW)
    assert draft.problems(NOW) == {}
    earlier = replace(draft.schedule, at="2026-03-01T00:00+00:00")
    assert list(replace(draft, schedule=earlier).problems(NOW)) == ["at"]


def test_what_the_desk_refuses_is_shown_where_it_was_typed() -> None:
    refused = InvalidInput("at", "2020", "a time that is still to come")
    assert list(scheduled(when=When.ONCE).refusals(refused)) == ["at"]
    assert list(scheduled(when=When.ONCE, after_delay=True).refusals(refused)) == ["delay"]
    assert list(filled().refusals(InvalidInput("header X", "y", "z"))) == ["headers"]


# -- what it means ------------------------------------------------------------------------


def test_the_next_fires_of_a_cron_schedule_over_a_change_of_clocks() -> None:
    draft = scheduled(when=When.DAILY, time="02:30", zone="Europe/Berlin")
    assert draft.words(NOW) == "At 02:30"
    # On 29 March the clocks skip from 02:00 to 03:00: it runs right after.
    assert draft.preview(NOW, 3) == [
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
        datetime(2026, 3, 31, 0, 30, tzinfo=UTC),
    ]


def test_an_interval_keeps_its_beat_until_it_is_changed() -> None:
    spec = JobSpec(name="a", action=ScriptAction(["a"]), trigger=Every(600))
    draft = JobDraft.from_job(job_of(spec, NOW - timedelta(minutes=4)), ZONE, NOW)
    assert draft.preview(NOW, 2) == [NOW + timedelta(minutes=6), NOW + timedelta(minutes=16)]
    changed = replace(draft, schedule=replace(draft.schedule, every="5"))
    assert (draft.is_floating(NOW), changed.is_floating(NOW)) == (False, True)
    assert changed.preview(NOW, 1) == [NOW + timedelta(minutes=5)]


def test_once_and_by_hand() -> None:
    once = scheduled(when=When.ONCE, after_delay=True, delay="90m")
    assert once.preview(NOW) == [NOW + timedelta(minutes=90)]
    assert once.words(NOW) == "Once, after a delay"
    assert once.is_floating(NOW)
    assert filled().words(NOW) == "By hand only"
    assert filled().preview(NOW) == []
    assert scheduled(when=When.EVERY).words(NOW) == "Every 5 minutes"


def test_the_delays_of_retries() -> None:
    assert filled().retry_preview() == [timedelta(seconds=s) for s in (10, 20, 40)]
    assert filled(policy=PolicyDraft(backoff=BackoffDraft(base="x"))).retry_preview() == []
