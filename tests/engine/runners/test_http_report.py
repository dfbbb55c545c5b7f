from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobdesk.engine.runners.http_report import (
    mask_headers,
    mask_url,
    parse_retry_after,
    status_line,
)

NOW = datetime(2026, 4, 10, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "delay"),
    [
        ("0", timedelta(0)),
        ("120", timedelta(minutes=2)),
        (" 7 ", timedelta(seconds=7)),
        ("2027", timedelta(seconds=2027)),
        ("Fri, 10 Apr 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Friday, 10-Apr-26 12:01:00 GMT", timedelta(minutes=1)),
        ("Fri Apr 10 12:01:00 2026", timedelta(minutes=1)),
        ("Fri, 10 Apr 2026 14:01:00 +0200", timedelta(minutes=1)),
        ("Fri, 10 Apr 2020 12:01:00 GMT", timedelta(0)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("٣", None),
        ("Fri, 99 Apr 2026 12:01:00 GMT", None),
        ("0" * 100 + "7", timedelta(seconds=7)),
        ("999999999999", timedelta(seconds=999999999999)),
        ("9" * 60_000, timedelta(seconds=999999999999)),
        ("Sat, 10 Apr 2027 12:00:00 GMT", timedelta(days=365)),
        ("Wed, 10 Apr 2126 12:00:00 GMT", timedelta(days=36_524)),
        ("Fri, 10 Apr 99999 12:01:00 GMT", None),
        ("2027-04-10T12:00:00Z", None),
        ("in 7 s", None),
    ],
)
def test_retry_after(value, delay):
    assert parse_retry_after(value, NOW) == delay


def test_secrets_are_masked():
    assert mask_url("https://me:secret@host:8/p?q=1#f") == "https://***@host:8/p?q=1#f"
    assert mask_url("http://host/p@q") == "http://host/p@q"
    headers = {"authorization": "Basic x", "COOKIE": "a", "Proxy-Authorization": "b", "X": b"y"}
    assert mask_headers(headers) == {
        "authorization": "***",
        "COOKIE": "***",
        "Proxy-Authorization": "***",
        "X": "y",
    }


def test_a_status_without_words_gets_the_usual_ones():
    assert status_line(503, "") == "503 Service Unavailable"
    assert status_line(503, "Gone fishing") == "503 Gone fishing"
    assert status_line(799, None) == "799"
