from __future__ import annotations

import threading
import time

import pytest

from jobdesk.engine.workers.starter import Starter

PATIENCE = 10.0


def test_one_thread_begins_everything_in_its_order() -> None:
    begun: list[tuple[int, str]] = []
    last = threading.Event()

    def begin(item: int) -> None:
        begun.append((item, threading.current_thread().name))
        if item == 99:
            last.set()

    starter = Starter(begin)
    for item in range(100):
        starter.put(item)
    assert last.wait(PATIENCE)
    starter.close(time.monotonic() + PATIENCE)
    assert [item for item, _ in begun] == list(range(100))
    assert len({name for _, name in begun}) == 1


def test_what_hangs_holds_nobody_up_for_long_and_goes_home_when_it_is_free() -> None:
    go, second, third = threading.Event(), threading.Event(), threading.Event()

    def begin(what: str) -> None:
        if what == "hang":
            assert go.wait(PATIENCE)
        {"second": second, "third": third}.get(what, threading.Event()).set()

    starter = Starter(begin, patience=0.01)
    starter.put("hang")
    starter.put("second")
    assert second.wait(PATIENCE)
    with starter._guard:  # held until a new one is on the list
        assert len(starter._threads) >= 2
    go.set()
    deadline = time.monotonic() + PATIENCE
    while len(starter._threads) > 1:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    starter.put("third")
    assert third.wait(PATIENCE)
    starter.close(time.monotonic() + PATIENCE)


def test_closing_leaves_what_hangs_to_itself() -> None:
    go, begun = threading.Event(), threading.Event()

    def begin(_: object) -> None:
        begun.set()
        go.wait(PATIENCE)

    starter = Starter(begin, patience=60)
    starter.put("hang")
    assert begun.wait(PATIENCE)
    before = time.monotonic()
    starter.close(before + 0.05)
    assert time.monotonic() - before < 2
    go.set()


def test_what_was_put_while_there_was_no_thread_to_be_had_is_begun_with_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[int] = []
    both = threading.Event()

    def begin(item: int) -> None:
        begun.append(item)
        if len(begun) == 2:
            both.set()

    starter = Starter(begin)
    with monkeypatch.context() as patch:
        patch.setattr(starter, "_another", refuse)
        with pytest.raises(RuntimeError):
            starter.put(1)
    starter.put(2)
    assert both.wait(PATIENCE)
    assert begun == [1, 2]
    starter.close(time.monotonic() + PATIENCE)


def refuse() -> None:
    raise RuntimeError("can't start new thread")
