"""Jobs: set up, change, run, remove."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from fastapi.responses import JSONResponse, Response
from pydantic import BeforeValidator, ConfigDict

from jobdesk.api.answers import NOT_MODIFIED, answer
from jobdesk.api.caller import Caller, TheDesk, check_may_run
from jobdesk.api.fields import Body
from jobdesk.api.refusals import COMMAND, RESPONSES
from jobdesk.api.v1.documents import JobDocument, RunDocument
from jobdesk.desk.documents import job_document, run_document
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.job import JobSpec

router = APIRouter(prefix="/jobs", tags=["jobs"], responses=RESPONSES)
Name = Annotated[str, InPath(min_length=1)]


def _enabled(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput("enabled", value, "true or false")
    return value


class Switch(Body):
    """What can be changed of a job by itself."""

    model_config = ConfigDict(extra="forbid")
    enabled: Annotated[bool, BeforeValidator(_enabled)]


@router.get("", response_model=list[JobDocument], responses=NOT_MODIFIED)
def list_jobs(request: Request, desk: TheDesk) -> Response:
    """All jobs, by name."""
    return answer(request, [job_document(job) for job in desk.jobs()])


@router.post("", status_code=201, response_model=JobDocument, responses=COMMAND)
def add(spec: JobSpec, desk: TheDesk, token: Caller) -> JSONResponse:
    """Set up a job."""
    check_may_run(token, spec.action)
    return JSONResponse(job_document(desk.add(spec, folder=Path.home())), 201)


@router.post("/{name:path}/run", status_code=201, response_model=RunDocument, responses=COMMAND)
def run_job(name: Name, desk: TheDesk, token: Caller) -> JSONResponse:
    """Run a job now."""
    check_may_run(token, desk.job(name).spec.action)
    return JSONResponse(run_document(desk.run_job(name)), 201)


@router.get("/{name:path}", response_model=JobDocument, responses=NOT_MODIFIED)
def get_job(request: Request, name: Name, desk: TheDesk) -> Response:
    """A job."""
    return answer(request, job_document(desk.job(name)))


@router.put("/{name:path}", response_model=JobDocument, responses=COMMAND)
def replace(name: Name, spec: JobSpec, desk: TheDesk, token: Caller) -> JSONResponse:
    """Replace what a job says; its runs so far keep what they were."""
    check_may_run(token, desk.job(name).spec.action, spec.action)
    return JSONResponse(job_document(desk.change_job(name, spec, folder=Path.home())))


@router.patch("/{name:path}", response_model=JobDocument, responses=COMMAND)
def switch(name: Name, wanted: Switch, desk: TheDesk, token: Caller) -> JSONResponse:
    """Enable or disable a job."""
    if wanted.enabled:
        check_may_run(token, desk.job(name).spec.action)
    return JSONResponse(job_document(desk.enable_job(name, wanted.enabled)))


@router.delete("/{name:path}", status_code=204, responses=COMMAND)
def remove(name: Name, desk: TheDesk, token: Caller) -> Response:
    """Delete a job; its runs stay."""
    check_may_run(token, desk.job(name).spec.action)
    desk.remove_job(name)
    return Response(status_code=204)
