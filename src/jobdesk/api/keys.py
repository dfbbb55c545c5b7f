"""Idempotency keys: in a header or in the body, never two different ones."""

from __future__ import annotations

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import check_name

KEY_HEADER = "Idempotency-Key"


def chosen_key(header: str | None, field: str | None) -> str | None:
    """The key of a push, if it has one."""
    if header is not None:
        check_name(header, KEY_HEADER)
        if field is not None and field != header:
            raise InvalidInput("key", field, f"the same as the header {KEY_HEADER}, or neither")
    return header if header is not None else field
