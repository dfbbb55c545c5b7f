from __future__ import annotations

import pytest

from tests.cli.conftest import Cli


def test_tokens_are_made_listed_and_revoked(cli: Cli) -> None:
    made = cli("token", "create", "web", "--allow-scripts")
    secret = made.text.strip()
    assert (made.code, made.text) == (0, f"{secret}\n")
    assert secret.startswith("jd_")
    again = cli("token", "create", "web")
    assert (again.code, "no other token has" in again.err) == (2, True)
    listed = cli("token", "list", "--json")
    (one,) = listed.json
    assert (one["name"], one["allow_scripts"], one["last_used_at"]) == ("web", True, None)
    shown = cli("token", "list")
    assert "web" in shown.text
    assert secret not in listed.text + shown.text
    assert cli("token", "revoke", "web").code == 0
    assert cli("token", "revoke", "web").code == 3
    assert cli("token", "list", "--json").json == []


@pytest.mark.parametrize("address", ["0", "65536", "x", "", "nowhere:", "[::1", "a b:80", "-1"])
def test_bad_addresses_of_the_api_are_refused(cli: Cli, address: str) -> None:
    result = cli("serve", "--api", address)
    assert (result.code, "--api" in result.err) == (2, True)
