from __future__ import annotations

import threading
from typing import Any

import pytest

from jobdesk.engine.runners.base import StopToken
from jobdesk.engine.runners.steps import BLOCK, Steps, Wait
from jobdesk.engine.workers.workers import Workers

PATIENCE = 10.0


def test_what_blocks_gets_a_thread_of_its_own() -> None:
    workers = Workers()
    barrier = threading.Barrier(4)
    names: list[str] = []

    def steps() -> Steps[Any]:
        names.append(threading.current_thread().name)
        yield BLOCK
        names.append(threading.current_thread().name)
        yield BLOCK
        barrier.wait(PATIENCE)

    for _ in range(3):
        workers.submit(steps())
    barrier.wait(PATIENCE)
    workers.close(PATIENCE)
    assert names.count("starter") == 3
    assert {name for name in names if name != "starter"} == {f"worker-{n}" for n in (1, 2, 3)}


@pytest.mark.parametrize("blocks", [False, True])
def test_what_fails_is_told_and_is_not_the_last(
    blocks: bool, caplog: pytest.LogCaptureFixture
) -> None:
    workers = Workers()
    done = threading.Event()

    def failing() -> Steps[Any]:
        if blocks:
            yield BLOCK
        raise ZeroDivisionError

    def working() -> Steps[Any]:
        if blocks:
            yield BLOCK
        done.set()
        return
        yield BLOCK

    workers.submit(failing())
    workers.submit(working())
    assert done.wait(PATIENCE)
    workers.close(PATIENCE)
    assert "a worker's task failed" in caplog.text


@pytest.mark.parametrize("waits", [True, False])
def test_without_a_thread_or_a_descriptor_the_steps_are_told_and_the_others_go_on(
    waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers = Workers()
    told: list[str] = []
    done = threading.Event()

    def refuse(*_: object) -> None:
        raise OSError("no more of them")

    def steps() -> Steps[Any]:
        try:
            yield Wait(Nothing(), StopToken(), None) if waits else BLOCK
        except OSError as error:
            told.append(str(error))
            done.set()

    with monkeypatch.context() as patch:
        patch.setattr(
            workers._watcher if waits else workers._pool, "add" if waits else "put", refuse
        )
        workers.submit(steps())
        assert done.wait(PATIENCE)
    assert told == ["no more of them"]
    done.clear()

    def others() -> Steps[Any]:
        yield BLOCK
        done.set()

    workers.submit(others())
    assert done.wait(PATIENCE)
    workers.close(PATIENCE)


class Nothing:
    """What never happens."""

    descriptors = ()
    over = False

    def ready(self, descriptor: int) -> bool:
        raise AssertionError

    def wait(self, timeout: float | None) -> None:
        raise AssertionError
