"""The whole desk over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from jobdesk.domain.action import HttpAction
from jobdesk.domain.heartbeat import HeartbeatSpec
from tests.api.conftest import PATIENCE, Api
from tests.support.samples import TRUE

HTTP = {"type": "http", "method": "POST", "url": "https://example.com/send"}
SCRIPT = {"type": "script", "command": ["true"]}
HUGE = ("0", "-1", str(2**63), str(10**400), "x", "%00", "1.5", "%ED%A0%80")


def test_jobs(api: Api) -> None:
    cron = {"type": "cron", "expression": "0 7 * * *", "tz": "Europe/Berlin"}
    made = api.post("/api/v1/jobs", {"name": "a/b ä", "action": HTTP, "trigger": cron})
    assert (made.status_code, made.json()["timezone"]) == (201, "Europe/Berlin")
    place = "/api/v1/jobs/a/b ä"
    assert api.get("/api/v1/jobs").json() == [made.json()] == [api.get(place).json()]
    off = api.call("PATCH", place, json={"enabled": False}).json()
    assert (off["enabled"], off["next_due_at"]) == (False, None)
    changed = api.call("PUT", place, json={"name": "c", "action": HTTP, "priority": 5})
    assert (changed.status_code, changed.json()["priority"]) == (200, 5)
    run = api.post("/api/v1/jobs/c/run")
    assert (run.status_code, run.json()["job"], run.json()["origin"]) == (201, "c", "manual")
    assert api.call("DELETE", "/api/v1/jobs/c").status_code == 204
    assert api.get("/api/v1/jobs/c").status_code == 404
    assert api.get(f"/api/v1/runs/{run.json()['id']}").status_code == 200


def test_all_that_is_wrong_with_a_job_is_listed(api: Api) -> None:
    body = {
        "name": "",
        "action": HTTP | {"url": "nowhere"},
        "priority": "high",
        "overlap": "never",
        "surprise": 1,
    }
    answer = api.post("/api/v1/jobs", body)
    assert answer.status_code == 422
    found = {field.rpartition(".")[2] for field in answer.json()["errors"]}
    assert found == {"name", "url", "priority", "overlap", "surprise"}
    assert api.desk.jobs() == []


def test_runs_are_paged_and_filtered(api: Api) -> None:
    api.desk.push_many([HttpAction("GET", "https://example.com/")] * 7, queue="many")
    api.desk.push(HttpAction("GET", "https://example.com/needle"), queue="few", delay=60)
    seen, cursor, pages = [], "", 0
    while pages < 10:
        page = api.get(f"/api/v1/runs?limit=3{cursor}").json()
        seen += [run["id"] for run in page["runs"]]
        pages += 1
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert (len(seen), seen) == (8, sorted(seen, reverse=True))

    def count(query: str) -> int:
        return len(api.get(f"/api/v1/runs?{query}").json()["runs"])

    assert (count("queue=many"), count("state=scheduled"), count("text=needle")) == (7, 1, 1)
    assert (count("state=scheduled&state=queued"), count("since=2999-01-01")) == (8, 0)
    for bad in ("state=odd", "limit=0", "limit=501", "cursor=x", "since=soon", "attention=x"):
        answer = api.get(f"/api/v1/runs?{bad}")
        assert (answer.status_code, bool(answer.json()["errors"])) == (422, True), bad


def test_commands_on_runs(api: Api) -> None:
    first = api.post("/api/v1/runs", {"action": HTTP, "delay": "1h", "timeout": 5}).json()
    place = f"/api/v1/runs/{first['id']}"
    assert first["state"] == "scheduled"
    assert api.post(f"{place}/retry").status_code == 409
    assert api.post(f"{place}/discard").status_code == 409
    assert api.post(f"{place}/cancel").json()["state"] == "cancelled"
    assert api.post(f"{place}/cancel").status_code == 409
    replayed = api.post(f"{place}/replay")
    assert (replayed.status_code, replayed.json()["replay_of"]) == (201, first["id"])
    again = api.post(f"{place}/replay")
    assert (again.status_code, again.json()["id"]) == (200, replayed.json()["id"])
    assert api.get(f"{place}/attempts").json() == []
    assert api.get(f"{place}/attempts/1").status_code == 404
    both = {"ids": [replayed.json()["id"], 10**6]}
    for verb in ("cancel", "retry", "discard", "replay"):
        assert api.post(f"/api/v1/runs/{verb}", both).status_code == 404, verb
    assert api.desk.run(replayed.json()["id"]).state == "queued"


def test_ids_of_any_kind_are_refused_politely(api: Api) -> None:
    for odd in HUGE:
        for what in ("", "/log", "/log/raw", "/log/stream", "/attempts"):
            assert api.get(f"/api/v1/runs/{odd}{what}").status_code in (404, 422), (odd, what)
        assert api.post(f"/api/v1/runs/{odd}/cancel").status_code in (404, 422), odd
        assert api.get(f"/api/v1/jobs/{odd}").status_code == 404
        assert api.get(f"/api/v1/queues/{odd}").status_code == 404
    for ids in ([], [0], [2**63], [10**400], ["1"] * 2000, "1", None, [True], [1.5]):
        sent = json.dumps({"ids": ids})
        answer = api.post("/api/v1/runs/cancel", data=sent)
        assert answer.status_code in (404, 422), ids


def test_queues(api: Api) -> None:
    retry = {"retries": 2, "backoff": {"type": "list", "delays": [60, 1800]}}
    wanted = {"concurrency": 2, "policy": {"timeout": 20, "retry": retry}}
    made = api.call("PUT", "/api/v1/queues/slow", json=wanted)
    assert (made.status_code, made.json()["concurrency"]) == (200, 2)
    assert made.json()["policy"]["timeout"] == 20
    assert api.post("/api/v1/queues/slow/pause").json()["paused"] is True
    assert api.get("/api/v1/queues/slow").json()["paused"] is True
    assert api.post("/api/v1/queues/slow/resume").json()["paused"] is False
    assert api.post("/api/v1/queues/none/pause").status_code == 404
    bad = api.call("PUT", "/api/v1/queues/slow", json={"concurrency": 0, "policy": {"x": 1}})
    assert (bad.status_code, len(bad.json()["errors"])) == (422, 2)


def test_the_last_day_is_told(api: Api) -> None:
    call = HttpAction("GET", "https://example.com/")
    api.desk.cancel([api.desk.push(call, delay=60).id for _ in range(2)])
    api.desk.push(call)
    told = api.get("/api/v1/statistics").json()
    assert told["last_24_hours"] == {"succeeded": 0, "dead": 0, "cancelled": 2}


def test_next_fires(api: Api) -> None:
    query = "expression=30 2 * * *&tz=Europe/Berlin&from=2026-03-28T12:00&n=2"
    assert api.get(f"/api/v1/next?{query}").json() == [
        "2026-03-29T03:00:00+02:00",
        "2026-03-30T02:30:00+02:00",
    ]
    for bad in ("expression=x", "expression=* * * * *&tz=Mars", "expression=* * * * *&n=0", ""):
        assert api.get(f"/api/v1/next?{bad}").status_code == 422, bad


def test_who_asks_again_is_told_that_nothing_changed(api: Api) -> None:
    api.desk.push(HttpAction("GET", "https://example.com/"), delay=60)
    paths = (
        "runs", "runs/1", "runs/1/attempts", "runs/1/log", "jobs", "queues", "queues/default",
        "dead-letters", "statistics",
    )  # fmt: skip
    tags = {}
    for path in paths:
        tags[path] = api.get(f"/api/v1/{path}").headers["ETag"]
        same = api.get(f"/api/v1/{path}", headers={"If-None-Match": tags[path]})
        assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tags[path])
    api.desk.cancel([1])
    answer = api.get("/api/v1/runs", headers={"If-None-Match": tags["runs"]})
    assert (answer.status_code, answer.json()["runs"][0]["state"]) == (200, "cancelled")


def test_metrics(api: Api) -> None:
    api.desk.push(HttpAction("GET", "https://example.com/"), queue='a"b\\c')
    text = api.get("/metrics")
    assert text.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = text.text.splitlines()
    assert 'jobdesk_runs{queue="a\\"b\\\\c",state="queued"} 1' in lines
    assert "jobdesk_engine_up 0" in lines
    assert "jobdesk_runs_created_total 1" in lines


class TestScripts:
    """Without the right, a token starts no script by any way in."""

    @pytest.fixture
    def ways(self, api: Api) -> list[Callable[[str], requests.Response]]:
        job = api.desk.add_job("script", TRUE)
        run = api.desk.run_job("script").id
        api.desk.cancel([run])

        def way(method: str, path: str, body: object = None) -> Callable[[str], requests.Response]:
            return lambda token: api.call(method, f"/api/v1/{path}", json=body, token=token)

        return [
            way("POST", "runs", {"action": SCRIPT}),
            way("POST", "jobs", {"name": "new", "action": SCRIPT}),
            way("PATCH", f"jobs/{job.name}", {"enabled": True}),
            way("POST", f"jobs/{job.name}/run"),
            way("POST", f"runs/{run}/replay"),
            way("POST", "runs/replay", {"ids": [run]}),
            way("PUT", f"jobs/{job.name}", {"name": job.name, "action": SCRIPT}),
            way("PUT", f"jobs/{job.name}", {"name": job.name, "action": HTTP}),
        ]

    def test_without_the_right(
        self, api: Api, ways: list[Callable[[str], requests.Response]]
    ) -> None:
        before = (api.desk.runs(), api.desk.jobs())
        for way in ways:
            answer = way(api.token)
            assert answer.status_code == 403
            assert answer.json() == {"error": "this token may not run scripts"}
        assert api.call("DELETE", "/api/v1/jobs/script").status_code == 403
        assert (api.desk.runs(), api.desk.jobs()) == before
        http = api.post("/api/v1/jobs", {"name": "http", "action": HTTP})
        assert http.status_code == 201
        turned = api.call("PUT", "/api/v1/jobs/http", json={"name": "http", "action": SCRIPT})
        assert turned.status_code == 403

    def test_with_the_right(
        self, ways: list[Callable[[str], requests.Response]], scripts_token: str
    ) -> None:
        codes = [way(scripts_token).status_code for way in ways]
        assert codes == [201, 201, 200, 201, 201, 200, 200, 200]


def test_a_log_is_followed_until_its_run_ends(api: Api) -> None:
    run = api.desk.push(HttpAction("GET", "https://example.com/"), delay=timedelta(hours=1))
    answer = api.get(f"/api/v1/runs/{run.id}/log/stream", stream=True)
    with answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        lines = answer.iter_lines(chunk_size=1, decode_unicode=True)
        assert next(lines).startswith(":")
        threading.Timer(0.0, api.desk.cancel, ([run.id],)).start()
        said = [line for line in lines if line and not line.startswith(":")]
    assert said[0] == "event: end"
    assert json.loads(said[1].removeprefix("data: "))["state"] == "cancelled"


def test_followed_logs_leave_threads_to_others(api: Api) -> None:
    run = api.desk.push(HttpAction("GET", "https://example.com/"), delay=3600)
    headers = {"Authorization": f"Bearer {api.token}"}
    open_lines = []
    try:
        for _ in range(40):
            line = requests.get(
                f"{api.url}/api/v1/runs/{run.id}/log/stream",
                headers=headers, stream=True, timeout=PATIENCE,
            )  # fmt: skip
            open_lines.append(line)
            if line.status_code != 200:
                break
        assert open_lines[-1].status_code == 503
        assert api.get("/api/v1/runs").status_code == 200
    finally:
        for line in open_lines:
            line.close()


def test_heartbeats_are_pinged(api: Api) -> None:
    assert api.post("/api/v1/heartbeats/backup").status_code == 404
    api.desk.heartbeats.add(HeartbeatSpec(name="backup", every="1h"))
    said = api.post("/api/v1/heartbeats/backup")
    assert (said.status_code, said.json()["name"], said.json()["silent"]) == (200, "backup", False)
    assert said.json()["last_ping_at"] is not None
    assert api.get("/api/v1/heartbeats").json() == [said.json()]
