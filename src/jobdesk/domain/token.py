"""Tokens: what a program shows to be let in over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

PREFIX = "jd_"
"""So that a token is known for one wherever it turns up."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is listed: everything but itself, which only its owner has."""

    id: int
    name: str
    allow_scripts: bool
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


def new_secret() -> str:
    """A token that nobody can guess: 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of it. No salt, no stretching: there is nothing to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two hashes are the same, in a time that doesn't depend on where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())
