"""The OpenAPI document tells the truth: schemathesis reads it and tries what it allows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from jobdesk.domain.settings import EngineSettings
from tests.api.conftest import Api

CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_schema_conformance",
)  # fmt: skip


@pytest.fixture
def settings() -> EngineSettings:
    return EngineSettings(api_rate=1_000_000)


# No engine runs here: what is pushed is never carried out, and /healthz says 503 so.
def test_no_answer_is_a_surprise(api: Api, scripts_token: str, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{api.url}/openapi.json",
        "--header", f"Authorization: Bearer {scripts_token}",
        "--checks", ",".join(CHECKS), "--phases", "fuzzing", "--max-examples", "4",
        "--exclude-path", "/healthz", "--seed", "7", "--continue-on-failure", "--no-color",
        "--generation-database", "none",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    tried = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert tried is not None
    assert tried[1] == tried[2]
