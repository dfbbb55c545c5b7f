"""Signatures, checked against what anybody would write to verify them."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.settings import EngineSettings
from jobdesk.domain.signing import Signer, sign, verify


def test_a_signature_is_the_hex_hmac_of_time_and_body() -> None:
    mine = hmac.new(b"key", b'1700000000.{"a": 1}', hashlib.sha256).hexdigest()
    assert sign(b"key", 1_700_000_000, b'{"a": 1}') == mine
    assert verify(b"key", mine.upper(), "1700000000", b'{"a": 1}', now=1_700_000_200)


@pytest.mark.parametrize(
    ("secret", "timestamp", "body", "now"),
    [
        (b"other", "1700000000", b"x", 1_700_000_000),
        (b"key", "1700000001", b"x", 1_700_000_000),
        (b"key", "1700000000", b"y", 1_700_000_000),
        (b"key", "1700000000", b"x", 1_700_000_301),
        (b"key", "-1", b"x", 0),
        (b"key", "²", b"x", 2),
        (b"key", "", b"x", 0),
    ],
)
def test_what_was_changed_or_is_old_is_not_ours(
    secret: bytes, timestamp: str, body: bytes, now: float
) -> None:
    signature = sign(b"key", 1_700_000_000, b"x")
    assert not verify(secret, signature, timestamp, body, now=now)


def test_while_it_is_being_changed_both_secrets_sign() -> None:
    assert Signer(b"new").headers(5, b"x") == {
        "X-Recuro-Signature": sign(b"new", 5, b"x"),
        "X-Recuro-Timestamp": "5",
    }
    both = Signer(b"new", b"old", "X-Sig", "X-Time").headers(5, b"x")
    assert both == {
        "X-Sig": sign(b"new", 5, b"x"),
        "X-Time": "5",
        "X-Sig-Previous": sign(b"old", 5, b"x"),
    }
    assert "new" not in repr(Signer(b"new"))


@pytest.mark.parametrize(
    "names",
    [
        {"signing_header": "with space"},
        {"signing_header": ""},
        {"signing_header": "Host"},
        {"signing_timestamp_header": "content-length"},
        {"signing_header": "X-A", "signing_timestamp_header": "x-a"},
        {"signing_header": "X-A", "signing_timestamp_header": "X-A-Previous"},
    ],
)
def test_headers_that_can_not_carry_a_signature(names: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        EngineSettings(**names)  # type: ignore[arg-type]
