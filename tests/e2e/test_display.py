"""The window on a real screen: X, a window manager, and keys pressed from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobdesk import Desk, RetryPolicy, ScriptAction
from tests.support.command import PATIENCE, environment

TOOLS = ("Xvfb", "openbox", "xdotool")

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason=f"a real screen takes {', '.join(TOOLS)}"
)


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[str]:
    """A display of its own, with a window manager."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x800x24"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as numbers:
        display = ":" + numbers.readline().strip()
    manager = subprocess.Popen(
        ["openbox", "--sm-disable"],
        env={**os.environ, "DISPLAY": display},
        stderr=subprocess.DEVNULL,
    )
    yield display
    for process in (manager, server):
        process.terminate()
        process.wait(PATIENCE)


@pytest.mark.skipif(not shutil.which("trayer"), reason="a real tray takes trayer")
def test_a_death_is_told_by_the_tray(own_home: Path, screen: str) -> None:
    env = environment(own_home, {"DISPLAY": screen, "QT_QPA_PLATFORM": "xcb"})
    tray = subprocess.Popen(["trayer"], env=env, stderr=subprocess.DEVNULL)
    window = subprocess.Popen(
        [sys.executable, "-m", "jobdesk"], env=env, stderr=subprocess.PIPE, text=True
    )

    def shown() -> int:
        """How many windows of the program can be seen; the icon in the tray is one."""
        search = ["xdotool", "search", "--onlyvisible", "--pid", str(window.pid)]
        found = subprocess.run(search, env=env, capture_output=True, check=False, text=True)
        return len(found.stdout.split())

    try:
        with Desk.open(own_home) as desk:
            wait_for(desk.engine)
            wait_for(lambda: shown() >= 2)
            before = shown()
            no_retry = RetryPolicy(retries=0)
            run = desk.push(ScriptAction([sys.executable, "-c", "exit(7)"]), retry=no_retry)
            assert desk.wait(run.id, timeout=PATIENCE).state == "dead"
            wait_for(lambda: shown() > before)
            (alert,) = desk.alerts.recent()
            assert [(one.channel, one.state) for one in alert.deliveries] == [("desktop", "sent")]
    finally:
        window.kill()
        window.communicate()
        tray.terminate()
        tray.wait(PATIENCE)
        with Desk.open(own_home) as desk:
            desk.stop_engine()
            wait_for(lambda: desk.engine() is None)


def test_from_the_first_picture_to_quit_by_key(own_home: Path, screen: str) -> None:
    env = environment(own_home, {"DISPLAY": screen, "QT_QPA_PLATFORM": "xcb"})
    window = subprocess.Popen(
        [sys.executable, "-m", "jobdesk"], env=env, stderr=subprocess.PIPE, text=True
    )

    def has_quit() -> bool:
        # Again and again: a key that comes before the window has the focus is lost.
        activate = ["search", "--onlyvisible", "--name", "JobDesk", "windowactivate"]
        for command in (activate, ["key", "ctrl+q"]):
            subprocess.run(["xdotool", *command], env=env, capture_output=True, check=False)
        time.sleep(0.5)
        return window.poll() is not None

    def seen() -> bool:
        command = ["xdotool", "search", "--onlyvisible", "--name", "JobDesk"]
        return subprocess.run(command, env=env, capture_output=True, check=False).returncode == 0

    try:
        wait_for(seen)
        with Desk.open(own_home) as desk:
            wait_for(desk.engine)
            run = desk.push(ScriptAction([sys.executable, "-c", "print('hello')"]))
            assert desk.wait(run.id, timeout=PATIENCE).state == "succeeded"
            wait_for(has_quit)
            assert window.returncode == 0
            assert desk.engine() is None, "the window takes the engine along that it started"
    finally:
        if window.poll() is None:  # a killed window leaves its engine, as it should
            window.kill()
            with Desk.open(own_home) as desk:
                desk.stop_engine()
                wait_for(lambda: desk.engine() is None)
        _, complaints = window.communicate()
    assert complaints == ""
