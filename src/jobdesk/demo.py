"""What ``make run`` starts: a home of its own with sample jobs that really run.

With a display the window opens on it. Without one the same samples go through the
engine, and one line for each run says how it ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from jobdesk import Cron, Desk, FixedBackoff, HttpAction, RetryPolicy, ScriptAction, paths
from jobdesk.desk.placing import missing
from jobdesk.domain.action import Action
from jobdesk.domain.errors import JobDeskError
from jobdesk.domain.job import JobSpec
from jobdesk.domain.run import Run
from jobdesk.main import engine_command, open_window

_PATIENCE = 50.0
"""Seconds that the samples may take without a display."""

_FLAKY = """\
echo "attempt $JOBDESK_ATTEMPT: looking for the mount"
if [ "$JOBDESK_ATTEMPT" -lt 3 ]; then echo "not there yet" >&2; exit 75; fi
echo "there it is"
"""
_PYTHON = sys.executable
_ENDPOINT = "http://127.0.0.1:"


class _Shop(BaseHTTPRequestHandler):
    """The endpoint that the HTTP sample calls."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b'{"order": 1017, "status": "confirmed"}\n'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: the run's own log says it all."""


def samples(port: int) -> list[JobSpec]:
    """The sample jobs; the HTTP one calls the endpoint on ``port``."""
    return [
        JobSpec(
            name="Tidy downloads",
            action=ScriptAction(
                [_PYTHON, "-c", "for n in range(5): print(f'checked folder {n + 1} of 5')"]
            ),
        ),
        JobSpec(
            name="Sync photos",
            action=ScriptAction(shell=_FLAKY)
            if os.name == "posix"
            else ScriptAction([_PYTHON, "-c", _flaky_python()]),
            retry=RetryPolicy(retries=3, backoff=FixedBackoff(seconds=2)),
        ),
        JobSpec(
            name="Nightly backup",
            action=ScriptAction(
                [
                    _PYTHON,
                    "-c",
                    "import sys; print('backing up'); sys.exit('error: disk not mounted')",
                ]
            ),
            queue="nightly",
            retry=RetryPolicy(retries=1, backoff=FixedBackoff(seconds=2)),
        ),
        JobSpec(
            name="Confirm order",
            action=HttpAction(
                "POST",
                f"{_ENDPOINT}{port}/orders/1017/confirm",
                headers={"Content-Type": "application/json"},
                body='{"order": 1017}',
            ),
            queue="web",
        ),
        JobSpec(
            name="Heartbeat",
            action=ScriptAction([_PYTHON, "-c", "print('still here')"]),
            trigger=Cron("*/20 * * * * *"),
        ),
    ]


def set_up(desk: Desk, port: int) -> list[str]:
    """Set the samples up; those of an earlier time go on as they are, but for what is gone
    by now: the port, and the Python of another checkout. Their names."""
    known = {job.name: job.spec for job in desk.jobs()}
    specs = samples(port)
    for spec in specs:
        if spec.name not in known:
            desk.add(spec, folder=Path.home())
        elif _is_gone((old := known[spec.name]).action):
            renewed = old.model_copy(update={"action": spec.action})
            desk.change_job(spec.name, renewed, folder=Path.home())
    return [spec.name for spec in specs]


def _is_gone(action: Action) -> bool:
    if isinstance(action, HttpAction):
        return action.url.startswith(_ENDPOINT)
    return missing(action) is not None


def run_by_hand(desk: Desk, names: list[str]) -> None:
    """Run the samples that have no schedule of their own."""
    for name in names:
        if desk.job(name).spec.trigger is None:
            desk.run_job(name)


def headless(home: Path) -> int:
    """Run the samples without a window; 0 when each came to its end."""
    os.environ[paths.HOME_VARIABLE] = str(home)
    with _endpoint() as port, Desk.open(home) as desk:
        names = set_up(desk, port)
        run_by_hand(desk, names)
        engine = subprocess.Popen(engine_command("terminal"), stderr=subprocess.DEVNULL)
        try:
            for name in names:
                _report(_last_word(desk, name))
        finally:
            desk.stop_engine()
            engine.wait(30)
    return 0


def with_window(home: Path) -> int:
    """Open the window on the samples."""
    with _endpoint() as port:
        with Desk.open(home) as desk:
            fresh = not desk.jobs()
            names = set_up(desk, port)
            if fresh:
                run_by_hand(desk, names)
        return open_window(str(home))


def main() -> int:
    if _has_display():
        home = Path(os.environ.get("JOBDESK_DEMO_HOME") or _demo_home())
        return with_window(home)
    _say("There is no display, so here are the sample jobs without a window:")
    with tempfile.TemporaryDirectory(prefix="jobdesk-demo-") as folder:
        return headless(Path(folder))


def _last_word(desk: Desk, name: str) -> Run:
    """The run of a sample, once it is finished."""
    found: list[Run] = []
    look = threading.Event()
    stop = desk.listen(lambda topics: look.set())
    deadline = desk.now().timestamp() + _PATIENCE
    try:
        while not found:
            look.clear()
            last = desk.job(name).last_run
            if last is not None and last.finished:
                found.append(last)
            elif desk.now().timestamp() > deadline:
                raise JobDeskError(f"the sample {name!r} did not end within {_PATIENCE:.0f} s")
            else:
                look.wait(0.5)
    finally:
        stop()
    return found[0]


def _report(run: Run) -> None:
    detail = f" after {run.attempt} attempts" if run.attempt > 1 else ""
    _say(f"{run.title}: {run.state}{detail}" + (f" ({run.error})" if run.error else ""))


@contextmanager
def _endpoint() -> Iterator[int]:
    """A small server on loopback; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shop)
    thread = threading.Thread(target=server.serve_forever, name="demo-endpoint", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _demo_home() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("jobdesk-demo", appauthor=False)


def _has_display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _flaky_python() -> str:
    return (
        "import os, sys\n"
        "print('attempt', os.environ['JOBDESK_ATTEMPT'])\n"
        "sys.exit(0 if int(os.environ['JOBDESK_ATTEMPT']) > 2 else 75)"
    )


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
