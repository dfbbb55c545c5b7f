"""Queues: look at, limit, pause."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field

from jobdesk.api.answers import NOT_MODIFIED, answer
from jobdesk.api.caller import TheDesk
from jobdesk.api.fields import Body, whole
from jobdesk.api.refusals import COMMAND, RESPONSES
from jobdesk.api.v1.documents import QueueDocument
from jobdesk.desk.documents import queue_document
from jobdesk.domain.queue import MAX_CONCURRENCY, QueuePolicy

router = APIRouter(prefix="/queues", tags=["queues"], responses=RESPONSES)
Name = Annotated[str, Path(min_length=1)]


class QueueSettings(Body):
    """All that is set about a queue: what is left out is taken back."""

    concurrency: whole("concurrency", 1, MAX_CONCURRENCY) | None = None  # type: ignore[valid-type]
    policy: QueuePolicy = Field(default_factory=QueuePolicy)


@router.get("", response_model=list[QueueDocument], responses=NOT_MODIFIED)
def list_queues(request: Request, desk: TheDesk) -> Response:
    """All queues, and what waits in them."""
    return answer(request, [queue_document(queue) for queue in desk.queues()])


@router.post("/{name:path}/pause", response_model=QueueDocument, responses=COMMAND)
def pause(name: Name, desk: TheDesk) -> JSONResponse:
    """Start no more runs of a queue; what runs goes on."""
    return _said(queue_document(desk.pause_queue(name)))


@router.post("/{name:path}/resume", response_model=QueueDocument, responses=COMMAND)
def resume(name: Name, desk: TheDesk) -> JSONResponse:
    """Start runs of a queue again."""
    return _said(queue_document(desk.pause_queue(name, False)))


@router.get("/{name:path}", response_model=QueueDocument, responses=NOT_MODIFIED)
def get_queue(request: Request, name: Name, desk: TheDesk) -> Response:
    """A queue."""
    return answer(request, queue_document(desk.queue(name)))


@router.put("/{name:path}", response_model=QueueDocument, responses=COMMAND)
def set_queue(name: Name, wanted: QueueSettings, desk: TheDesk) -> JSONResponse:
    """Set limits of a queue and what its runs inherit; it is made if it is new."""
    queue = desk.set_queue(name, concurrency=wanted.concurrency, policy=wanted.policy)
    return _said(queue_document(queue))


def _said(document: dict[str, Any]) -> JSONResponse:
    return JSONResponse(document)
