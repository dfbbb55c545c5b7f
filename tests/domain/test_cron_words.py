"""Cron expressions in words."""

from __future__ import annotations

import pytest

from jobdesk.domain.cron import describe
from jobdesk.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 7 * * 1-5", "At 07:00, Monday to Friday"),
        ("0 17 * * *", "At 17:00"),
        ("0,30 2 * * *", "At 02:00 and 02:30"),
        ("30 0 12 * * *", "At 12:00:30"),
        ("@daily", "At 00:00"),
        ("@weekly", "At 00:00, on Sunday"),
        ("@hourly", "Every hour"),
        ("* * * * *", "Every minute"),
        ("* * * * * *", "Every second"),
        ("*/10 * * * * *", "Every 10 seconds"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("0,15,30,45 * * * *", "Every 15 minutes"),
        ("5-59/10 * * * *", "Every 10 minutes, starting at 5 minutes past the hour"),
        ("5 * * * *", "At 5 minutes past the hour"),
        ("1 * * * *", "At 1 minute past the hour"),
        ("1-10 * * * *", "Minutes 1 to 10 past the hour"),
        ("*/90 * * * *", "Every hour"),
        # Not "every 7 minutes": it starts anew with each hour.
        ("*/7 * * * *", "At 0, 7, 14, 21, 28, 35, 42, 49, and 56 minutes past the hour"),
        ("0 */2 * * *", "Every 2 hours"),
        ("0 */5 * * *", "At 00:00, 05:00, 10:00, 15:00 and 20:00"),
        ("0 1-23/2 * * *", "Every 2 hours, starting at 01:00"),
        ("30 9-17 * * *", "Every hour from 09:30 to 17:30"),
        ("* 2 * * *", "Every minute, between 02:00 and 02:59"),
        ("* 7,9 * * *", "Every minute, between 07:00 and 07:59 and between 09:00 and 09:59"),
        ("*/5 9-17 * * 1-5", "Every 5 minutes, between 09:00 and 17:59, Monday to Friday"),
        ("*/2 * 9 * * *", "Every 2 seconds, between 09:00 and 09:59"),
        ("0 0 L * *", "At 00:00, on the last day of the month"),
        ("0 0 L,15 * *", "At 00:00, on day 15 and the last day of the month"),
        ("0 0 1,15 * *", "At 00:00, on days 1 and 15 of the month"),
        ("0 0 1-15/2 * *", "At 00:00, on every 2nd day from 1 to 15 of the month"),
        ("0 9 * * 5#2", "At 09:00, on the second Friday of the month"),
        ("0 9 * * L5", "At 09:00, on the last Friday of the month"),
        ("0 0 * * 0", "At 00:00, on Sunday"),
        ("0 0 * * 7", "At 00:00, on Sunday"),
        ("0 0 * * 6,0", "At 00:00, on Saturday and Sunday"),
        ("0 0 * * 5-7", "At 00:00, Friday to Sunday"),
        ("0 0 * * fri-sun", "At 00:00, Friday to Sunday"),
        ("0 0 * * MON,wed", "At 00:00, on Monday and Wednesday"),
        ("0 0 * * 0-7", "At 00:00"),
        ("0 0 * * 1,3#2", "At 00:00, on Monday and the second Wednesday of the month"),
        ("0 0 29 2 *", "At 00:00, on day 29 of the month, in February"),
        ("0 0 1 jan,MAR *", "At 00:00, on day 1 of the month, in January and March"),
        ("15 10 * 6-8 *", "At 10:15, June to August"),
        # Either is enough …
        ("0 0 1 * 1", "At 00:00, on day 1 of the month or on Monday"),
        ("0 0 1 * 5#2", "At 00:00, on day 1 of the month or on the second Friday of the month"),
        (
            "0 0 31 12 0,6",
            "At 00:00, on day 31 of the month or on Saturday and Sunday, in December",
        ),
        ("0 0 1-31 * 1", "At 00:00"),
        ("0 0 1 * 0-6", "At 00:00"),
        # … unless one begins with a star.
        (
            "0 0 */2 * 1",
            "At 00:00, on every 2nd day from 1 to 31 of the month, but only on Monday",
        ),
        ("0 0 1-7 * */7", "At 00:00, on days 1 to 7 of the month, but only on Sunday"),
    ],
)
def test_words(expression: str, words: str) -> None:
    assert describe(expression) == words


@pytest.mark.parametrize("expression", ["61 * * * *", "0 0 31 2 *", "", "@reboot"])
def test_what_is_no_schedule_has_no_words(expression: str) -> None:
    with pytest.raises(InvalidInput):
        describe(expression)


def test_the_language_does_not_follow_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LANG", "LC_ALL", "LANGUAGE"):
        monkeypatch.setenv(name, "de_DE.UTF-8")
    assert describe("*/20 * * * *") == "Every 20 minutes"
