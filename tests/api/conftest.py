"""The API as programs meet it: a real server on loopback, and plain requests."""

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
from jobdesk.desk.desk import find_database_url
from jobdesk.domain.settings import EngineSettings

PATIENCE = 30.0


def free_port() -> int:
    """A port that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Api:
    """A desk, its API, and a token for it."""

    desk: Desk
    port: int
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """One request with the token, unless ``token`` names another, or None."""
        token = options.pop("token", self.token)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= options.pop("headers", {})
        return requests.request(
            method, self.url + path, headers=headers, timeout=PATIENCE, **options
        )

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> requests.Response:
        return self.call("POST", path, json=json, **options)


@pytest.fixture
def settings() -> EngineSettings:
    """What the API is started with; a test that is about them has its own."""
    return EngineSettings()


@pytest.fixture
def api(own_home: Path, settings: EngineSettings) -> Iterator[Api]:
    """An API without an engine: what is pushed stays where it is."""
    port = free_port()
    with Desk.open(own_home) as desk:
        service = ApiService(find_database_url(own_home), own_home, f"127.0.0.1:{port}")
        service.start(settings)
        try:
            yield Api(desk, port, desk.tokens.create("web"))
        finally:
            service.close()


@pytest.fixture
def scripts_token(api: Api) -> str:
    return api.desk.tokens.create("scripts", allow_scripts=True)
