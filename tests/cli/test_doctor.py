from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli


def test_all_is_well(cli: Cli, own_home: Path) -> None:
    result = cli("doctor", "--json")
    checks = {check["name"]: check for check in result.json["checks"]}
    assert (result.code, checks["database file"]["state"]) == (0, "ok")
    assert checks["home"]["found"].startswith(str(own_home))
    assert checks["engine"]["state"] == "warning"
    assert "jobdesk serve" in checks["engine"]["advice"]
    assert "-> open the window, or run `jobdesk serve`" in cli("doctor").text


def test_what_is_wrong_and_what_to_do(cli: Cli, own_home: Path) -> None:
    own_home.mkdir()
    (own_home / "jobdesk.db").write_bytes(b"rubbish" * 1000)
    result = cli("doctor")
    assert result.code == 4
    assert "PROBLEM database: " in result.text
    problems = [one for one in cli("doctor", "--json").json["checks"] if one["state"] == "problem"]
    assert [one["name"] for one in problems] == ["database"]
    assert all(one["advice"] for one in problems)
