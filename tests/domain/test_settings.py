from __future__ import annotations

from typing import Any

import pytest

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.settings import EngineSettings, parse_listen


@pytest.mark.parametrize(
    ("text", "listen"),
    [
        ("", ""), ("8127", "127.0.0.1:8127"), (":80", "127.0.0.1:80"), ("0.0.0.0:9", "0.0.0.0:9"),
        (" localhost:8127 ", "localhost:8127"), ("[::1]:8127", "[::1]:8127"),
    ],
)  # fmt: skip
def test_where_the_api_listens(text: str, listen: str) -> None:
    assert parse_listen(text) == listen
    assert EngineSettings(api_listen=text).api_listen == listen


@pytest.mark.parametrize(
    "value", ["host", "0", "65536", "a b:80", "::1:80:x", "http://h:80", "h:٣", None, 8127]
)
def test_where_it_can_not_listen(value: Any) -> None:
    with pytest.raises(InvalidInput, match="api_listen"):
        parse_listen(value)


@pytest.mark.parametrize("origin", ["*", "example.com", "https://a/b", "ftp://a", "https://"])
def test_origins_that_are_none(origin: str) -> None:
    with pytest.raises(InvalidInput, match="api_cors"):
        EngineSettings(api_cors=(origin,))
    assert EngineSettings(api_cors=("https://a.example:81",)).api_cors


def test_what_makes_no_sense_is_at_its_default() -> None:
    found = EngineSettings.lenient({"api_listen": "nowhere", "api_rate": 5})
    assert (found.api_listen, found.api_rate) == ("", 5)
