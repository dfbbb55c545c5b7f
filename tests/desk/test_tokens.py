from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jobdesk.desk import Desk
from jobdesk.domain.errors import InvalidInput, NotFound
from jobdesk.domain.token import digest


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
