from __future__ import annotations

import configparser
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jobdesk import autostart
from jobdesk.autostart import LABEL, NAME, Autostart, DesktopEntry, LaunchAgent, RunKey

COMMAND = ["/opt/Job Desk/jobdesk", "--hidden", 'a "quoted" $HOME `x` 100% back\\slash']


class Registry:
    """As much of ``winreg`` as the autostart needs, in a dictionary."""

    HKEY_CURRENT_USER, REG_SZ, KEY_SET_VALUE = "HKCU", 1, 2

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, str]] = {}

    def CreateKey(self, root: str, key: str) -> Any:
        self.keys.setdefault(key, {})
        return self.OpenKey(root, key)

    def OpenKey(self, root: str, key: str, reserved: int = 0, access: int = 0) -> Any:
        assert root == self.HKEY_CURRENT_USER
        values = self.keys.get(key)
        if values is None:
            raise FileNotFoundError(key)
        return _Key(values)

    def QueryValueEx(self, key: _Key, name: str) -> tuple[str, int]:
        if name not in key.values:
            raise FileNotFoundError(name)
        return key.values[name], self.REG_SZ

    def SetValueEx(self, key: _Key, name: str, _: int, kind: int, value: str) -> None:
        assert kind == self.REG_SZ
        key.values[name] = value

    def DeleteValue(self, key: _Key, name: str) -> None:
        if name not in key.values:
            raise FileNotFoundError(name)
        del key.values[name]


class _Key(SimpleNamespace):
    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values=values)

    def __enter__(self) -> _Key:
        return self

    def __exit__(self, *_: object) -> None:
        return None


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    registry = Registry()
    monkeypatch.setitem(sys.modules, "winreg", registry)  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "platform", "win32")
    return registry


@pytest.fixture(params=["linux", "darwin", "win32"])
def system(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Autostart]:
    if request.param == "win32":
        request.getfixturevalue("registry")
        yield RunKey()
    elif request.param == "darwin":
        yield LaunchAgent(tmp_path / "LaunchAgents")
    else:
        yield DesktopEntry(tmp_path / "autostart")


def test_on_and_off_and_on_again(system: Autostart) -> None:
    assert not system.is_enabled()
    system.enable(["/usr/bin/jobdesk"])
    assert system.is_enabled()
    system.enable(COMMAND)
    assert system.is_enabled()
    system.disable()
    assert not system.is_enabled()
    system.disable()
    assert not system.is_enabled()


@pytest.mark.parametrize("command", [[], ["jobdesk"], ["./jobdesk"], ["/bin/jobdesk", "a\nb"]])
def test_what_could_not_be_found_or_written_is_refused(
    system: Autostart, command: list[str]
) -> None:
    with pytest.raises(ValueError, match="autostart"):
        system.enable(command)
    assert not system.is_enabled()


def test_the_desktop_entry_quotes_as_the_specification_says(tmp_path: Path) -> None:
    entry = DesktopEntry(tmp_path)
    entry.enable(COMMAND)
    parsed = configparser.RawConfigParser()
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(entry.path, encoding="utf-8")
    assert parsed["Desktop Entry"]["Exec"] == (
        '"/opt/Job Desk/jobdesk" "--hidden" '
        r'"a \\"quoted\\" \\$HOME \\`x\\` 100%% back\\\\slash"'
    )


@pytest.mark.skipif(shutil.which("desktop-file-validate") is None, reason="no desktop-file-utils")
def test_the_desktop_entry_is_valid(tmp_path: Path) -> None:
    entry = DesktopEntry(tmp_path)
    entry.enable(COMMAND)
    done = subprocess.run(
        ["desktop-file-validate", str(entry.path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("line", ["Hidden=true", "X-GNOME-Autostart-enabled = false"])
def test_a_desktop_that_switched_the_entry_off_is_believed(tmp_path: Path, line: str) -> None:
    entry = DesktopEntry(tmp_path)
    entry.path.write_text(f"[Desktop Entry]\nType=Application\nExec=x\n{line}\n")
    assert not entry.is_enabled()


def test_the_launch_agent_holds_the_command_as_it_is(tmp_path: Path) -> None:
    agent = LaunchAgent(tmp_path)
    agent.enable(COMMAND)
    written = plistlib.loads(agent.path.read_bytes())
    assert written["ProgramArguments"] == COMMAND
    assert (written["Label"], written["RunAtLoad"]) == (LABEL, True)
    assert agent.path.name == f"{LABEL}.plist"


@pytest.mark.parametrize("content", [b"", b"<plist", b"<?xml version='1.0'?><a></b>", b"\xff\x00"])
def test_a_broken_launch_agent_is_none(tmp_path: Path, content: bytes) -> None:
    agent = LaunchAgent(tmp_path)
    agent.path.write_bytes(content)
    assert not agent.is_enabled()


def test_the_registry_gets_one_line_as_windows_splits_it(registry: Registry) -> None:
    RunKey().enable(["/c/Program Files/jobdesk.exe", "--hidden", 'say "hi"'])
    (values,) = registry.keys.values()
    assert values == {NAME: r'"/c/Program Files/jobdesk.exe" --hidden "say \"hi\""'}


def test_without_a_registry_it_says_so() -> None:
    if sys.platform == "win32":
        pytest.skip("there is one here")
    with pytest.raises(OSError, match="no registry"):
        RunKey().is_enabled()


def test_each_system_has_its_own_place(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = {}
    for name in ("linux", "freebsd14", "darwin", "win32"):
        monkeypatch.setattr(sys, "platform", name)
        chosen[name] = type(autostart.autostart())
    assert chosen == {
        "linux": DesktopEntry,
        "freebsd14": DesktopEntry,
        "darwin": LaunchAgent,
        "win32": RunKey,
    }


@pytest.mark.parametrize("config", ["", "relative"])
def test_a_config_folder_that_is_not_absolute_is_ignored(
    monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", config)
    autostart.enable(["/usr/bin/jobdesk"])
    assert autostart.is_enabled()
    assert (Path.home() / ".config" / "autostart" / "jobdesk.desktop").exists()
    autostart.disable()
    assert not autostart.is_enabled()
