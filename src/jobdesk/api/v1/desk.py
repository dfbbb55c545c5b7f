"""The desk at large: dead letters, statistics, when schedules fire."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from jobdesk.api.answers import NOT_MODIFIED, answer
from jobdesk.api.caller import Caller, TheDesk
from jobdesk.api.fields import Body, name_of
from jobdesk.api.refusals import COMMAND, RESPONSES
from jobdesk.api.v1.documents import RunList, StatisticsDocument
from jobdesk.api.v1.runs import MOST, ReplayOutcome, may_be_replayed
from jobdesk.desk.documents import run_document
from jobdesk.domain.cron import CronSchedule, find_zone
from jobdesk.domain.parsing import parse_time
from jobdesk.domain.run import RunState
from jobdesk.domain.run_filter import RunFilter

router = APIRouter(responses=RESPONSES)

_DAY = timedelta(days=1)
_AT_ONCE = 1_000


class OfQueue(Body):
    """Which dead letters: those of a queue, or all."""

    queue: name_of("queue") | None = None  # type: ignore[valid-type]


@router.get("/dead-letters", tags=["dead letters"], response_model=RunList, responses=NOT_MODIFIED)
def dead_letters(
    request: Request,
    desk: TheDesk,
    queue: Annotated[str | None, Query(max_length=255)] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """Runs that died and that nobody has replayed, newest first."""
    which = RunFilter(attention=True, queue=queue)
    found = desk.runs(which, before=cursor, limit=limit)
    more = found[-1].id if len(found) == limit else None
    return answer(request, {"runs": [run_document(run) for run in found], "next_cursor": more})


@router.post(
    "/dead-letters/replay",
    tags=["dead letters"],
    response_model=list[ReplayOutcome],
    responses=COMMAND,
)
def replay_dead(which: OfQueue, desk: TheDesk, token: Caller) -> JSONResponse:
    """A new run for every dead letter, or for those of a queue; without the right to run
    scripts, for those that call an endpoint."""
    if which.queue is not None:
        desk.queue(which.queue)
    if token.allow_scripts:
        done = desk.replay_dead(which.queue)
    else:
        found = desk.runs(RunFilter(attention=True, queue=which.queue), limit=_AT_ONCE)
        done = desk.replay([run.id for run in found if may_be_replayed(run, scripts=False)])
    return JSONResponse([{"run_id": one.run_id, "new_id": one.new_id} for one in done])


@router.get("/statistics", tags=["desk"], response_model=StatisticsDocument, responses=NOT_MODIFIED)
def statistics(request: Request, desk: TheDesk) -> Response:
    """What waits, what runs, what needs attention, and how the last day went."""
    overview, now = desk.overview(), desk.now()
    ended = desk.finished_counts(now - _DAY, now, _DAY)
    engine, health = desk.engine(), desk.engine_health()
    document: dict[str, Any] = {
        name: getattr(overview, name)
        for name in ("queued", "running", "retrying", "scheduled", "dead", "jobs",
                     "enabled_jobs", "paused_queues")
    }  # fmt: skip
    document["last_24_hours"] = {
        state: ended.get((0, state), 0)
        for state in (RunState.SUCCEEDED, RunState.DEAD, RunState.CANCELLED)
    }
    document["engine"] = engine and {
        "version": engine.version,
        "origin": engine.origin,
        "started_at": engine.started_at,
        "trouble": health.trouble if health else None,
    }
    return answer(request, document)


@router.get("/next", tags=["desk"], response_model=list[str])
def next_fires(
    desk: TheDesk,
    expression: Annotated[str, Query(max_length=255)],
    tz: Annotated[str, Query(max_length=100)] = "UTC",
    start: Annotated[str | None, Query(alias="from", max_length=100)] = None,
    n: Annotated[int, Query(ge=1, le=1_000)] = 5,
) -> JSONResponse:
    """When a cron expression fires, with UTC offsets."""
    zone = find_zone(tz)
    moment = desk.now() if start is None else parse_time(start, "from", zone)
    schedule = CronSchedule(expression, zone)
    fires: list[str] = []
    while len(fires) < n and (following := schedule.next(moment)) is not None:
        fires.append(following.astimezone(zone).isoformat())
        moment = following
    return JSONResponse(fires)
