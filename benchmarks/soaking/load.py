"""Random work: who pushes what, and what people do to it meanwhile."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.soaking import script
from benchmarks.soaking.ledger import Books, Push
from benchmarks.soaking.server import ANSWERS
from jobdesk import Desk, Every, HttpAction, RetryPolicy, ScriptAction
from jobdesk.domain.errors import NotAllowed, NotFound, Unavailable
from jobdesk.domain.retry import FixedBackoff
from jobdesk.domain.run import Run, RunState

QUEUES = ("default", "narrow", "wide", "bulk")
QUICK = ("ok", "ok", "ok", "slow", "slow", "fail", "flaky", "flaky", "chatty")
ROUGH = ("hang", "stubborn", "family", "daemon", "stopped", "loud")
FEW = 400
"""Runs waiting; with more than that, the load waits for the engine to catch up."""


class Load:
    """Threads that push and command until :meth:`stop`; all they hear goes into the books."""

    def __init__(self, desk: Desk, home: Path, ledger: Path, url: str, books: Books, seed: int):
        self._desk, self._home, self._ledger, self._url = desk, home, ledger, url
        self._books, self._seed = books, seed
        self._stopping = threading.Event()
        self._number = 0
        self._guard = threading.Lock()
        parts = {"push": self._push, "command line": self._push_by_programs, "people": self._people}
        self._threads = [
            threading.Thread(target=self._loop, args=(name, part), name=f"soak {name}")
            for name, part in parts.items()
        ]

    def start(self) -> None:
        rng = random.Random(f"{self._seed} jobs")
        for name, limit in zip(QUEUES, (None, 1, 4, 2), strict=True):
            self._desk.set_queue(name, concurrency=limit)
        for overlap in ("skip", "queue", "parallel", "replace"):
            # One that hangs longer than its turn and queues up would drown all the rest.
            kinds = ("ok", "ok", "flaky") if overlap == "queue" else ("ok", "slow", "hang")
            for catch_up in ("skip", "latest", "all"):
                self._desk.add_job(
                    f"{overlap} {catch_up}",
                    self._script(rng.choice(kinds), "job"),
                    trigger=Every(f"{rng.randint(1, 3)}s"),
                    overlap=overlap,
                    catch_up=catch_up,
                    queue=rng.choice(QUEUES[:1] + QUEUES[2:]),
                    timeout=1.5,
                    retry=RetryPolicy(retries=1, backoff=FixedBackoff(seconds=0.5)),
                )
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No more work; then let all that waits run."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        for job in self._desk.jobs():
            self._desk.enable_job(job.name, False)
        for queue in self._desk.queues():
            self._desk.set_queue(queue.name, concurrency=None)
            self._desk.pause_queue(queue.name, False)

    # -- the threads --------------------------------------------------------------------

    def _loop(self, name: str, step: Callable[[random.Random], float]) -> None:
        rng = random.Random(f"{self._seed} {name}")
        while not self._stopping.is_set():
            try:
                pause = step(rng)
            except Unavailable as error:
                self._refused(str(error))
                pause = 0.5
            except Exception as error:
                self._books.problems.append(f"{name}: {type(error).__name__}: {error}")
                pause = 1.0
            self._stopping.wait(pause)

    def _push(self, rng: random.Random) -> float:
        if self._waiting() > FEW:
            self._books.count("pauses of the load")
            return 1.0
        tag = self._tag()
        options = self._options(rng)
        kind = rng.random()
        if kind < 0.15:
            count = rng.choice((2, 5, 20, 60))
            name = rng.choice(("ok", "slow", "flaky"))
            actions = [self._script(name, tag) for _ in range(count)]
            self._record(tag, count, None, lambda: self._desk.push_many(actions, **options))
            return rng.uniform(0.5, 2.0)
        key = f"key-{rng.randint(1, 200)}" if kind < 0.3 else None
        action = self._action(rng, tag)
        self._record(tag, 1, key, lambda: [self._desk.push(action, key=key, **options).id])
        return rng.uniform(0.05, 0.6)

    def _record(self, tag: str, count: int, key: str | None, push: Callable[[], list[int]]) -> None:
        began = time.monotonic()
        try:
            ids = push()
        except Unavailable as error:
            self._refused(str(error))
            self._books.pushes.append(Push(tag, count, "refused", key=key))
        else:
            self._books.pushes.append(Push(tag, count, "returned", tuple(ids), key))
            self._books.count("runs pushed", count)
        self._books.longer("push (s)", time.monotonic() - began)

    def _push_by_programs(self, rng: random.Random) -> float:
        """Several ``jobdesk push`` at once; some are killed in mid-push."""
        started = []
        for _ in range(rng.choice((1, 2, 4))):
            tag = self._tag()
            key = f"key-{rng.randint(1, 200)}" if rng.random() < 0.2 else None
            started.append((tag, key, self._program(rng, tag, key), rng.random() < 0.35))
        for _, _, program, doomed in started:
            if doomed:
                self._stopping.wait(rng.uniform(0.1, 0.6))
                program.kill()
        for tag, key, program, _ in started:
            self._heard(tag, key, program)
        return rng.uniform(1.0, 5.0)

    def _program(self, rng: random.Random, tag: str, key: str | None) -> subprocess.Popen[bytes]:
        args = ["--queue", rng.choice(QUEUES), "--retries", "2", "--backoff", "fixed:0.5"]
        args += ["--key", key] if key else []
        command = self._script(rng.choice(QUICK), tag).command or ()
        return subprocess.Popen(
            [sys.executable, "-m", "jobdesk", "push", *args, "--", *command],
            env={**os.environ, "JOBDESK_HOME": str(self._home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def _heard(self, tag: str, key: str | None, program: subprocess.Popen[bytes]) -> None:
        out, err = program.communicate(timeout=120)
        said = err.decode()
        if program.returncode < 0:
            self._books.count("pushes killed")
            self._books.pushes.append(Push(tag, 1, "unknown", key=key))
        elif program.returncode == 0:
            self._books.pushes.append(Push(tag, 1, "returned", (int(out),), key))
            self._books.count("runs pushed")
        else:
            self._refused(said)
            self._books.pushes.append(Push(tag, 1, "refused", key=key))
            if program.returncode != 4 or "Traceback" in said or not said.strip():
                self._books.problems.append(f"push ended with {program.returncode}: {said}")

    def _people(self, rng: random.Random) -> float:
        """One command to one of the newest runs, or to a queue."""
        what = rng.choice(("cancel", "cancel", "retry", "replay", "discard", "queue", "job"))
        wanted = {
            "cancel": (RunState.RUNNING, RunState.QUEUED, RunState.RETRYING, RunState.SCHEDULED),
            "retry": (RunState.RETRYING,),
            "replay": (RunState.DEAD, RunState.SUCCEEDED),
            "discard": (RunState.DEAD,),
        }.get(what, ())
        found = [run for run in self._desk.runs(limit=100) if run.state in wanted]
        try:
            if what == "queue":
                self._change_a_queue(rng)
            elif what == "job":
                self._desk.run_job(rng.choice(self._desk.jobs()).name)
            elif found:
                self._command(what, rng.choice(found))
            self._books.count("commands")
        except (NotAllowed, NotFound):
            self._books.count("commands that came too late")
        return rng.uniform(0.1, 0.8)

    def _command(self, what: str, run: Run) -> None:
        if what == "cancel":
            self._desk.cancel([run.id])
            self._books.cancelled.append(run.id)
        elif what == "retry":
            self._desk.retry([run.id])
        elif what == "discard":
            self._desk.discard([run.id])
            self._books.discarded.append(run.id)
        else:
            for pair in self._desk.replay([run.id]):
                if pair.new_id is not None:
                    self._books.replayed.append((run.id, pair.new_id))

    def _change_a_queue(self, rng: random.Random) -> None:
        name = rng.choice(QUEUES)
        if rng.random() < 0.5:
            self._desk.set_queue(name, concurrency=rng.choice((None, 1, 2, 4, 8)))
        else:
            self._desk.pause_queue(name)
            self._stopping.wait(rng.uniform(0.1, 2.0))
            self._desk.pause_queue(name, False)

    # -- what is pushed -----------------------------------------------------------------

    def _action(self, rng: random.Random, tag: str) -> ScriptAction | HttpAction:
        if rng.random() < 0.2:
            return HttpAction("POST", f"{self._url}/{rng.choice(ANSWERS)}?tag={tag}", body="x")
        return self._script(rng.choice(ROUGH if rng.random() < 0.2 else QUICK), tag)

    def _script(self, kind: str, tag: str) -> ScriptAction:
        interpreter = [sys.executable, "-I", "-S", str(Path(script.__file__).absolute())]
        return ScriptAction([*interpreter, str(self._ledger), kind, tag])

    def _options(self, rng: random.Random) -> dict[str, Any]:
        return {
            "queue": rng.choice(QUEUES),
            "priority": rng.choice((-1, 0, 0, 0, 5)),
            "delay": rng.choice((None, None, None, 0.5, 3, 8)),
            "timeout": rng.choice((2.0, 3.0)),
            "retry": RetryPolicy(
                retries=rng.choice((0, 1, 3, 5)),
                backoff=FixedBackoff(seconds=rng.choice((0.1, 1.0, 2.0))),
            ),
        }

    def _tag(self) -> str:
        with self._guard:
            self._number += 1
            return f"p{self._number}"

    def _waiting(self) -> int:
        seen = self._desk.overview()
        return seen.queued + seen.running + seen.retrying + seen.scheduled

    def _refused(self, why: str) -> None:
        self._books.count("refusals")
        self._books.refusals.append(why.strip())
