from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import psutil
import pytest

from jobdesk.engine.runners.marks import Marks, has_mark, mark_of

pytestmark = [
    pytest.mark.timeout(20),
    pytest.mark.skipif(sys.platform != "linux", reason="the mark is Linux's"),
]


def sleeper(line: str = "echo up; sleep 60") -> subprocess.Popen[bytes]:
    """A shell that leads a session, and has said ``up``."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", line], start_new_session=True, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    for child in psutil.Process(process.pid).children(recursive=True):
        child.kill()
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def test_marks_differ_and_fit_a_limit():
    marks = {mark_of(f"jobdesk:{n}") for n in range(1000)}
    assert len(marks) == 1000
    assert all(1 << 61 <= mark < 1 << 62 for mark in marks)


def test_a_child_is_born_with_the_mark_and_we_keep_none():
    marks = Marks()
    with marks.worn("a"):
        process = sleeper()
    try:
        assert has_mark(process.pid, mark_of("a"))
        assert not has_mark(0, mark_of("a"))
        marks.confirm(process.pid, "a")
        assert marks.trusted(mark_of("a"))
    finally:
        end(process)


def test_a_wrong_mark_is_put_right():
    marks = Marks()
    with marks.worn("somebody else"):
        process = sleeper("sleep 60 & echo up; wait")
    try:
        marks.confirm(process.pid, "mine")
        family = [process.pid, *(p.pid for p in psutil.Process(process.pid).children())]
        assert len(family) == 2
        assert all(has_mark(pid, mark_of("mine")) for pid in family)
        assert marks.trusted(mark_of("mine"))
        # Nobody went away with it, so it still means what it says.
        assert marks.trusted(mark_of("somebody else"))
    finally:
        end(process)


def test_a_wrong_mark_that_somebody_went_away_with_is_not_trusted():
    marks = Marks()
    with marks.worn("somebody else"):
        process = sleeper("setsid sleep 60 & echo up; wait")
    try:
        (child,) = psutil.Process(process.pid).children()
        deadline = time.monotonic() + 5
        while os.getsid(child.pid) == process.pid and time.monotonic() < deadline:
            threading.Event().wait(0.001)
        marks.confirm(process.pid, "mine")
        assert not marks.trusted(mark_of("somebody else"))
        assert marks.trusted(mark_of("mine"))
        marks.forget(mark_of("somebody else"))
        assert marks.trusted(mark_of("somebody else"))
    finally:
        end(process)


def test_children_that_were_born_unmarked_are_caught_up_with():
    marks = Marks()
    process = subprocess.Popen(
        ["/bin/sh", "-c", "sleep 60 & echo $!; wait"],
        start_new_session=True,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    child = int(process.stdout.readline())
    try:
        marks.confirm(process.pid, "late")
        assert has_mark(process.pid, mark_of("late"))
        assert has_mark(child, mark_of("late"))
        assert marks.trusted(mark_of("late"))
    finally:
        end(process)


def test_many_threads_at_once_get_their_own():
    marks, wrong = Marks(), []

    def work(name: str) -> None:
        for n in range(20):
            cookie = f"{name}:{n}"
            with marks.worn(cookie):
                process = sleeper("echo up; exec sleep 60")
            marks.confirm(process.pid, cookie)
            if not has_mark(process.pid, mark_of(cookie)):
                wrong.append(cookie)
            end(process)

    threads = [threading.Thread(target=work, args=(f"thread {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
