from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from tests.cli.conftest import Cli
from tests.support.command import Result

Typed = Callable[..., Result]


@pytest.fixture
def typed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Runs a command with something on its standard input."""

    def call(data: bytes, *args: str) -> Result:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        return cli(*args)

    return call


def test_a_secret_comes_from_stdin_and_goes_nowhere_else(cli: Cli, typed: Typed) -> None:
    result = typed(b"hunter22\n", "secret", "set", "KEY")
    assert (result.code, result.out) == (0, b"")
    assert "hunter22" not in result.err
    result = typed(b"hunter23", "secret", "set", "KEY", "--json")
    assert (result.json["name"], result.json["place"]) == ("KEY", "file")
    cli("job", "add", "report", "--", "true", "${secret:KEY}")
    (one,) = cli("secret", "list", "--json").json
    assert (one["name"], one["used_by"]) == ("KEY", ["report"])
    listed = cli("secret", "list")
    assert "report" in listed.text
    assert "hunter" not in listed.text
    removed = cli("secret", "remove", "KEY")
    assert "warning: report can't run without it" in removed.err
    assert cli("secret", "remove", "KEY").code == 3
    assert "no secrets" in cli("secret", "list").err


def test_only_the_last_line_break_is_no_part_of_it(
    typed: Typed, own_home: object, cli: Cli
) -> None:
    from jobdesk.desk import Desk
    from jobdesk.vault import Vault

    with Desk.open() as desk:
        vault = Vault.open(desk.home)
    for data, value in ((b"line\nline\r\n", "line\nline"), (b" padded \n\n", " padded \n")):
        assert typed(data, "secret", "set", "KEY").code == 0
        assert vault.get("KEY") == value


@pytest.mark.parametrize("data", [b"", b"\n", b"abc\n", b"\xff\xfe\xfd\xfc", b"x" * 70_000])
def test_what_is_no_secret_is_refused_and_not_repeated(typed: Typed, data: bytes) -> None:
    result = typed(data, "secret", "set", "KEY")
    assert result.code == 2
    assert "xxxx" not in result.err
    assert "abc" not in result.err


def test_names_are_checked_before_a_value_is_read(typed: Typed) -> None:
    result = typed(b"hunter22", "secret", "set", "9 lives")
    assert result.code == 2
    assert "name: '9 lives' is not accepted" in result.err


def test_a_missing_secret_is_a_warning(cli: Cli, typed: Typed) -> None:
    push = ("push", "--http", "GET", "http://localhost/", "-H", "X: ${secret:KEY}")
    pushed = cli(*push, "--json")
    assert (pushed.code, pushed.json["id"]) == (0, 1)
    assert "warning: the secret KEY is not set" in pushed.err
    added = cli("job", "add", "report", "--shell", "echo ${secret:KEY}")
    assert "warning: the secret KEY is not set" in added.err
    typed(b"hunter22", "secret", "set", "KEY")
    assert "warning" not in cli(*push).err
    assert cli("push", "--", "true", "${secret:}").code == 2


def test_signing_from_the_first_secret_to_none(cli: Cli, typed: Typed) -> None:
    assert cli("signing", "status", "--json").json["on"] is False
    assert typed(b"too early", "signing", "rotate").code == 2
    first = typed(b"short\n", "signing", "set")
    assert first.code == 0
    assert "warning: a secret of fewer than 16 characters" in first.err
    second = typed(b"a secret that is long enough\n", "signing", "set")
    assert "warning" not in second.err
    assert "signing finish" in second.err
    assert cli("signing", "status", "--json").json["rotating"] is True
    assert cli("signing", "finish", "--json").json["rotating"] is False
    named = cli("signing", "headers", "--signature", "X-Sig", "--json").json
    assert (named["header"], named["timestamp_header"]) == ("X-Sig", "X-Recuro-Timestamp")
    replaced = typed(b"another one\n", "signing", "set", "--replace", "--json").json
    assert (replaced["on"], replaced["rotating"]) == (True, False)
    assert cli("signing", "remove", "--json").json["on"] is False
    assert typed(b"\n", "signing", "set").code == 2


def test_doctor_says_which_vault(cli: Cli, typed: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    def vault() -> dict[str, str]:
        checks = cli("doctor", "--json").json["checks"]
        return next(check for check in checks if check["name"] == "secrets")

    assert "encrypted file" in vault()["found"]
    typed(b"hunter22", "secret", "set", "KEY")
    assert vault()["state"] == "ok"
    monkeypatch.setenv("JOBDESK_VAULT_KEY", "/nowhere/at/all")
    assert vault()["state"] == "problem"
    monkeypatch.setenv("JOBDESK_VAULT", "pocket")
    assert "JOBDESK_VAULT" in vault()["found"]
