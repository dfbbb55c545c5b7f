"""Commands in this process: quick, and with the very code that a process would run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobdesk.cli.app import run
from tests.support.command import Result
from tests.support.states import Stage, stage

Cli = Callable[..., Result]


def _no_engine(*, origin: str, workers: int | None, until_idle: bool, api: str | None) -> int:
    raise AssertionError("this test is not about the engine")


@pytest.fixture
def cli(
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Cli:
    """Runs a command in the folder ``tmp_path``; what it came to."""
    monkeypatch.chdir(tmp_path)

    def call(*args: str) -> Result:
        capsysbinary.readouterr()
        code = run(list(args), _no_engine)
        out, err = capsysbinary.readouterr()
        return Result(code, out, err.decode())

    return call


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the zone of this computer, which is otherwise looked up once."""
    from tzlocal import reload_localzone

    def set_to(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        reload_localzone()

    yield set_to
    monkeypatch.undo()
    reload_localzone()


@pytest.fixture
def staged(own_home: Path) -> Iterator[Stage]:
    with stage(own_home) as one:
        yield one
