"""The bundle's smoke test notices what is wrong with a bundle."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "packaging" / "pyinstaller" / "smoke.py"
HEALTHY: dict[str, Any] = {
    "help": "serve",
    "state": "succeeded",
    "log": "bundled clean",
    "times": ["2026-01-01T02:30:00-03:30"] * 3,
    "address": "json://127.0.0.1:9/hook",
    "code": 0,
    "window": "sleep 60",
}

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the pretended bundle is a shell script")


@pytest.fixture
def smoke(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("smoke", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "WINDOW_SECONDS", 1.0)
    return module


def pretend(folder: Path, **faults: Any) -> str:
    """A bundle that says what it is told to."""
    say = HEALTHY | faults
    program = folder / "jobdesk"
    program.write_text(
        f"""#!/bin/sh
case "$1" in
    --help) echo '{say["help"]}' ;;
    push) echo '{{"id": 1}}' ;;
    serve) exit {say["code"]} ;;
    show) echo '{{"state": "{say["state"]}"}}' ;;
    log) echo '{say["log"]}' ;;
    channel) echo '{json.dumps({"address": say["address"]})}' ;;
    next) echo '{json.dumps(say["times"])}' ;;
    "") exec {say["window"]} ;;
esac
"""
    )
    program.chmod(0o755)
    return str(folder)


def test_a_good_bundle_passes(
    smoke: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smoke.main([pretend(tmp_path)]) == 0
    assert capsys.readouterr().out.count(" ok\n") == 5


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ({"help": "nothing"}, "--help"),
        ({"code": 1}, "serve --until-idle: exit 1"),
        ({"state": "dead"}, "ended as dead"),
        ({"log": ""}, "wrote ''"),
        ({"log": "bundled /tmp/lib"}, "inherited"),
        ({"times": []}, "St_Johns"),
        ({"address": ""}, "channel add"),
        ({"window": "false"}, "ended by itself"),
        ({"window": "sh -c 'echo Traceback >&2; exec sleep 60'"}, "complained"),
    ],
)
def test_a_fault_is_named(
    smoke: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    faults: dict[str, Any],
    message: str,
) -> None:
    assert smoke.main([pretend(tmp_path, **faults)]) == 1
    assert message in capsys.readouterr().err


def test_no_bundle_at_all(
    smoke: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert smoke.main([str(tmp_path)]) == 1
    assert f"there is no {tmp_path / 'jobdesk'}" in capsys.readouterr().err


def test_what_the_loader_adds_is_taken_out_of_the_jobs_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hook = SCRIPT.with_name("clean_environment.py")
    code = compile(hook.read_text(encoding="utf-8"), str(hook), "exec")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/bundle")
    monkeypatch.setenv("_PYI_ARCHIVE_FILE", "x")
    exec(code, {})
    assert "LD_LIBRARY_PATH" not in os.environ
    assert "_PYI_ARCHIVE_FILE" not in os.environ
    monkeypatch.setenv("LD_LIBRARY_PATH", "/bundle")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/mine")
    exec(code, {})
    assert os.environ["LD_LIBRARY_PATH"] == "/mine"
