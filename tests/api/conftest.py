"""A desk whose API is really served, on a port of its own; nothing runs what is pushed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from jobdesk.api.service import ApiService
from jobdesk.desk import Desk
from jobdesk.domain.settings import EngineSettings


@dataclass
class Api:
    """The desk, the server, and a client of it."""

    desk: Desk
    service: ApiService
    token: str
    session: requests.Session

    @property
    def url(self) -> str:
        assert self.service.address is not None
        host, port = self.service.address
        return f"http://{host}:{port}"

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
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
