from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobdesk.desk import Desk
from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.errors import InvalidInput, NotAllowed, NotFound
from jobdesk.store import secrets as store
from jobdesk.vault import Vault

CALL = HttpAction("GET", "http://localhost/", headers={"X": "${secret:KEY}"})


@pytest.fixture
def desk(own_home: Path) -> Iterator[Desk]:
    with Desk.open(own_home) as desk:
        yield desk


def test_a_secret_is_named_and_never_shown(desk: Desk, own_home: Path) -> None:
    heard: list[str] = []
    stop = desk.listen(heard.extend)
    made = desk.secrets.set("KEY", "hunter22")
    stop()
    assert "hunter22" not in repr(made)
    assert (made.name, made.place, made.used_by) == ("KEY", "file", [])
    desk.add_job("report", CALL)
    desk.add_job("other", ScriptAction(shell="echo ${secret:KEY} ${secret:KEY}"))
    desk.secrets.set("KEY", "hunter23")
    (one,) = desk.secrets.all()
    assert (one.used_by, one.created_at) == (["other", "report"], made.created_at)
    assert one.updated_at >= made.updated_at
    assert Vault.open(own_home).get("KEY") == "hunter23"
    desk.secrets.remove("KEY")
    assert (desk.secrets.all(), Vault.open(own_home).get("KEY")) == ([], None)
    with pytest.raises(NotFound, match="secret: 'KEY'"):
        desk.secrets.remove("KEY")


def test_what_is_missing_is_told_and_accepted(desk: Desk, own_home: Path) -> None:
    assert desk.secrets.missing(CALL) == ["KEY"]
    assert desk.push(CALL).id == 1
    Vault.open(own_home).set("KEY", "known to the vault alone, after a restore")
    assert desk.secrets.missing(CALL) == []
    desk.secrets.set("KEY", "hunter22")
    assert desk.secrets.missing(CALL) == []
    assert desk.secrets.missing(ScriptAction(["true"])) == []


def test_what_the_vault_lost_is_found_out(desk: Desk, own_home: Path) -> None:
    desk.secrets.set("KEY", "hunter22")
    assert desk.secrets.lost() == []
    Vault.open(own_home).delete("KEY")
    assert desk.secrets.lost() == ["KEY"]


def test_the_signing_secret_is_nobodys_to_touch_as_a_secret(desk: Desk) -> None:
    desk.signing.set("a secret of the receivers")
    assert desk.secrets.all() == []
    for call in (
        lambda: desk.secrets.set("signing.current", "value"),
        lambda: desk.secrets.remove("signing.current"),
        lambda: HttpAction("GET", "http://h/", body="${secret:signing.current}"),
    ):
        with pytest.raises(InvalidInput, match="doesn't begin with"):
            call()


def _kept(desk: Desk) -> dict[str, str]:
    return Vault.open(desk.home).get_all(["signing.current", "signing.previous"])


def test_a_signing_secret_is_changed_without_locking_anybody_out(desk: Desk) -> None:
    assert not desk.signing.status().on
    with pytest.raises(NotAllowed, match="no signing secret is set"):
        desk.signing.rotate("second")
    status = desk.signing.set("first")
    assert (status.on, status.rotating, status.place) == (True, False, "file")
    assert desk.signing.set("first") == status, "the same again changes nothing"
    assert desk.signing.set("second").rotating
    assert _kept(desk) == {"signing.current": "second", "signing.previous": "first"}
    with pytest.raises(NotAllowed, match="not finished"):
        desk.signing.rotate("third")
    assert not desk.signing.finish().rotating
    with pytest.raises(NotAllowed, match="under way"):
        desk.signing.finish()
    desk.signing.rotate("third")
    assert not desk.signing.set("fourth", replace=True).rotating
    assert _kept(desk) == {"signing.current": "fourth"}
    assert not desk.signing.remove().on
    assert _kept(desk) == {}
    with desk._db.reading() as conn:
        assert store.all_secrets(conn) == []


def test_headers_are_named_one_by_one(desk: Desk) -> None:
    desk.save_settings(desk.settings().model_copy(update={"workers": 3}))
    assert desk.signing.name_headers("X-Sig").header == "X-Sig"
    status = desk.signing.name_headers(timestamp_header="X-Time")
    assert (status.header, status.timestamp_header) == ("X-Sig", "X-Time")
    assert desk.settings().workers == 3
    with pytest.raises(InvalidInput):
        desk.signing.name_headers("Host")


@pytest.mark.parametrize("secret", ["", "a\0b", "\udc80", "x" * 70_000])
def test_what_can_not_sign(desk: Desk, secret: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.signing.set(secret)
    assert "xxxx" not in str(refused.value)
