"""The window as a process of its own, with the real engine and the real pages."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from jobdesk.desk import Desk
from jobdesk.gui.instance import SingleInstance
from jobdesk.store.lock import EngineInfo
from tests.support.leaks import left_over, processes

WAIT = 40.0

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes by signals")


@pytest.fixture
def launch(own_home: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start ``jobdesk``; whatever is left of windows and engine is ended afterwards."""
    started: list[subprocess.Popen[str]] = []

    def run() -> subprocess.Popen[str]:
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "jobdesk"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()
    with Desk.open(own_home) as desk:
        info = desk.engine()
    if info is not None and info.pid > 1:
        psutil.Process(info.pid).kill()
        psutil.wait_procs([psutil.Process(info.pid)] if psutil.pid_exists(info.pid) else [], 5)
    assert left_over(processes, set()) == set()


def engine(home: Path) -> EngineInfo:
    """Whoever runs the engine, as soon as somebody does."""
    from threading import Event

    with Desk.open(home) as desk:
        look = Event()
        stop = desk.listen(lambda topics: look.set())
        try:
            for _ in range(round(WAIT / 0.1)):
                info = desk.engine()
                if info is not None and info.pid:
                    return info
                look.wait(0.1)
                look.clear()
        finally:
            stop()
    raise AssertionError(f"no engine came; {told(home)}")


def told(home: Path) -> str:
    """What window and engine have to say, for the day a test fails."""
    return "\n".join(f"{file.name}: {file.read_text()}" for file in home.glob("*.log"))


def test_a_window_brings_an_engine_and_takes_it_along(
    launch: Callable[[], subprocess.Popen[str]], own_home: Path
) -> None:
    window = launch()
    info = engine(own_home)
    assert info.origin == "window"
    window.send_signal(signal.SIGTERM)
    out, err = window.communicate(timeout=WAIT)
    assert window.returncode == 0
    assert out == ""
    assert [line for line in err.splitlines() if "does not support" not in line] == []
    assert not psutil.pid_exists(info.pid), told(own_home)


def test_without_a_display_it_says_so(own_home: Path) -> None:
    shown = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in shown}
    command = [sys.executable, "-m", "jobdesk"]
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=WAIT, check=False
    )
    if sys.platform != "darwin":
        assert ended.returncode == 4
        assert ended.stderr.startswith("jobdesk: there is no display")
        assert not own_home.exists()


def test_the_second_launch_raises_the_first_and_ends_with_0(
    launch: Callable[[], subprocess.Popen[str]], own_home: Path
) -> None:
    first = launch()
    engine(own_home)
    second = launch()
    assert second.wait(WAIT) == 0
    assert first.poll() is None


def test_a_killed_window_leaves_the_engine_and_the_next_attaches(
    launch: Callable[[], subprocess.Popen[str]], own_home: Path
) -> None:
    window = launch()
    info = engine(own_home)
    window.kill()
    window.wait(WAIT)
    assert engine(own_home).pid == info.pid
    again = launch()
    one = SingleInstance(own_home)
    # So it is there, and hears us; asking takes seconds by itself while nobody is.
    assert any(one.raise_other() for _ in range(8))
    assert engine(own_home).pid == info.pid
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=WAIT)
    assert again.returncode == 0
