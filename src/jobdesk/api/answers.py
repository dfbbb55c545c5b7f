"""Answers with a mark of what they say, so that who asks again is told "as before"."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fastapi import Request
from fastapi.responses import Response


def answer(request: Request, document: Any) -> Response:
    """The document as JSON with an ETag; 304 where the caller has just that already."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    content = body.encode("utf-8", "replace")
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    known = request.headers.get("if-none-match", "")
    if known == "*" or tag in [one.strip().removeprefix("W/") for one in known.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "As it was when the ETag was given", "content": {}}
}
