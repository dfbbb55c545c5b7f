"""How an attempt can end, and why: two closed lists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


class Reason(StrEnum):
    """Why an attempt did not succeed, or why a fire was skipped."""

    EXIT_CODE = "exit_code"
    TIMEOUT = "timeout"
    SPAWN_ERROR = "spawn_error"
    OUTPUT_ASSERTION = "output_assertion"
    HTTP_CLIENT_ERROR = "http_client_error"
    HTTP_SERVER_ERROR = "http_server_error"
    HTTP_REDIRECT = "http_redirect"
    CONNECTION_ERROR = "connection_error"
    DNS_ERROR = "dns_error"
    SSL_ERROR = "ssl_error"
    INVALID_URL = "invalid_url"
    RESPONSE_ASSERTION = "response_assertion"
    SECRET_MISSING = "secret_missing"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    ENGINE_ERROR = "engine_error"
    OVERLAP = "overlap"
    MISFIRE = "misfire"


PERMANENT_REASONS = frozenset({Reason.SPAWN_ERROR, Reason.INVALID_URL, Reason.SECRET_MISSING})
"""Trying again can't help, whatever the numbers say."""

RETRIED_CLIENT_ERRORS = frozenset({408, 425, 429})
"""The 4xx that ask for another try; the others are permanent."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one attempt came to: what a runner returns and the lifecycle acts on.

    ``error`` is one line for people ("exit code 7"); ``request`` and ``response`` are
    what was sent and what came back, as JSON-ready dictionaries, for HTTP only.
    ``retry_after`` is the server's wish, already a delay. ``counted`` is False only for
    an attempt that a graceful stop interrupted: it does not use up one of the attempts.
    """

    outcome: Outcome
    reason: Reason | None = None
    error: str | None = None
    exit_code: int | None = None
    http_status: int | None = None
    retry_after: timedelta | None = None
    request: dict[str, Any] | None = field(default=None, repr=False)
    response: dict[str, Any] | None = field(default=None, repr=False)
    counted: bool = True

    @property
    def permanent(self) -> bool:
        """Whether the same request would fail the same way again."""
        if self.reason in PERMANENT_REASONS:
            return True
        return (
            self.reason is Reason.HTTP_CLIENT_ERROR
            and self.http_status not in RETRIED_CLIENT_ERRORS
        )
