"""The body of a request or a response as text. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from jobdesk.gui.models.run.json_text import is_json, pretty

MOST_PRETTY = 4 * 1_048_576
"""Bytes of JSON that are laid out at most."""

_BINARY = ("image/", "audio/", "video/", "font/")
_BINARY_KINDS = frozenset({"octet-stream", "zip", "gzip", "pdf", "x-tar", "wasm", "x-protobuf"})


@dataclass(frozen=True, slots=True)
class Body:
    """``text`` as it came, ``laid_out`` if it is JSON; both None: it is not text."""

    size: int
    text: str | None
    laid_out: str | None


def body_of(content: bytes, content_type: str | None, encoding: str | None) -> Body:
    """Read a body in its encoding, or as UTF-8 where that says nothing."""
    if looks_binary(content, content_type):
        return Body(len(content), None, None)
    text = _decode(content, content_type, encoding)
    small = len(content) <= MOST_PRETTY
    return Body(len(content), text, pretty(text) if small and is_json(text) else None)


def looks_binary(content: bytes, content_type: str | None) -> bool:
    """Whether this is nothing to read: by what the server calls it, or by NUL bytes."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind.startswith(_BINARY) and not kind.endswith("+xml"):
        return True
    if kind.partition("/")[2] in _BINARY_KINDS:
        return True
    return b"\x00" in content[:8192] and not content.startswith((b"\xff\xfe", b"\xfe\xff"))


def _decode(content: bytes, content_type: str | None, encoding: str | None) -> str:
    named = "charset" in (content_type or "").lower()
    for name in (encoding if named else None, "utf-8-sig", encoding):
        if name:
            try:
                return content.decode(name)
            except (LookupError, UnicodeDecodeError):
                continue
    return content.decode("utf-8", "replace")
