"""What desktops and systemd read is valid by their own tools, where those are installed."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGING = Path(__file__).parents[2] / "packaging"
DESKTOP_FILES = sorted((PACKAGING / "linux").glob("*.desktop"))


def check(*command: str) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", DESKTOP_FILES, ids=lambda path: path.name)
def test_desktop_entries(path: Path) -> None:
    check("desktop-file-validate", str(path))


def test_appstream() -> None:
    metainfo = PACKAGING / "linux" / "org.jobdesk.JobDesk.metainfo.xml"
    check("appstreamcli", "validate", "--no-net", str(metainfo))


def test_systemd_unit(tmp_path: Path) -> None:
    """With a program that exists: the real one's path is each installation's own."""
    unit = tmp_path / "jobdesk.service"
    text = (PACKAGING / "linux" / "jobdesk.service").read_text(encoding="utf-8")
    assert "%h/.local/bin/jobdesk serve" in text
    program = shutil.which("true")
    assert program is not None
    unit.write_text(text.replace("%h/.local/bin/jobdesk serve", program), encoding="utf-8")
    check("systemd-analyze", "--user", "verify", str(unit))


def test_launch_agent() -> None:
    agent = plistlib.loads((PACKAGING / "macos" / "org.jobdesk.engine.plist").read_bytes())
    assert agent["ProgramArguments"][1:] == ["serve"]
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
