"""The engine with its API, as processes: a producer's whole story."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest
import requests

from jobdesk.desk import Desk
from jobdesk.domain.settings import EngineSettings
from tests.api.conftest import PATIENCE, free_port
from tests.engine.runners.servers import HttpServer
from tests.support.command import command, environment, finish, serving, start

T = TypeVar("T")


def wait_for(look: Callable[[], T | None]) -> T:
    """What ``look`` finds, as soon as it finds something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def health(port: int) -> int:
    """The status of /healthz; 0 where nobody listens."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE).status_code
    except requests.ConnectionError:
        return 0


@pytest.fixture
def endpoint() -> Iterator[HttpServer]:
    def answers(status: int) -> Callable[[Any], None]:
        def answer(handler: Any) -> None:
            handler.send_response(status)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        return answer

    server = HttpServer()
    server.routes |= {"/work": answers(200), "/gone": answers(404), "/done": answers(204)}
    yield server
    server.close()


def test_a_producer_pushes_and_is_called_back(own_home: Path, endpoint: HttpServer) -> None:
    token = command(own_home, "token", "create", "web").text.strip()
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    headers = {"Authorization": f"Bearer {token}"}

    def push(**body: object) -> Any:
        body = {"queue": "mails", "callback_url": f"{endpoint.url}/done"} | body
        answer = requests.post(f"{api}/jobs", json=body, headers=headers, timeout=PATIENCE)
        assert answer.status_code == 201
        return answer.json()

    def seen(path: str) -> list[tuple[str, str, dict[str, str], bytes, int]]:
        return [one for one in endpoint.seen if one[1] == path]

    with serving(own_home, "--api", str(port)):
        assert health(port) == 200
        good = push(url=f"{endpoint.url}/work", payload={"n": [1]}, headers={"X-Tenant": "7"})
        bad = push(url=f"{endpoint.url}/gone", method="PUT")
        late = push(url=f"{endpoint.url}/work", delay=3600)
        cron = requests.post(
            f"{api}/crons",
            json={"name": "tick", "url": f"{endpoint.url}/work", "cron_expression": "0 4 * * *"},
            headers=headers, timeout=PATIENCE,
        ).json()  # fmt: skip
        assert cron["next_run_at"] > datetime.now(UTC).isoformat(timespec="seconds")
        told = wait_for(lambda: seen("/done") if len(seen("/done")) == 2 else None)
        run = requests.get(f"{api}/v1/runs/{late['job_id']}", headers=headers, timeout=PATIENCE)
        assert run.json()["state"] == "scheduled"
    method, _, sent, body, _ = seen("/work")[0]
    assert (method, json.loads(body), sent["X-Tenant"]) == ("POST", {"n": [1]}, "7")
    assert sent["Content-Type"] == "application/json"
    ((method, _, sent, body, _),) = seen("/gone")
    assert (method, body) == ("PUT", b"")
    ends = {said["job_id"]: said for said in (json.loads(one[3]) for one in told)}
    assert {one[0] for one in told} == {"POST"}
    first, second = ends[good["job_id"]], ends[bad["job_id"]]
    assert (first["state"], first["response_status"], first["reason"]) == ("succeeded", 200, None)
    assert (second["state"], second["response_status"]) == ("dead", 404)
    assert (second["reason"], second["attempt"]) == ("http_client_error", 1)
    assert first["queue_id"] == good["queue_id"]


def test_the_setting_starts_moves_and_stops_it(own_home: Path) -> None:
    first, second = free_port(), free_port()
    with Desk.open(own_home) as desk, serving(own_home):
        assert health(first) == 0
        desk.save_settings(EngineSettings(api_listen=str(first)))
        assert wait_for(lambda: health(first)) == 200
        desk.save_settings(EngineSettings(api_listen=f"127.0.0.1:{second}"))
        assert wait_for(lambda: health(second)) == 200
        assert health(first) == 0
        desk.save_settings(EngineSettings())
        wait_for(lambda: health(second) == 0)


def test_a_port_that_is_taken(own_home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as squatter:
        port = squatter.getsockname()[1]
        refused = finish(start(own_home, "serve", "--api", str(port)))
        assert refused.code == 4
        assert f"127.0.0.1:{port}" in refused.err
        with Desk.open(own_home) as desk:
            desk.save_settings(EngineSettings(api_listen=str(port)))
            with serving(own_home):
                found = wait_for(lambda: (now := desk.engine_health()) and now.api)
                assert f"127.0.0.1:{port}" in found
                checks = json.loads(command(own_home, "doctor", "--json").out)["checks"]
                assert found in [check["found"] for check in checks if check["name"] == "HTTP API"]
                other = free_port()
                desk.save_settings(EngineSettings(api_listen=str(other)))
                assert wait_for(lambda: health(other)) == 200
                health_now = desk.engine_health()
                assert health_now is not None
                assert health_now.api is None


def test_a_stop_waits_for_no_follower(own_home: Path) -> None:
    token = command(own_home, "token", "create", "web").text.strip()
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    headers = {"Authorization": f"Bearer {token}"}
    with serving(own_home, "--api", f"localhost:{port}") as engine:
        body = {"queue": "q", "url": "http://127.0.0.1:9/", "delay": 3600}
        run = requests.post(f"{api}/jobs", json=body, headers=headers, timeout=PATIENCE).json()
        place = f"{api}/v1/runs/{run['job_id']}/log/stream"
        with requests.get(place, headers=headers, stream=True, timeout=PATIENCE) as line:
            assert line.status_code == 200
            began = time.monotonic()
            engine.terminate()
            engine.wait(PATIENCE)
            assert time.monotonic() - began < 10


def test_a_script_and_its_log(own_home: Path) -> None:
    token = command(own_home, "token", "create", "web", "--allow-scripts").text.strip()
    port = free_port()
    runs = f"http://127.0.0.1:{port}/api/v1/runs"
    headers = {"Authorization": f"Bearer {token}"}
    line = "echo one; sleep 0.5; echo two >&2; printf 'thr\\377e'; test $JOBDESK_ATTEMPT = 2"
    retry = {"retries": 1, "backoff": {"type": "fixed", "seconds": 0}}
    with serving(own_home, "--api", str(port)):
        body = {"action": {"type": "script", "shell": line}, "retry": retry}
        run = requests.post(runs, json=body, headers=headers, timeout=PATIENCE).json()
        place = f"{runs}/{run['id']}"
        events = []
        with requests.get(
            f"{place}/log/stream", headers=headers, stream=True, timeout=PATIENCE
        ) as answer:
            lines = [one for one in answer.iter_lines(decode_unicode=True) if one]
        for kind, data in pairwise(lines):
            if kind.startswith("event: "):
                events.append((kind.removeprefix("event: "), json.loads(data.partition(" ")[2])))
        raw = requests.get(f"{place}/log/raw?attempt=1", headers=headers, timeout=PATIENCE)
        log = requests.get(f"{place}/log", headers=headers, timeout=PATIENCE).json()
        full = requests.get(place, headers=headers, timeout=PATIENCE).json()
    assert [said["number"] for kind, said in events if kind == "attempt"] == [1, 2]
    for attempt in (1, 2):
        written = [said for kind, said in events if kind == "log" and said["attempt"] == attempt]
        out = "".join(said["text"] for said in written if said["stream"] == "stdout")
        err = "".join(said["text"] for said in written if said["stream"] == "stderr")
        assert (out, err) == ("one\nthr\ufffde", "two\n")
    assert (events[-1][0], events[-1][1]["state"]) == ("end", "succeeded")
    assert raw.content == b"one\nthr\xffe"
    assert {chunk["stream"] for chunk in log["chunks"]} >= {"stdout", "stderr"}
    assert (log["attempt"], log["next_after"]) == (2, None)
    assert [one["exit_code"] for one in full["attempts"]] == [1, 0]


def test_an_engine_without_the_api_does_not_load_it(own_home: Path) -> None:
    code = (
        "import sys; from jobdesk.main import main; code = main(['serve', '--until-idle']);"
        "print(code, [m for m in ('fastapi', 'uvicorn', 'starlette', 'h11') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(own_home), capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert done.stdout == "0 []\n"
