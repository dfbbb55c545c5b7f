"""Logs: as JSON, as the bytes they are, and live."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from jobdesk.api.answers import NOT_MODIFIED, answer
from jobdesk.api.caller import TheDesk
from jobdesk.api.refusals import RESPONSES
from jobdesk.api.v1.documents import LogDocument
from jobdesk.api.v1.runs import LARGEST, RunId
from jobdesk.desk import Desk
from jobdesk.desk.documents import chunk_documents, run_document
from jobdesk.domain.errors import Unavailable
from jobdesk.domain.log import Stream

router = APIRouter(prefix="/runs", tags=["logs"], responses=RESPONSES)

_PIECES = 1_000
_LOOK = 1.0
_KEEP_ALIVE = 15
"""Looks without anything new, after which a comment shows that the line still holds."""

AttemptNumber = Annotated[int | None, Query(ge=1, le=LARGEST)]


@router.get("/{run_id}/log", response_model=LogDocument, responses=NOT_MODIFIED)
def get_log(
    request: Request,
    run_id: RunId,
    desk: TheDesk,
    attempt: AttemptNumber = None,
    stream: Stream | None = None,
    after: Annotated[int, Query(ge=-1, le=LARGEST)] = -1,
) -> Response:
    """What an attempt (the latest, unless numbered) wrote, piece by piece; ``next_after``
    asks for what follows, and is null at the end."""
    run = desk.run(run_id)
    chunks = list(desk.log(run_id, attempt=attempt, stream=stream, after=after, limit=_PIECES))
    document = {
        "run": run_id,
        "attempt": attempt or run.attempt,
        "chunks": chunk_documents(chunks),
        "next_after": chunks[-1].seq if len(chunks) >= _PIECES else None,
    }
    return answer(request, document)


@router.get(
    "/{run_id}/log/raw",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The bytes"}},
)
def get_raw_log(
    run_id: RunId,
    desk: TheDesk,
    stream: Stream = Stream.STDOUT,
    attempt: AttemptNumber = None,
) -> Response:
    """Exactly the bytes of one stream, as far as they were kept."""
    data = b"".join(chunk.data for chunk in desk.log(run_id, attempt=attempt, stream=stream))
    return Response(data, media_type="application/octet-stream")


@router.get(
    "/{run_id}/log/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Server-sent events"}},
)
def stream_log(run_id: RunId, desk: TheDesk, request: Request) -> StreamingResponse:
    """The log as it is written, over all attempts: events ``log`` (a piece), ``attempt``
    (a new one begins) and at last ``end`` (the run as it ended)."""
    desk.run(run_id)
    closing: threading.Event = request.app.state.closing
    lines: threading.Semaphore = request.app.state.lines
    if not lines.acquire(blocking=False):
        raise Unavailable("too many logs are followed just now")
    return _Live(_Follower(desk, run_id, closing).events(), lines)


class _Live(StreamingResponse):
    """Each holds a worker thread while it lasts, so there are only so many lines."""

    media_type = "text/event-stream"

    def __init__(self, events: Iterator[bytes], lines: threading.Semaphore) -> None:
        super().__init__(events)
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._lines.release()


class _Follower:
    """Looks again when the desk says so, and once a second."""

    def __init__(self, desk: Desk, run_id: int, closing: threading.Event) -> None:
        self._desk, self._run_id, self._closing = desk, run_id, closing
        self._look = threading.Event()

    def events(self) -> Iterator[bytes]:
        stop = self._desk.listen(lambda topics: self._look.set())
        try:
            yield from self._follow()
        finally:
            stop()

    def _follow(self) -> Iterator[bytes]:
        attempt, after, idle = 0, -1, 0
        yield b": following\n\n"
        while not self._closing.is_set():
            self._look.clear()
            run = self._desk.run(self._run_id)
            if attempt == 0 and run.attempt:
                attempt = 1
                yield _event("attempt", {"number": attempt})
            new = False
            if attempt:
                chunks = list(self._desk.log(self._run_id, attempt=attempt, after=after))
                for document in chunk_documents(chunks):
                    yield _event("log", {"attempt": attempt, **document})
                if chunks:
                    after, new = chunks[-1].seq, True
            if run.attempt > attempt > 0:
                attempt, after = attempt + 1, -1
                yield _event("attempt", {"number": attempt})
                continue
            if run.finished:
                yield _event("end", run_document(run))
                return
            idle = 0 if new else idle + 1
            if idle % _KEEP_ALIVE == 0:
                yield b": still here\n\n"
            self._look.wait(_LOOK)


def _event(kind: str, document: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(document)}\n\n".encode()
