from __future__ import annotations

from pathlib import Path

import pytest

from jobdesk import paths


def test_home_is_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JOBDESK_HOME", str(tmp_path / "here"))
    assert paths.home() == tmp_path / "here"


def test_home_understands_the_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBDESK_HOME", "~/desk")
    assert paths.home() == Path.home() / "desk"


def test_a_relative_home_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JOBDESK_HOME", "desk")
    assert paths.home() == tmp_path / "desk"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_without_the_variable_it_is_the_platforms_place(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv("JOBDESK_HOME")
    else:
        monkeypatch.setenv("JOBDESK_HOME", value)
    assert paths.home().name == "jobdesk"
    assert paths.home().is_absolute()


def test_asking_for_home_creates_nothing(own_home: Path) -> None:
    assert paths.home() == own_home
    assert not own_home.exists()


def test_an_unknown_resource_is_a_defect_that_says_where_it_looked() -> None:
    with pytest.raises(FileNotFoundError, match=r"icons/nothing\.svg.*resources"):
        paths.resource("icons/nothing.svg")
