"""Recuro's calls, so that who pushes to that service can push here by changing host and
token: the fields, answers and refusals of its public documentation."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, Field

from jobdesk.api.caller import Caller, TheDesk
from jobdesk.api.fields import (
    Body,
    HeaderMap,
    JsonPayload,
    Method,
    RawPayload,
    Truth,
    about,
    name_of,
    url_of,
    whole,
)
from jobdesk.api.keys import KEY_HEADER, chosen_key
from jobdesk.api.refusals import COMMAND, RESPONSES
from jobdesk.domain.action import HttpAction
from jobdesk.domain.alert import AlertPolicy
from jobdesk.domain.assertions import MOST, parse_assertions
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.job import JobSpec
from jobdesk.domain.run import Run
from jobdesk.domain.trigger import Cron

router = APIRouter(prefix="/api", tags=["Recuro"], responses={**RESPONSES, 409: COMMAND[409]})

_ZONE = "UTC"
_MOST_DELAY = 86_400


class NewJob(Body):
    queue: name_of("queue")  # type: ignore[valid-type]
    url: url_of("url")  # type: ignore[valid-type]
    method: Method = "POST"
    headers: HeaderMap | None = None
    payload: JsonPayload = None
    callback_url: url_of("callback_url") | None = None  # type: ignore[valid-type]
    delay: whole("delay", 0, _MOST_DELAY) | None = 0  # type: ignore[valid-type]
    key: name_of("key") | None = None  # type: ignore[valid-type]


class Accepted(BaseModel):
    success: bool
    queue_id: int
    job_id: int
    scheduled_at: str
    message: str


@router.post("/jobs", status_code=201, response_model=Accepted)
def push(
    new: NewJob,
    desk: TheDesk,
    token: Caller,
    header: Annotated[str | None, Header(alias=KEY_HEADER)] = None,
) -> JSONResponse:
    """Have an endpoint called once: now, or after a delay."""
    action = HttpAction(new.method, new.url, headers=new.headers or {}, body=new.payload)

    def describe(run: Run, queue_id: int) -> dict[str, Any]:
        return {
            "success": True,
            "queue_id": queue_id,
            "job_id": run.id,
            "scheduled_at": run.due_at.isoformat(timespec="seconds"),
            "message": "Scheduled successfully",
        }

    said = desk.push_answering(
        action,
        describe,
        token_id=token.id,
        key=chosen_key(header, new.key),
        asked=_canonical(new),
        queue=new.queue,
        delay=new.delay or None,
        callback_url=new.callback_url,
    )
    return JSONResponse(said, 201)


def _canonical(new: NewJob) -> dict[str, Any]:
    """What was asked for, with the payload as JSON again: in whatever order its names come,
    it is the same one."""
    asked = new.model_dump(mode="json", exclude={"key"})
    return asked | {"payload": None if new.payload is None else json.loads(new.payload)}


def _expression(value: Any) -> str:
    expected = "a cron expression of five fields, such as */5 * * * *"
    if not isinstance(value, str) or len(value) > 255 or len(value.split()) != 5:
        raise InvalidInput("cron_expression", value, expected)
    try:
        Cron(value, tz=_ZONE)
    except InvalidInput as error:
        raise InvalidInput("cron_expression", value, error.problems[0].expected) from None
    return value


def _assertions(value: Any) -> list[Any]:
    try:
        found = parse_assertions(value)
    except InvalidInput as error:
        raise about("success_assertions", error) from None
    wrong = next((one for one in found if one.kind != "http"), None)
    if wrong is not None:
        raise InvalidInput("success_assertions", wrong.type, "assertions about an answer")
    return list(found)


class NewCron(Body):
    name: name_of("name")  # type: ignore[valid-type]
    url: url_of("url")  # type: ignore[valid-type]
    cron_expression: Annotated[str, BeforeValidator(_expression), Field(max_length=255)]
    method: Method = "POST"
    headers: HeaderMap | None = None
    payload: RawPayload = None
    callback_url: url_of("callback_url") | None = None  # type: ignore[valid-type]
    timeout_seconds: whole("timeout_seconds", 1, 300) | None = None  # type: ignore[valid-type]
    alert_threshold: whole("alert_threshold", 1, 3) | None = None  # type: ignore[valid-type]
    success_assertions: (
        Annotated[list[Any], BeforeValidator(_assertions), Field(max_length=MOST)] | None
    ) = None
    is_active: Truth | None = True


class NewCronAnswer(BaseModel):
    id: int
    name: str
    cron_expression: str
    next_run_at: str | None
    is_active: bool


@router.post("/crons", status_code=201, response_model=NewCronAnswer)
def add_cron(new: NewCron, desk: TheDesk) -> JSONResponse:
    """Have an endpoint called by a cron expression, in UTC."""
    active = new.is_active is not False
    spec = JobSpec(
        name=new.name,
        action=HttpAction(new.method, new.url, headers=new.headers or {}, body=new.payload),
        trigger=Cron(new.cron_expression, tz=_ZONE),
        # Left out it is 30 s, unless the queue says something else.
        timeout=new.timeout_seconds,
        assertions=tuple(new.success_assertions or ()) or None,
        callback_url=new.callback_url,
        alerts=AlertPolicy(threshold=new.alert_threshold) if new.alert_threshold else None,
        enabled=active,
    )
    job = desk.add(spec)
    next_due = job.next_due_at
    return JSONResponse(
        {
            "id": job.id,
            "name": job.name,
            "cron_expression": new.cron_expression,
            "next_run_at": next_due.isoformat(timespec="seconds") if next_due else None,
            "is_active": active,
        },
        201,
    )
