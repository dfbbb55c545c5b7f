"""The set-up of system libraries, against package managers that only write down what they hear."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "packaging" / "setup"
GONE = "libdoes-not-exist.so.7"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows needs no such set-up")


@pytest.fixture
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("libraries", FOLDER / "system_libraries.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    absent = module.Library(GONE, "libgone7", "gone-libs", "gone")
    module.ALWAYS, module.FOR_A_WINDOW = (absent,), ()
    return module


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of programs, with ``env`` and what :func:`add` puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("platform.system", lambda: "Linux")
    (folder / "env").symlink_to("/usr/bin/env")
    return folder


def add(tools: Path, name: str, exit_code: int = 0) -> None:
    script = tools / name
    log = tools.parent / "heard"
    script.write_text(f'#!/bin/sh\necho "{name} $*" >> "{log}"\necho noise\nexit {exit_code}\n')
    script.chmod(0o755)


def heard(tools: Path) -> list[str]:
    log = tools.parent / "heard"
    return log.read_text().splitlines() if log.exists() else []


def be_root(monkeypatch: pytest.MonkeyPatch, root: bool) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0 if root else 1000)


def test_the_loader_is_asked(setup: ModuleType) -> None:
    library = setup.Library
    present = library("libc.so.6" if sys.platform == "linux" else "libSystem.dylib", "", "", "")
    absent = library(GONE, "", "", "")
    assert setup.missing((present, absent)) == [absent]


@pytest.mark.parametrize(
    ("manager", "line"),
    [
        ("apt-get", "apt-get install -y --no-install-recommends libgone7"),
        ("dnf", "dnf install -y gone-libs"),
        ("pacman", "pacman -S --needed --noconfirm gone"),
    ],
)
def test_root_has_the_package_installed(
    setup: ModuleType,
    tools: Path,
    monkeypatch: pytest.MonkeyPatch,
    manager: str,
    line: str,
) -> None:
    be_root(monkeypatch, True)
    monkeypatch.setattr(setup, "has_fonts", lambda: True)
    add(tools, manager)
    assert not setup.ensure(), "the library is still not there"
    assert heard(tools)[-1] == line


def test_without_rights_the_command_is_printed(
    setup: ModuleType,
    tools: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    be_root(monkeypatch, False)
    monkeypatch.setattr(setup, "has_fonts", lambda: False)
    add(tools, "apt-get")
    add(tools, "sudo", exit_code=1)
    assert not setup.ensure()
    assert heard(tools) == ["sudo -n true"]
    expected = "sudo apt-get install --no-install-recommends libgone7 fonts-dejavu-core\n"
    assert expected in capsys.readouterr().out


def test_a_person_can_forbid_it(
    setup: ModuleType,
    tools: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    be_root(monkeypatch, True)
    monkeypatch.setenv("SYSTEM_PACKAGES", "no")
    add(tools, "dnf")
    assert not setup.ensure()
    assert heard(tools) == []
    assert "sudo dnf install gone-libs" in capsys.readouterr().out


def test_a_failure_shows_what_the_package_manager_said(
    setup: ModuleType,
    tools: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    be_root(monkeypatch, True)
    add(tools, "dnf", exit_code=1)
    assert not setup.ensure()
    out, err = capsys.readouterr()
    assert "noise" in err
    assert "sudo dnf install gone-libs" in out


def test_an_unknown_system_is_told_the_libraries(
    setup: ModuleType, tools: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not setup.ensure()
    assert GONE in capsys.readouterr().out


def test_other_systems_need_nothing(
    setup: ModuleType, tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert setup.ensure()


def test_the_servers_that_the_benchmarks_start_are_installed_too(
    setup: ModuleType,
    tools: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec = importlib.util.spec_from_file_location("prepare", FOLDER / "prepare.py")
    assert spec is not None
    assert spec.loader is not None
    prepare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(prepare)
    monkeypatch.setitem(sys.modules, "system_libraries", setup)
    packages = dict.fromkeys(("apt-get", "dnf", "pacman"), "gone-server")
    prepare.SERVERS = {"gone-serverd": packages, "env": packages}
    be_root(monkeypatch, True)
    add(tools, "apt-get")
    prepare.install_servers()
    assert heard(tools)[-1] == "apt-get install -y --no-install-recommends gone-server"
    assert "without gone-serverd some figures are left out" in capsys.readouterr().out
