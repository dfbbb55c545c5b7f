"""Every test has a home of its own; the person's at the keyboard is never touched."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Short on purpose: a Unix socket's path must fit into some 100 bytes.
_PREFIX = "jd-"

# Variables that would lead a test to the person's own places, or change what it sees.
_CLEARED = ("JOBDESK_DATABASE_URL", "JOBDESK_VAULT_KEY", "XDG_DATA_DIRS", "XDG_CONFIG_DIRS")


def point_home_to(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let every variable that says where a user's files are point below ``folder``."""
    for variable, name in {
        "HOME": "user",
        "USERPROFILE": "user",
        "APPDATA": "user/roaming",
        "LOCALAPPDATA": "user/local",
        "XDG_CONFIG_HOME": "user/config",
        "XDG_DATA_HOME": "user/data",
        "XDG_CACHE_HOME": "user/cache",
        "XDG_STATE_HOME": "user/state",
        "XDG_RUNTIME_DIR": "run",
        "JOBDESK_HOME": "home",
    }.items():
        patch.setenv(variable, str(folder / name))
    # The keyring of whoever runs the tests is reached by no folder.
    patch.setenv("JOBDESK_VAULT", "file")
    for variable in _CLEARED:
        patch.delenv(variable, raising=False)
    (folder / "user").mkdir(parents=True)
    (folder / "run").mkdir(mode=0o700)  # Qt warns where it is missing or open to others.


@pytest.fixture(scope="session")
def homes() -> Iterator[Iterator[Path]]:
    """Fresh folders for homes, gone at the end; the session's own fixtures have the first."""
    root = Path(tempfile.mkdtemp(prefix=_PREFIX))
    numbered = (root / str(number) for number in itertools.count())
    with pytest.MonkeyPatch.context() as patch:
        point_home_to(next(numbered), patch)
        yield numbered
    shutil.rmtree(root)


@pytest.fixture(autouse=True)
def own_home(homes: Iterator[Path]) -> Iterator[Path]:
    """This test's ``JOBDESK_HOME``; the folder does not exist yet, as on a first start."""
    folder = next(homes)
    with pytest.MonkeyPatch.context() as patch:
        point_home_to(folder, patch)
        yield folder / "home"
    shutil.rmtree(folder)
