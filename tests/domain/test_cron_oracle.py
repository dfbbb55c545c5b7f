"""Cron schedules against cronsim and croniter, over random expressions, zones and times.

cronsim mimics Debian cron, clock changes included. Where it differs from us on purpose:

- It names ``L5`` ``5L``, and gives a job one fire for each skipped time, all at the end of
  the gap; we make one fire of them. The comparison drops its doubles.
- It has no Debian rule for six fields: it lets them all fire as wildcards do. So those
  are compared around clock changes only where ours are wildcards, too.
- It moves a fixed time out of a gap minute by minute; ours ends at the gap's end. That
  differs only for gaps that end within a minute (none since 1972).
- It counts hours in UTC, so that where clocks move by half an hour it steps over the
  first half hour after a change: wildcards in such zones have their own test, by brute
  force over every minute.
- It goes from one day to the next by its midnight, also where that was skipped: for
  wildcards on certain days, it then fires at a time that doesn't exist. We don't.

croniter is compared on UTC only and on plain fields: it takes ``3-3`` for the whole field,
and ``1-31`` for ``*`` if a star stands anywhere in the other day field.
``JOBDESK_CRON_EXAMPLES`` sets how many examples each property tries.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from jobdesk.domain.cron import CronSchedule, describe
from jobdesk.domain.errors import InvalidInput

EXAMPLES = int(os.environ.get("JOBDESK_CRON_EXAMPLES", "200"))
many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

CHANGES = [
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Africa/Casablanca", "2026-02-15T02:00"),
    ("Africa/Casablanca", "2026-03-22T02:00"),
    ("America/Sao_Paulo", "2017-10-15T03:00"),
    ("America/Sao_Paulo", "2018-02-18T02:00"),
    ("America/Sao_Paulo", "2018-11-04T03:00"),
    ("Europe/Dublin", "2026-03-29T01:00"),
    ("Asia/Tehran", "2022-03-21T20:30"),
    ("Asia/Gaza", "2026-03-28T00:00"),
    ("America/Havana", "2026-11-01T05:00"),
    ("Antarctica/Troll", "2026-03-29T01:00"),
    ("Pacific/Apia", "2011-12-30T10:00"),
    ("Pacific/Kwajalein", "1993-08-21T12:00"),
    ("Asia/Pyongyang", "2018-05-04T15:00"),
    ("America/Caracas", "2016-05-01T07:00"),
    ("UTC", "2026-06-30T23:59"),
]
HALF_HOURS = {"Australia/Lord_Howe", "Asia/Pyongyang", "America/Caracas"}
NAMED = ["30 2 * * *", "30 1 * * *", "*/30 * * * *", "0 */2 * * *"]


@st.composite
def items(draw: st.DrawFn, low: int, high: int) -> str:
    first = draw(st.integers(low, high))
    last = draw(st.integers(first, high))
    step = draw(st.integers(1, 12))
    form = draw(st.sampled_from(["number", "number", "range", "step", "range step"]))
    return {
        "number": f"{first}",
        "range": f"{first}-{last}",
        "step": f"*/{step}",
        # One value and a step is refused by us, and means "to the end" to others.
        "range step": f"{first}-{last}/{step}" if last > first else f"{first}",
    }[form]


def lists(low: int, high: int) -> st.SearchStrategy[str]:
    return st.lists(items(low, high), min_size=1, max_size=3).map(",".join)


def fields(low: int, high: int) -> st.SearchStrategy[str]:
    return st.one_of(st.just("*"), items(low, high), lists(low, high))


MINUTES, HOURS = fields(0, 59), fields(0, 23) | fields(0, 4)
DAYS = st.just("*") | fields(1, 31) | st.just("L") | st.integers(1, 31).map("{},L".format)
COUNTED = st.builds("{}#{}".format, st.integers(0, 7), st.integers(1, 5))
WEEKDAYS = st.just("*") | fields(0, 7) | COUNTED | st.integers(0, 7).map("L{}".format)
MONTHS = st.just("*") | st.just("*") | fields(1, 12)
FIVE = st.builds("{} {} {} {} {}".format, MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS)
DAILY = st.builds("{} {} * * *".format, MINUTES, HOURS) | st.sampled_from(NAMED)
SIX = st.builds("{} {}".format, fields(0, 59), FIVE | DAILY)
NEAR = st.builds(
    lambda change, seconds: (
        ZoneInfo(change[0]),
        datetime.fromisoformat(change[1]).replace(tzinfo=UTC) + timedelta(seconds=seconds),
    ),
    st.sampled_from(CHANGES),
    st.integers(-2 * 86_400, 2 * 86_400) | st.integers(-7_200, 7_200),
)


def schedule(expression: str, zone: ZoneInfo) -> CronSchedule:
    """The schedule, or another example where the dates never come."""
    try:
        return CronSchedule(expression, zone)
    except InvalidInput as error:
        reason = error.problems[0].expected
    assume(not reason.startswith("a date that exists"))
    raise AssertionError(f"{expression!r} was refused: {reason}")


def ours(cron: CronSchedule, after: datetime, count: int) -> list[datetime]:
    fires: list[datetime] = []
    for _ in range(count):
        fire = cron.next(after)
        if fire is None:
            break
        fires.append(fire)
        after = fire
    return fires


def theirs(
    expression: str, zone: ZoneInfo, after: datetime, count: int, lead: int = 4
) -> list[datetime]:
    """cronsim's first fires; ``lead`` is by how many hours it begins earlier.

    Started inside a repeated hour, it would forget which of the two it is in.
    """
    head, _, weekday = expression.rpartition(" ")
    text = f"{head} {weekday[1:]}L" if weekday.startswith("L") else expression
    fires: list[datetime] = []
    for fire in CronSim(text, (after - timedelta(hours=lead)).astimezone(zone)):
        moment = fire.astimezone(UTC)
        # Next to a skipped midnight it names times that don't exist; try another example.
        if moment.astimezone(zone).replace(tzinfo=None) != fire.replace(tzinfo=None):
            reject()
        if moment > after and (not fires or moment > fires[-1]):
            fires.append(moment)
        if len(fires) == count:
            break
    return fires


def wildcard(expression: str) -> bool:
    minute, hour = expression.split()[-5:-3]
    return minute.startswith("*") or hour.startswith("*")


@many
@given(FIVE | DAILY, NEAR)
def test_five_fields_fire_when_cronsim_does(
    expression: str, near: tuple[ZoneInfo, datetime]
) -> None:
    zone, after = near
    assume(not (wildcard(expression) and zone.key in HALF_HOURS))
    cron = schedule(expression, zone)
    assert ours(cron, after, 12) == theirs(expression, zone, after, 12)


@many
@given(DAILY.filter(wildcard), NEAR)
def test_wildcards_fire_whenever_the_wall_clock_matches(
    expression: str, near: tuple[ZoneInfo, datetime]
) -> None:
    zone, after = near
    after = after.replace(second=0)
    end = after + timedelta(hours=6)
    expected = matching(expression, zone, after)
    cron = CronSchedule(expression, zone)
    assert [f for f in ours(cron, after, len(expected) + 1) if f <= end] == expected
    assert cron.last(after, end, 1_000) == expected


@pytest.mark.parametrize("expression", [text for text in NAMED if wildcard(text)])
@pytest.mark.parametrize(
    ("zone", "change"), [pair for pair in CHANGES if pair[0] in HALF_HOURS], ids=str
)
def test_named_wildcards_where_clocks_move_by_half_an_hour(
    expression: str, zone: str, change: str
) -> None:
    after = datetime.fromisoformat(change).replace(tzinfo=UTC) - timedelta(hours=3)
    expected = matching(expression, ZoneInfo(zone), after)
    cron = CronSchedule(expression, ZoneInfo(zone))
    assert expected
    assert cron.last(after, after + timedelta(hours=6), 1_000) == expected


def matching(expression: str, zone: ZoneInfo, after: datetime) -> list[datetime]:
    """The minutes of six hours at which the wall clock matches a daily expression."""
    # Any day does: cronsim names its times of day, on naive time.
    times = set()
    for match in CronSim(expression, datetime(2026, 1, 1) - timedelta(minutes=1)):  # noqa: DTZ001
        if match.day != 1:
            break
        times.add(match.time())
    minutes = [after + timedelta(minutes=n) for n in range(1, 361)]
    return [m for m in minutes if m.astimezone(zone).time() in times]


@many
@given(SIX, NEAR)
def test_six_fields_fire_when_cronsim_does(
    expression: str, near: tuple[ZoneInfo, datetime]
) -> None:
    zone, after = near
    if not wildcard(expression) or zone.key in HALF_HOURS:
        zone = ZoneInfo("Asia/Kolkata")  # no clock changes since 1945
    horizon = after + timedelta(hours=3)
    cron = schedule(expression, zone)
    got = [fire for fire in ours(cron, after, 12) if fire <= horizon]
    # Wildcards need no lead, and hours of seconds would take cronsim long.
    assert got == [fire for fire in theirs(expression, zone, after, 12, 0) if fire <= horizon]


@pytest.mark.parametrize("expression", NAMED)
@pytest.mark.parametrize(("zone", "change"), CHANGES, ids=lambda value: str(value))
def test_named_expressions_around_each_change(expression: str, zone: str, change: str) -> None:
    after = datetime.fromisoformat(change).replace(tzinfo=UTC) - timedelta(days=2)
    cron = CronSchedule(expression, ZoneInfo(zone))
    fires = ours(cron, after, 200)
    if not (wildcard(expression) and zone in HALF_HOURS):
        assert fires == theirs(expression, ZoneInfo(zone), after, 200)
    assert all(left < right for left, right in pairwise(fires))


@many
@given(FIVE | DAILY | SIX, NEAR, st.integers(0, 999_999), st.integers(0, 200_000))
def test_walking_back_agrees_with_walking_forward(
    expression: str, near: tuple[ZoneInfo, datetime], micros: int, seconds: int
) -> None:
    zone, start = near
    start = start.replace(microsecond=micros)
    end = start + timedelta(seconds=seconds)
    cron = schedule(expression, zone)
    forward = [fire for fire in ours(cron, start, 300) if fire <= end]
    if len(forward) == 300:
        end = forward[-1] + timedelta(microseconds=micros)
        assume(cron.next(forward[-1]) > end)  # type: ignore[operator]
    assert cron.last(start, end, 1_000) == forward
    assert cron.last(start, end, 7) == forward[-7:]
    assert cron.latest(start, end) == (forward[-1] if forward else None)
    assert cron.count_between(start, end, 1_000) == len(forward)
    assert cron.count_between(start, end, 3) == min(3, len(forward))


@many
@given(FIVE | SIX, NEAR)
def test_next_does_not_depend_on_where_in_between_one_asks(
    expression: str, near: tuple[ZoneInfo, datetime]
) -> None:
    zone, after = near
    cron = schedule(expression, zone)
    fire = cron.next(after)
    assert fire is not None
    assert fire > after
    assert fire.tzinfo is UTC
    assert fire.microsecond == 0
    for part in (0.25, 0.5, 0.999):
        between = after + (fire - after) * part
        assert cron.next(between) == fire
    assert cron.next(fire - timedelta(microseconds=1)) == fire
    assert cron.latest(after, fire) == fire


PLAIN = st.builds(
    "{} {} {} {} {}".format,
    MINUTES,
    HOURS,
    fields(1, 31),
    MONTHS,
    st.just("*") | fields(0, 6),
).filter(lambda text: ",*" not in text and not any(a == b for a, b in _ranges(text)))


def _ranges(text: str) -> list[tuple[str, str]]:
    """The ends of all ranges; croniter takes equal ones for the whole field."""
    parts = [item.partition("/")[0].partition("-") for item in text.replace(",", " ").split()]
    return [(low, high) for low, dash, high in parts if dash]


@many
@given(PLAIN, st.integers(0, 3_000_000_000))
def test_plain_expressions_fire_when_croniter_does(expression: str, seconds: int) -> None:
    from croniter import croniter

    after = datetime.fromtimestamp(seconds, UTC)
    cron = schedule(expression, ZoneInfo("UTC"))
    other = croniter(expression, after, implement_cron_bug=True, ret_type=datetime)
    assert ours(cron, after, 5) == [other.get_next() for _ in range(5)]


@many
@given(FIVE | DAILY | SIX)
def test_every_schedule_has_words(expression: str) -> None:
    schedule(expression, ZoneInfo("UTC"))
    words = describe(expression)
    assert words[0].isupper()
    for fault in ("  ", " ,", "through", "None", "{", ", ,"):
        assert fault not in words
    assert not words.endswith((",", "."))
