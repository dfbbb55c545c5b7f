"""A minute of the soak itself; `make soak MINUTES=20` is the real thing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import environment

ROOT = Path(__file__).parents[3]


@pytest.mark.slow_fault
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_minute_of_random_load_and_faults(own_home: Path, tmp_path: Path) -> None:
    numbers = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks.soak", "--minutes", "1", "--seed", "3"]
    ended = subprocess.run(
        [*command, "--kills", "8", "--json", str(numbers)],
        cwd=ROOT,
        env=environment(own_home, {"TMPDIR": str(own_home.parent)}),
        capture_output=True,
        text=True,
        timeout=840,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    figures = json.loads(numbers.read_text())
    assert figures["violations"] == 0
    assert figures["kills of the engine"] >= 3
    assert figures["runs pushed"] >= 50
