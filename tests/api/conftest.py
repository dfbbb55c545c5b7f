"""A desk whose API is really served, on a port of its own; nothing runs what is pushed."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from jobdesk.api.service import ApiService
from jobdesk.desk import Desk
from jobdesk.domain.settings import EngineSettings

PATIENCE = 30.0
"""Seconds for what takes less than one on a quiet machine."""


def free_port() -> int:
    """A port that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Api:
    """The desk, the server, and a client of it."""

    desk: Desk
    service: ApiService
    token: str
    session: requests.Session

    @property
    def port(self) -> int:
        assert self.service.address is not None
        return self.service.address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request with the token, unless ``token`` is another, or None."""
        token = options.pop("token", self.token)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        headers |= options.pop("headers", {})
        return self.session.request(
            method, f"{self.url}{path}", headers=headers, timeout=20, **options
        )

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> requests.Response:
        return self.call("POST", path, json=json, **options)


@pytest.fixture
def desk(own_home: Path) -> Iterator[Desk]:
    with Desk.open(own_home) as desk:
        yield desk


@pytest.fixture
def settings() -> EngineSettings:
    return EngineSettings(api_rate=100_000)


@pytest.fixture
def api(desk: Desk, own_home: Path, settings: EngineSettings) -> Iterator[Api]:
    service = ApiService(desk.database_url, own_home, "127.0.0.1:0")
    service.start(settings)
    try:
        with requests.Session() as session:
            session.trust_env = False
            yield Api(desk, service, desk.tokens.create("web"), session)
    finally:
        service.close()


@pytest.fixture
def scripts_token(api: Api) -> str:
    """Of somebody who may run scripts."""
    return api.desk.tokens.create("scripts", allow_scripts=True)
