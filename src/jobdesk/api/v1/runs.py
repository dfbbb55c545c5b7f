"""Runs: push, list, look at, replay, cancel, retry, discard."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi import Path as InPath
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, BeforeValidator, Field

from jobdesk.api.answers import NOT_MODIFIED, answer
from jobdesk.api.caller import Caller, TheDesk, check_may_run
from jobdesk.api.fields import Body, name_of, url_of, whole
from jobdesk.api.keys import KEY_HEADER, chosen_key
from jobdesk.api.refusals import COMMAND, RESPONSES
from jobdesk.api.v1.documents import (
    AttemptDocument,
    FullAttemptDocument,
    FullRunDocument,
    RunDocument,
    RunList,
)
from jobdesk.desk import Desk
from jobdesk.desk.documents import (
    attempt_document,
    full_attempt_document,
    full_run_document,
    run_document,
)
from jobdesk.domain.action import Action
from jobdesk.domain.errors import InvalidInput, NotFound
from jobdesk.domain.parsing import parse_time
from jobdesk.domain.policy import Terms
from jobdesk.domain.retry import RetryPolicy
from jobdesk.domain.run import Run, RunState
from jobdesk.domain.run_filter import RunFilter

router = APIRouter(prefix="/runs", tags=["runs"], responses=RESPONSES)

MOST = 500
LARGEST = 2**63 - 1
RunId = Annotated[int, InPath(ge=1, le=LARGEST)]
Ids = Annotated[list[Annotated[int, Field(ge=1, le=LARGEST)]], Field(min_length=1, max_length=1000)]


class PushedRun(Body):
    """What is to run: ``delay`` in seconds or ``at`` a time; what is left out the queue says."""

    action: Action
    queue: name_of("queue") = "default"  # type: ignore[valid-type]
    priority: whole("priority", -1_000_000, 1_000_000) = 0  # type: ignore[valid-type]
    delay: float | str | None = None
    at: str | None = None
    timeout: float | str | None = None
    retry: RetryPolicy | None = None
    assertions: list[Any] | None = None
    callback_url: url_of("callback_url") | None = None  # type: ignore[valid-type]
    key: name_of("key") | None = None  # type: ignore[valid-type]


class Several(Body):
    """Some runs by their ids."""

    ids: Ids


class ReplayOutcome(BaseModel):
    run_id: int
    new_id: int | None


def _cursor(value: Any) -> Any:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    raise InvalidInput("cursor", value, "the next_cursor of the page before")


@router.get("", response_model=RunList, responses=NOT_MODIFIED)
def list_runs(
    request: Request,
    desk: TheDesk,
    state: Annotated[list[RunState] | None, Query()] = None,
    job: Annotated[str | None, Query(max_length=255)] = None,
    queue: Annotated[str | None, Query(max_length=255)] = None,
    text: Annotated[str, Query(max_length=255)] = "",
    attention: bool = False,
    since: str | None = None,
    until: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: Annotated[int | None, BeforeValidator(_cursor)] = None,
) -> Response:
    """Runs, newest first; ``next_cursor`` leads to those before, and is null at the end."""
    which = RunFilter(
        states=frozenset(state or ()),
        job=job,
        queue=queue,
        text=text,
        attention=attention,
        since=parse_time(since, "since", UTC) if since is not None else None,
        until=parse_time(until, "until", UTC) if until is not None else None,
    )
    found = desk.search_runs(which, before=cursor, limit=limit)
    more = found.edge
    if more is None and len(found.runs) == limit:
        more = found.runs[-1].id
    document = {"runs": [run_document(run) for run in found.runs], "next_cursor": more}
    return answer(request, document)


@router.post("", status_code=201, response_model=RunDocument, responses=COMMAND)
def push(
    new: PushedRun,
    desk: TheDesk,
    token: Caller,
    header: Annotated[str | None, Header(alias=KEY_HEADER)] = None,
) -> JSONResponse:
    """Ask for one run. The same key again gets the same answer."""
    check_may_run(token, new.action)
    said = desk.push_answering(
        new.action,
        lambda run, queue_id: run_document(run),
        token_id=token.id,
        key=chosen_key(header, new.key),
        asked=new.model_dump(mode="json", exclude={"key"}),
        queue=new.queue,
        delay=new.delay,
        at=new.at,
        priority=new.priority,
        terms=Terms(timeout=new.timeout, retry=new.retry, assertions=new.assertions),  # type: ignore[arg-type]
        callback_url=new.callback_url,
        folder=Path.home(),
    )
    return JSONResponse(said, 201)


@router.post("/replay", response_model=list[ReplayOutcome], responses=COMMAND)
def replay_several(which: Several, desk: TheDesk, token: Caller) -> JSONResponse:
    """A new run for each of these finished runs; ``new_id`` null: it was replayed before."""
    check_may_run(token, *map(desk.run, which.ids))
    return JSONResponse(_replayed(desk, which.ids))


@router.post("/cancel", response_model=list[RunDocument], responses=COMMAND)
def cancel_several(which: Several, desk: TheDesk) -> JSONResponse:
    """Cancel runs, all or none; running ones are ended."""
    desk.cancel(which.ids)
    return _runs(desk, which.ids)


@router.post("/retry", response_model=list[RunDocument], responses=COMMAND)
def retry_several(which: Several, desk: TheDesk, token: Caller) -> JSONResponse:
    """Try retrying runs again now, all or none."""
    check_may_run(token, *map(desk.run, which.ids))
    desk.retry(which.ids)
    return _runs(desk, which.ids)


@router.post("/discard", response_model=list[RunDocument], responses=COMMAND)
def discard_several(which: Several, desk: TheDesk) -> JSONResponse:
    """Put dead letters away, all or none."""
    desk.discard(which.ids)
    return _runs(desk, which.ids)


@router.get("/{run_id}", response_model=FullRunDocument, responses=NOT_MODIFIED)
def get_run(request: Request, run_id: RunId, desk: TheDesk) -> Response:
    """A run with its attempts."""
    run = desk.run(run_id)
    return answer(request, full_run_document(run, desk.attempts(run_id)))


@router.get("/{run_id}/attempts", response_model=list[AttemptDocument], responses=NOT_MODIFIED)
def list_attempts(request: Request, run_id: RunId, desk: TheDesk) -> Response:
    """The attempts of a run, the first one first."""
    desk.run(run_id)
    return answer(request, [attempt_document(one) for one in desk.attempts(run_id)])


@router.get(
    "/{run_id}/attempts/{number}", response_model=FullAttemptDocument, responses=NOT_MODIFIED
)
def get_attempt(
    request: Request,
    run_id: RunId,
    number: Annotated[int, InPath(ge=1, le=LARGEST)],
    desk: TheDesk,
) -> Response:
    """One attempt, with what it sent and what came back."""
    desk.run(run_id)
    for attempt in desk.attempts(run_id):
        if attempt.number == number:
            return answer(request, full_attempt_document(attempt))
    raise NotFound("attempt", f"{number} of run {run_id}")


@router.post(
    "/{run_id}/replay",
    status_code=201,
    response_model=RunDocument,
    responses={**COMMAND, 200: {"model": RunDocument, "description": "It was replayed before"}},
)
def replay(run_id: RunId, desk: TheDesk, token: Caller) -> JSONResponse:
    """A new run of a finished one; of one that was replayed before, the run of then."""
    check_may_run(token, desk.run(run_id))
    (done,) = desk.replay([run_id])
    new_id = done.new_id or desk.run(run_id).replayed_by
    return JSONResponse(run_document(desk.run(new_id or 0)), 201 if done.new_id else 200)


@router.post("/{run_id}/cancel", response_model=RunDocument, responses=COMMAND)
def cancel(run_id: RunId, desk: TheDesk) -> JSONResponse:
    """Cancel a run; a running one is ended."""
    desk.cancel([run_id])
    return JSONResponse(run_document(desk.run(run_id)))


@router.post("/{run_id}/retry", response_model=RunDocument, responses=COMMAND)
def retry(run_id: RunId, desk: TheDesk, token: Caller) -> JSONResponse:
    """Try a retrying run again now."""
    check_may_run(token, desk.run(run_id))
    desk.retry([run_id])
    return JSONResponse(run_document(desk.run(run_id)))


@router.post("/{run_id}/discard", response_model=RunDocument, responses=COMMAND)
def discard(run_id: RunId, desk: TheDesk) -> JSONResponse:
    """Put a dead letter away."""
    desk.discard([run_id])
    return JSONResponse(run_document(desk.run(run_id)))


def _runs(desk: Desk, ids: list[int]) -> JSONResponse:
    return JSONResponse([run_document(desk.run(one)) for one in dict.fromkeys(ids)])


def _replayed(desk: Desk, ids: list[int]) -> list[dict[str, Any]]:
    return [{"run_id": one.run_id, "new_id": one.new_id} for one in desk.replay(ids)]


def may_be_replayed(run: Run, *, scripts: bool) -> bool:
    """Whether a token with or without the right to run scripts may replay it."""
    try:
        return scripts or run.action.type == "http"
    except ValueError:
        return False
