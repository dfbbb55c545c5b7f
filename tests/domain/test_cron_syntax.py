"""What is no cron expression here, and what the refusal says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobdesk.domain.cron_syntax import LAST, parse_cron
from jobdesk.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "five cron fields"),
        ("   ", "five cron fields"),
        (None, "five cron fields"),
        (5, "five cron fields"),
        (b"* * * * *", "five cron fields"),
        ("*", "there is 1"),
        ("* * * *", "there are 4"),
        ("0 0 0 1 1 * 2026", "there are 7"),
        ("60 * * * *", "minutes 0-59, not '60'"),
        ("61 * * * *", "minutes 0-59, not '61'"),
        ("0-60 * * * *", "minutes 0-59, not '60'"),
        ("* 24 * * *", "hours 0-23"),
        ("* * 0 * *", "days of the month 1-31"),
        ("* * 32 * *", "days of the month 1-31"),
        ("* * * 0 *", "months 1-12 or jan-dec"),
        ("* * * 13 *", "months 1-12 or jan-dec"),
        ("* * * * 8", "weekdays 0-7 or sun-sat"),
        ("60 * * * * *", "seconds 0-59"),
        ("9" * 200 + " * * * *", "minutes 0-59"),
        ("H * * * *", "in the minute field"),
        ("R * * * *", "in the minute field"),
        ("H(0-29)/10 * * * *", "in the minute field"),
        ("* * ? * *", "write * for any"),
        ("* * * * ?", "write * for any"),
        ("5-3 * * * *", "a range from low to high in the minute field"),
        ("* 22-6 * * *", "a range from low to high in the hour field"),
        ("* * * nov-feb *", "a range from low to high in the month field"),
        ("* * * * 6-2", "a range from low to high in the weekday field"),
        ("*/0 * * * *", "a step of at least 1 in the minute field"),
        ("1-5/0 * * * *", "a step of at least 1 in the minute field"),
        ("*/ * * * *", "in the minute field"),
        ("*/-1 * * * *", "in the minute field"),
        ("-1 * * * *", "in the minute field"),
        ("+1 * * * *", "in the minute field"),
        ("1.5 * * * *", "in the minute field"),
        ("*5 * * * *", "in the minute field"),
        ("1-2-3 * * * *", "in the minute field"),
        ("1,,2 * * * *", "no empty item in the minute field"),
        (",1 * * * *", "no empty item in the minute field"),
        ("* 1, * * *", "no empty item in the hour field"),
        ("* * * * 1,", "no empty item in the weekday field"),
        ("* jan * * *", "in the hour field"),
        ("* * * mon *", "in the month field"),
        ("* * * january *", "in the month field"),
        ("* * * * monday", "in the weekday field"),
        ("L * * * *", "in the minute field"),
        ("* * * L *", "in the month field"),
        ("* * * * L", "in the weekday field"),
        ("* * * * 5L", "write L5"),
        ("* * * * L8", "weekdays 0-7"),
        ("* * L-3 * *", "L for the last day"),
        ("* * 15W * *", "in the day of the month field"),
        ("* * LW * *", "in the day of the month field"),
        ("* * 5#2 * *", "in the day of the month field"),
        ("* * * * 5#0", "1 to 5 after #"),
        ("* * * * 5#6", "1 to 5 after #"),
        ("* * * * 8#1", "weekdays 0-7"),
        ("* * * * 1-5#2", "in the weekday field"),
        ("٣ * * * *", "plain ASCII"),
        ("１ * * * *", "plain ASCII"),
        ("0\u00a00 * * *", "plain ASCII"),
        ("0 0 * * *\n", "one line"),
        ("0 0\n* * *", "one line"),
        ("0 0 * *\x00 *", "one line"),
        ("0 " * 200, "at most 255 characters"),
        ("@reboot", "no trigger for a start of the computer"),
        ("@every 5m", "@hourly"),
        ("@", "@hourly"),
        ("0 0 31 2 *", "a date that exists"),
        ("0 0 30 2 *", "a date that exists"),
        ("0 0 31 4,6 *", "a date that exists"),
        ("0 0 30 2 */2", "a date that exists"),
        ("0 0 */30 * 1#3", "a date that exists"),
    ],
)
def test_refused(expression: Any, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_cron(expression, "when")
    [problem] = caught.value.problems
    assert problem.field == "when"
    assert problem.value == expression
    assert says in problem.expected


def test_what_the_fields_hold() -> None:
    fields = parse_cron("0 1-3,*/30 2 L,5 feb,4-6/2 7,mon#1,L5")
    assert fields.seconds == (0,)
    assert fields.minutes == (0, 1, 2, 3, 30)
    assert fields.hours == (2,)
    assert (fields.days, fields.last_day) == ((5,), True)
    assert fields.months == (2, 4, 6)
    assert fields.weekdays == (0,)
    assert fields.nth == ((1, 1), (5, LAST))


@pytest.mark.parametrize(
    ("expression", "fixed", "both"),
    [
        ("30 2 1 * 1", True, False),
        ("30 2 * * *", True, True),
        ("*/5 2 1 * *", False, True),
        ("30 */2 */2 * 1", False, True),
        ("0-59 0-23 1-31 * 1", True, False),
        ("*,5 2 1 * 1", False, False),
        ("5,* 2 1,* * 1", True, False),
        ("* 30 2 1 * *", True, True),
        ("@hourly", False, True),
    ],
)
def test_what_a_star_in_front_means(expression: str, fixed: bool, both: bool) -> None:
    fields = parse_cron(expression)
    assert (fields.fixed_time, fields.both_days) == (fixed, both)


@given(st.text("0123456789*/-,#?LWHRjanmosu@ \t\n٣", max_size=20) | st.text(max_size=10))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        fields = parse_cron(text)
    except InvalidInput as error:
        [problem] = error.problems
        assert problem.expected
    else:
        assert all((fields.seconds, fields.minutes, fields.hours, fields.months))
