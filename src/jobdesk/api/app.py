"""The application: routes, guards around them, and how they say no."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fastapi_swagger
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.staticfiles import StaticFiles

from jobdesk import __version__
from jobdesk.api import metrics, recuro, refusals
from jobdesk.api.guards import HostGuard, QuietHeaders, SizeGuard, TokenGuard
from jobdesk.api.v1 import desk as desk_routes
from jobdesk.api.v1 import heartbeats, jobs, logs, queues, runs
from jobdesk.desk import Desk
from jobdesk.domain.errors import JobDeskError

_ABOUT = """\
Background jobs on this computer. `/api/jobs` and `/api/crons` are Recuro's calls; everything
else is under `/api/v1`. Every call needs a token: `Authorization: Bearer jd_…`.
"""

_MOST_FOLLOWED = 16
"""Logs that are followed live at once: less than half of the threads that answer."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How the API behaves to those who call: names that it answers to besides this
    computer's own, requests a minute for each token, origins whose pages may call."""

    host: str = "127.0.0.1"
    rate: int = 600
    origins: tuple[str, ...] = ()
    closing: threading.Event = field(default_factory=threading.Event)


def make_app(desk: Desk, manners: Manners) -> FastAPI:
    """The application for one desk."""
    app = FastAPI(
        title="JobDesk",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        separate_input_output_schemas=False,
    )
    app.state.desk, app.state.closing = desk, manners.closing
    app.state.lines = threading.Semaphore(_MOST_FOLLOWED)
    app.include_router(recuro.router)
    for module in (runs, logs, jobs, queues, heartbeats, desk_routes):
        app.include_router(module.router, prefix="/api/v1")
    _add_plain_routes(app)
    _add_docs(app)
    _add_refusals(app)
    _add_guards(app, desk, manners)
    _describe_tokens(app)
    return app


def _add_plain_routes(app: FastAPI) -> None:
    def health(request: Request) -> JSONResponse:
        """Whether this is up: the API answers, and an engine works."""
        desk: Desk = request.app.state.desk
        found = desk.engine_health()
        fine = desk.engine() is not None and not (found and found.trouble)
        return JSONResponse({"status": "ok" if fine else "trouble"}, 200 if fine else 503)

    def prometheus(request: Request) -> PlainTextResponse:
        """Numbers for Prometheus, in its text format."""
        said = metrics.text(request.app.state.desk)
        return PlainTextResponse(said, media_type="text/plain; version=0.0.4; charset=utf-8")

    unwell: dict[int | str, dict[str, Any]] = {
        503: {"description": "No engine runs, or it can't store anything"}
    }
    app.get(
        "/healthz",
        tags=["desk"],
        responses=refusals.RESPONSES | unwell,
        openapi_extra={"security": []},
    )(health)
    text: dict[int | str, dict[str, Any]] = {
        200: {"description": "Numbers", "content": {"text/plain": {}}}
    }
    # No class for text: the refusals that are listed here are JSON.
    app.get(
        "/metrics",
        tags=["desk"],
        response_class=Response,
        responses=refusals.RESPONSES | text,
    )(prometheus)


def _add_docs(app: FastAPI) -> None:
    """The interactive pages. What they need comes with the program: nothing is fetched
    from elsewhere."""

    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="JobDesk API",
            swagger_js_url="/swagger/swagger-ui-bundle.js",
            swagger_css_url="/swagger/swagger-ui.css",
            swagger_favicon_url="/swagger/favicon-32x32.png",
            swagger_ui_parameters={"persistAuthorization": True, "tryItOutEnabled": True},
        )

    app.get("/docs", include_in_schema=False)(docs)
    # By its folder: in a bundle there are no modules among the files.
    files = Path(fastapi_swagger.__file__).parent / "resources"
    app.mount("/swagger", StaticFiles(directory=str(files)))


def _add_refusals(app: FastAPI) -> None:
    app.add_exception_handler(JobDeskError, refusals.on_domain_error)
    app.add_exception_handler(RequestValidationError, refusals.on_bad_request)
    app.add_exception_handler(HTTPException, refusals.on_http_error)
    app.add_exception_handler(refusals.Forbidden, refusals.on_forbidden)
    app.add_exception_handler(Exception, refusals.on_defect)


def _add_guards(app: FastAPI, desk: Desk, manners: Manners) -> None:
    """The last one that is added is the first one to be asked."""
    app.add_middleware(TokenGuard, tokens=desk.tokens, rate=lambda: manners.rate)
    app.add_middleware(SizeGuard)
    if manners.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(manners.origins),
            allow_methods=["*"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-None-Match"],
            expose_headers=["ETag", "Retry-After"],
        )
    anywhere = manners.host in ("0.0.0.0", "::")
    app.add_middleware(HostGuard, allowed=frozenset({manners.host.lower()}), any_host=anywhere)
    app.add_middleware(QuietHeaders)


def _describe_tokens(app: FastAPI) -> None:
    """OpenAPI's word for the token, which a middleware asks for."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        document = plain()
        document.setdefault("components", {})["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"}
        }
        document["security"] = [{"token": []}]
        return document

    app.openapi = described  # type: ignore[method-assign]
