from __future__ import annotations

import subprocess
import sys
import threading

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
    finally:
        end(process)


def test_many_threads_at_once_get_their_own():
    marks, wrong = Marks(), []

    def work(name: str) -> None:
        for n in range(20):
            cookie = f"{name}:{n}"
            with marks.worn(cookie):
                process = sleeper("echo up; exec sleep 60")
            if not has_mark(process.pid, mark_of(cookie)):
                wrong.append(cookie)
            end(process)

    threads = [threading.Thread(target=work, args=(f"thread {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
