"""Signatures of what is sent: HMAC-SHA256 over the time and the body.

A receiver takes the header's timestamp (Unix seconds) and the body as it came, makes the
same signature with the secret that both know, and compares; :func:`verify` does it.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

CURRENT = "signing.current"
PREVIOUS = "signing.previous"
"""What they are called in the vault."""
TOLERANCE = 300
"""Seconds that a receiver's clock may differ, or a request may be under way."""


@dataclass(frozen=True, slots=True)
class Signer:
    """What requests are signed with: ``secret``, and while it is being changed the one
    ``previous`` to it, too. The headers' names are the receivers' wish."""

    secret: bytes = field(repr=False)
    previous: bytes | None = field(default=None, repr=False)
    header: str = "X-Recuro-Signature"
    timestamp_header: str = "X-Recuro-Timestamp"

    @property
    def previous_header(self) -> str:
        return f"{self.header}-Previous"

    @property
    def names(self) -> tuple[str, ...]:
        """Every header that is the signer's, set just now or not."""
        return (self.header, self.timestamp_header, self.previous_header)

    def headers(self, timestamp: int, body: bytes) -> dict[str, str]:
        """The headers of a request that is sent at ``timestamp`` with ``body``."""
        made = {
            self.header: sign(self.secret, timestamp, body),
            self.timestamp_header: str(timestamp),
        }
        if self.previous is not None:
            made[self.previous_header] = sign(self.previous, timestamp, body)
        return made


def sign(secret: bytes, timestamp: int, body: bytes) -> str:
    """The hex HMAC-SHA256 of ``{timestamp}.{body}``."""
    return hmac.digest(secret, b"%d." % timestamp + body, "sha256").hex()


def verify(
    secret: bytes,
    signature: str,
    timestamp: str,
    body: bytes,
    *,
    now: float,
    tolerance: float = TOLERANCE,
) -> bool:
    """Whether a request with these headers and this body is one of ours, and not an old
    one sent again. ``now`` is the receiver's time in Unix seconds."""
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 15:
        return False
    if abs(now - int(timestamp)) > tolerance:
        return False
    expected = sign(secret, int(timestamp), body)
    return hmac.compare_digest(expected.encode(), signature.strip().lower().encode())
