from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalServer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jobdesk.gui.instance import SingleInstance, server_name

FIRST = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from jobdesk.gui.instance import SingleInstance
app = QCoreApplication([])
one = SingleInstance(Path(sys.argv[1]))
one.raised.connect(lambda: print("raised", flush=True))
print("first" if one.claim() else "second", flush=True)
sys.exit(app.exec())
"""

BOTH = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from jobdesk.gui.instance import SingleInstance
app = QCoreApplication([])
sys.stdin.readline()
one = SingleInstance(Path(sys.argv[1]))
if one.claim():
    one.raised.connect(app.quit)
    print("first", flush=True)
    sys.exit(app.exec())
print("second", one.raise_other(), flush=True)
"""


def start(source: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", source, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=30)
    return out


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_the_second_raises_the_first(qapp: QApplication, own_home: Path) -> None:
    first = start(FIRST, own_home)
    assert line_of(first) == "first"
    second = SingleInstance(own_home)
    assert not second.claim()
    assert second.raise_other()
    assert line_of(first) == "raised"
    first.terminate()
    finish(first)


def test_a_window_that_was_killed_is_no_obstacle(qapp: QApplication, own_home: Path) -> None:
    first = start(FIRST, own_home)
    assert line_of(first) == "first"
    first.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    finish(first)
    second = SingleInstance(own_home)
    assert second.claim()
    second.close()


def test_of_two_at_the_same_instant_one_wins(own_home: Path) -> None:
    both = [start(BOTH, own_home) for _ in range(2)]
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sorted(finish(process).strip() for process in both) == ["first", "second True"]


def test_homes_don_t_disturb_each_other(qapp: QApplication, own_home: Path) -> None:
    one, other = SingleInstance(own_home / "a"), SingleInstance(own_home / "b")
    assert one.claim()
    assert other.claim()
    assert server_name(own_home / "a") != server_name(own_home / "b")
    one.close()
    other.close()


def test_the_place_is_free_again_after_close(qapp: QApplication, own_home: Path) -> None:
    one = SingleInstance(own_home)
    assert one.claim()
    one.close()
    again = SingleInstance(own_home)
    assert again.claim()
    again.close()


def test_strangers_words_are_ignored(qapp: QApplication, own_home: Path, qtbot: QtBot) -> None:
    from PySide6.QtNetwork import QLocalSocket

    one = SingleInstance(own_home)
    assert one.claim()
    socket = QLocalSocket()
    socket.connectToServer(server_name(own_home))
    assert socket.waitForConnected(2000)
    with qtbot.assertNotEmitted(one.raised, wait=200):
        socket.write(b"\xff\x00 delete everything")
        socket.flush()
    socket.disconnectFromServer()
    one.close()


def test_a_home_that_can_t_be_written_to_is_not_refused(qapp: QApplication, own_home: Path) -> None:
    own_home.parent.mkdir(parents=True, exist_ok=True)
    own_home.write_text("a file where the folder should be")
    one = SingleInstance(own_home)
    assert one.claim()
    one.close()


def test_nobody_answers(
    qapp: QApplication, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobdesk.gui.instance._TRIES", 1)
    QLocalServer.removeServer(server_name(own_home))
    assert not SingleInstance(own_home).raise_other()
