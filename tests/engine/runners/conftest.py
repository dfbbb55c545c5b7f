"""Runners on real processes and real loopback servers."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psutil
import pytest

from jobdesk.domain.action import ScriptAction
from jobdesk.domain.outcome import Verdict
from jobdesk.engine.runners.base import Sink, StopToken
from jobdesk.engine.runners.children import Children
from jobdesk.engine.runners.process_tree import become_subreaper
from jobdesk.engine.runners.script import ScriptRunner
from tests.engine.runners.recording import RecordingSink, an_assignment

_numbers = itertools.count(1)


@dataclass
class Going:
    """An attempt that runs in a thread of its own."""

    sink: Any
    stop: StopToken = field(default_factory=StopToken)
    spawned: list[tuple[int, float]] = field(default_factory=list)
    thread: threading.Thread | None = None
    result: list[Verdict | BaseException] = field(default_factory=list)

    def verdict(self, timeout: float = 15.0) -> Verdict:
        assert self.thread is not None
        self.thread.join(timeout)
        assert not self.thread.is_alive(), f"still running; {self.sink.lines}"
        (result,) = self.result
        if isinstance(result, BaseException):
            raise result
        return result


Start = Callable[..., Going]


@pytest.fixture
def children() -> Children:
    become_subreaper()
    return Children()


@pytest.fixture
def runner(children: Children) -> ScriptRunner:
    return ScriptRunner(children)


@pytest.fixture
def start(runner: ScriptRunner) -> Iterator[Start]:
    """Starts a shell line (or an action) in a thread; what still runs is ended after."""
    all_of_them: list[Going] = []

    def begin(what: str | ScriptAction, sink: Sink | None = None, **options: Any) -> Going:
        action = ScriptAction(shell=what) if isinstance(what, str) else what
        going = Going(sink or RecordingSink())
        options.setdefault("cookie", f"jobdesk-test:{os.getpid()}:{next(_numbers)}")
        assignment = an_assignment(
            on_spawn=lambda pid, at: going.spawned.append((pid, at)), **options
        )

        def work() -> None:
            try:
                going.result.append(runner.run(action, assignment, going.sink, going.stop))
            except BaseException as error:
                going.result.append(error)

        going.thread = threading.Thread(target=work, daemon=True)
        going.thread.start()
        all_of_them.append(going)
        return going

    yield begin
    for going in all_of_them:
        for pid, _started in going.spawned:
            if psutil.pid_exists(pid):
                psutil.Process(pid).kill()


def is_alive(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1
    except psutil.NoSuchProcess:
        return False
