"""What the settings say about the API, secrets and signing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobdesk.desk.secrets import SecretInfo
from jobdesk.desk.signing import SigningStatus
from jobdesk.gui.models.settings.words import (
    base_url,
    exposure,
    removal_words,
    signing_words,
    split_listen,
    unset_words,
    weakness,
)

NOW = datetime(2026, 4, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("listen", "exposed"),
    [
        ("", False),
        ("127.0.0.1:8127", False),
        ("127.8.0.1:8127", False),
        ("localhost:8127", False),
        ("[::1]:8127", False),
        ("0.0.0.0:8127", True),
        ("[::]:8127", True),
        ("192.168.1.5:8127", True),
        ("desk.example:8127", True),
        ("desk.example:", False),  # no address yet; the field says so
    ],
)
def test_one_is_warned_before_others_can_come_in(listen: str, exposed: bool) -> None:
    assert bool(exposure(listen)) is exposed


def test_where_this_computer_finds_it() -> None:
    assert base_url("0.0.0.0:8127") == "http://127.0.0.1:8127"
    assert base_url("[::]:8127") == "http://127.0.0.1:8127"
    assert base_url("[::1]:80") == "http://[::1]:80"
    assert split_listen("") == ("127.0.0.1", "8127")
    assert split_listen("[::1]:80") == ("[::1]", "80")


def test_removing_a_secret_names_the_jobs_that_use_it() -> None:
    def used_by(*jobs: str) -> str:
        return removal_words(SecretInfo("KEY", "file", NOW, NOW, list(jobs)))

    assert used_by().startswith("No job uses it.")
    assert used_by("Backup").startswith("“Backup” uses it.")
    assert used_by("a", "b").startswith("“a”, “b” use it.")
    assert used_by(*"abcdefg").startswith("“a”, “b”, “c”, “d” and 3 other jobs use it.")


def test_signing_in_words() -> None:
    def words(*, on: bool, rotating: bool) -> str:
        return signing_words(SigningStatus(on, rotating, "keyring", NOW, "X-Sig", "X-Time"), NOW)

    assert words(on=False, rotating=False) == "Requests are not signed."
    assert "the system's keyring" in words(on=True, rotating=False)
    assert "being changed" not in words(on=True, rotating=False)
    assert "X-Sig-Previous" in words(on=True, rotating=True)


def test_a_signing_secret_that_can_be_guessed_is_called_so() -> None:
    assert (weakness(""), weakness("x" * 16)) == ("", "")
    assert "guessed" in weakness("x" * 15)


def test_secrets_that_are_not_set_are_named() -> None:
    assert unset_words([]) == ""
    assert unset_words(["A"]) == "The secret A is not set yet: set it in the settings first"
    assert unset_words(list("ABCDE")).startswith("The secrets A, B, C, D, … are not set yet")
