from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from jobdesk.desk import Desk
from jobdesk.domain.errors import InvalidInput, NotFound
from jobdesk.domain.token import digest
from tests.support.clock import START, ManualClock


def test_a_token_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    with Desk.open(tmp_path) as desk:
        secret = desk.tokens.create("web", allow_scripts=True)
        (token,) = desk.tokens.all()
        assert (token.name, token.allow_scripts, token.last_used_at) == ("web", True, None)
    with closing(sqlite3.connect(tmp_path / "jobdesk.db")) as conn:
        assert conn.execute("SELECT hash FROM tokens").fetchall() == [(digest(secret),)]
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file


def test_a_name_is_free_again_once_its_token_is_revoked(tmp_path: Path) -> None:
    with Desk.open(tmp_path) as desk:
        first = desk.tokens.create("web")
        with pytest.raises(InvalidInput, match="no other token has"):
            desk.tokens.create("web")
        desk.tokens.revoke("web")
        assert desk.tokens.all() == []
        with pytest.raises(NotFound, match="token: 'web'"):
            desk.tokens.revoke("web")
        assert desk.tokens.create("web") != first


def test_a_revoked_token_is_out_within_a_second_whoever_revoked_it(tmp_path: Path) -> None:
    clock = ManualClock()
    with Desk.open(tmp_path, clock=clock) as server, Desk.open(tmp_path) as other:
        assert server.tokens.check("jd_nobody") is None
        secret = other.tokens.create("web")
        token = server.tokens.check(secret)
        assert token is not None
        assert (token.name, token.allow_scripts) == ("web", False)
        other.tokens.revoke("web")
        clock.advance(1.1)
        assert server.tokens.check(secret) is None


def test_the_last_use_is_noted_once_a_minute(tmp_path: Path) -> None:
    clock = ManualClock()
    with Desk.open(tmp_path, clock=clock) as desk:
        secret = desk.tokens.create("web")
        for seconds in (0, 30, 31):
            clock.advance(seconds)
            assert desk.tokens.check(secret) is not None
            # The note is made in the background; a write of our own comes after it.
            desk.pause_all(False)
            (token,) = desk.tokens.all()
            noted = START if seconds < 31 else START + timedelta(seconds=61)
            assert token.last_used_at == noted
