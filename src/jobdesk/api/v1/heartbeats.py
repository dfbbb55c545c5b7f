"""Heartbeats and alerts: what others say, and what somebody should hear of."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from jobdesk.api.answers import NOT_MODIFIED, answer
from jobdesk.api.caller import TheDesk
from jobdesk.api.refusals import COMMAND, RESPONSES
from jobdesk.desk.alert_documents import alert_document, heartbeat_document

router = APIRouter(responses=RESPONSES)
Name = Annotated[str, InPath(min_length=1)]


class HeartbeatDocument(BaseModel):
    name: str
    every: float
    grace: float
    enabled: bool
    silent: bool
    last_ping_at: str | None
    overdue_at: str | None
    alerts: dict[str, Any] | None


class AlertDocument(BaseModel):
    id: int
    kind: str
    title: str
    text: str
    run: int | None
    created_at: str
    deliveries: list[dict[str, Any]]


class AlertList(BaseModel):
    alerts: list[AlertDocument]
    next_cursor: int | None


@router.get(
    "/heartbeats",
    tags=["heartbeats"],
    response_model=list[HeartbeatDocument],
    responses=NOT_MODIFIED,
)
def list_heartbeats(request: Request, desk: TheDesk) -> Response:
    """All heartbeats."""
    return answer(request, [heartbeat_document(one) for one in desk.heartbeats.all()])


@router.post(
    "/heartbeats/{name:path}",
    tags=["heartbeats"],
    response_model=HeartbeatDocument,
    responses=COMMAND,
)
def ping(name: Name, desk: TheDesk) -> JSONResponse:
    """Say that all is well. No body is needed."""
    return JSONResponse(heartbeat_document(desk.heartbeats.ping(name)))


@router.get("/alerts", tags=["alerts"], response_model=AlertList, responses=NOT_MODIFIED)
def list_alerts(
    request: Request,
    desk: TheDesk,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """Alerts and what became of them, newest first."""
    found = desk.alerts.recent(before=cursor, limit=limit)
    more = found[-1].id if len(found) == limit else None
    document = {"alerts": [alert_document(one) for one in found], "next_cursor": more}
    return answer(request, document)
