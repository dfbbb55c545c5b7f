"""What is not loaded: Qt, wherever there is no window."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import environment

_ASK = "; import sys; print(sorted(m for m in sys.modules if m.split('.')[0] in {names}))"
_QT = {"PySide6", "shiboken6", "qtawesome", "qtpy"}


@pytest.mark.parametrize(
    "code",
    [
        "import jobdesk; from jobdesk import *",
        "from jobdesk.main import main; [main([word]) for word in ('runs', 'doctor', 'push')]",
        "from jobdesk.main import main; main(['serve', '--until-idle'])",
    ],
)
def test_no_qt(own_home: Path, code: str) -> None:
    assert _loaded(own_home, code, _QT) == "[]"


@pytest.mark.parametrize("words", [["runs"], ["push", "--", "true"], ["serve", "--until-idle"]])
def test_who_uses_no_secret_loads_no_vault(own_home: Path, words: list[str]) -> None:
    code = f"from jobdesk.main import main; main({words!r})"
    assert _loaded(own_home, code, {"keyring", "cryptography", "secretstorage"}) == "[]"


def test_importing_the_domain_pulls_in_nothing_else(own_home: Path) -> None:
    heavy = {*_QT, "sqlalchemy", "apscheduler", "requests", "click", "alembic", "psutil"}
    assert _loaded(own_home, "import jobdesk.domain", heavy) == "[]"


def test_the_first_picture_of_the_window_needs_nothing_heavy(own_home: Path) -> None:
    code = (
        "import jobdesk.gui.app, jobdesk.gui.application, jobdesk.gui.session;"
        " from jobdesk.gui.views.shell import pages; pages.load('runs'); pages.load('dead')"
    )
    heavy = {"sqlalchemy", "pydantic", "apscheduler", "requests", "click", "alembic", "psutil"}
    heavy |= {"qtawesome", "qtpy", "cron_descriptor"}
    assert _loaded(own_home, code, heavy) == "[]"


def _loaded(home: Path, code: str, names: set[str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code + _ASK.format(names=names)],
        env=environment(home),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]
