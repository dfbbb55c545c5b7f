"""How the API says no: JSON for every refusal, and never more than it must."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from jobdesk.domain.errors import (
    Conflict,
    InvalidInput,
    JobDeskError,
    NotAllowed,
    NotFound,
    Problem,
    Unavailable,
)

log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[JobDeskError], int], ...] = (
    (NotFound, 404),
    (Conflict, 409),
    (NotAllowed, 409),
)


class Refusal(BaseModel):
    """Why not, in one sentence."""

    error: str


class Invalid(BaseModel):
    """What is wrong with the input: each bad field, and what would be accepted."""

    message: str
    errors: dict[str, list[str]]


class Forbidden(Exception):
    """The token doesn't go so far."""


RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "No HTTP request that can be read"},
    401: {"model": Refusal, "description": "No token, or none that is known"},
    403: {"model": Refusal, "description": "The Host header names another computer"},
    404: {"model": Refusal, "description": "There is no such thing"},
    413: {"model": Refusal, "description": "The request is too large"},
    422: {"model": Invalid, "description": "What was sent can't be accepted"},
    429: {"model": Refusal, "description": "Too many requests for this token"},
    431: {"model": Refusal, "description": "The headers are too large"},
    503: {"model": Refusal, "description": "The database can't be used just now"},
}
"""What any call may be answered with."""

COMMAND: dict[int | str, dict[str, Any]] = {
    403: {
        "model": Refusal,
        "description": "The token was not given the right to run scripts, or the Host header"
        " names another computer",
    },
    409: {"model": Refusal, "description": "The state of things does not allow it"},
}
"""And what those that change something may be answered with besides."""


def invalid(problems: Iterable[Problem]) -> JSONResponse:
    """422 with all that is wrong."""
    errors: dict[str, list[str]] = {}
    for problem in problems:
        errors.setdefault(problem.field, []).append(_printable(str(problem)))
    message = next(iter(errors.values()))[0]
    return JSONResponse({"message": message, "errors": errors}, 422)


def refused(status: int, error: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": _printable(error)}, status, headers)


def on_domain_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, JobDeskError)
    if isinstance(error, InvalidInput):
        return invalid(error.problems)
    if isinstance(error, Unavailable):
        # Its words name files of this computer.
        log.warning("%s %s: %s", request.method, request.url.path, error)
        return refused(503, "the database can't be used just now; the engine's log says why")
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return refused(status, str(error))


def on_bad_request(request: Request, error: Exception) -> JSONResponse:
    """What pydantic refused, with our own validators' words where they had some."""
    assert isinstance(error, RequestValidationError)
    problems: list[Problem] = []
    for item in error.errors():
        cause = item.get("ctx", {}).get("error")
        place = [str(part) for part in item["loc"] if part not in ("body", "query", "path")]
        if isinstance(cause, InvalidInput):
            for problem in cause.problems:
                field = _field(place, problem.field)
                problems.append(Problem(field, problem.value, problem.expected))
            continue
        if item["type"] == "json_invalid":
            problems.append(Problem("body", "what was sent", "a JSON object"))
        elif item["type"] == "missing":
            name = ".".join(place) or "body"
            problems.append(Problem(name, None, "to be given: it is required"))
        else:
            expected = item["msg"][:1].lower() + item["msg"][1:]
            problems.append(Problem(".".join(place) or "body", item["input"], expected))
    return invalid(problems)


def on_http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        # The body could not even be read as JSON: too deep, or not text.
        return invalid([Problem("body", "what was sent", "a JSON object")])
    headers = dict(error.headers) if error.headers else None
    return refused(error.status_code, str(error.detail), headers)


def on_forbidden(request: Request, error: Exception) -> JSONResponse:
    return refused(403, str(error))


def on_defect(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    # uvicorn closes the connection after such an answer; whoever isn't told sends on it again.
    said = "something went wrong; the engine's log says what"
    return refused(500, said, {"Connection": "close"})


def _field(place: list[str], named: str) -> str:
    """Where it stands in the body, and what our own validator calls it: the longer one, if
    it is the same place, else both."""
    where = ".".join(place)
    if not where or named == where or named.startswith(f"{where}."):
        return named
    return where if where.rpartition(".")[2] == named else f"{where}.{named}"


def _printable(text: str) -> str:
    """A value that is repeated may hold what JSON can't be encoded with."""
    return text.encode("utf-8", "replace").decode()
