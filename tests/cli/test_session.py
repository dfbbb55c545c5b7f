from __future__ import annotations

import pytest

from jobdesk.cli.session import run_id
from jobdesk.domain.errors import NotFound
from tests.cli.conftest import Cli

NO_IDS = [
    "", "-1", "-1.5", "0", "1.5", "+1", " 1", "1\n", "1e0", "0x1", "²", "٣", "banana", "-", "#1",
    "9223372036854775807", "9223372036854775808", "99999999999999999999", "9" * 5000,
]  # fmt: skip


@pytest.mark.parametrize(
    "verb", [["show"], ["log"], ["cancel"], ["retry"], ["discard"], ["replay"], ["--json", "show"]]
)
def test_whatever_the_id_looks_like_there_is_no_such_run(cli: Cli, verb: list[str]) -> None:
    for text in NO_IDS:
        result = cli(*verb, text)
        assert (result.code, result.out) == (3, b""), text
        assert result.err.startswith("jobdesk: no such run: ")
        assert len(result.err) < 200


def test_an_id_is_read() -> None:
    assert run_id("847") == 847
    with pytest.raises(NotFound, match="no such run: '8a'"):
        run_id("8a")
