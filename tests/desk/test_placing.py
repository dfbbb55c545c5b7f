from __future__ import annotations

from pathlib import Path

import pytest

from jobdesk import HttpAction, ScriptAction
from jobdesk.desk.placing import missing, place
from jobdesk.domain.errors import InvalidInput


def _placed(action: ScriptAction, folder: Path) -> tuple[str, str]:
    placed = place(action, folder)
    assert isinstance(placed, ScriptAction)
    assert placed.command
    assert placed.cwd
    return placed.command[0], placed.cwd


def test_programs_with_a_path_are_taken_from_the_callers_folder(tmp_path: Path) -> None:
    there = str(tmp_path)
    assert _placed(ScriptAction(["./x.sh"]), tmp_path) == (f"{there}/x.sh", there)
    assert _placed(ScriptAction(["a/../x.sh"]), tmp_path) == (f"{there}/x.sh", there)
    assert _placed(ScriptAction(["/bin/x"]), tmp_path) == ("/bin/x", there)
    assert _placed(ScriptAction(["~/x"]), tmp_path) == (str(Path.home() / "x"), there)
    # Not from --cwd: that is where it runs, not where the caller stood.
    assert _placed(ScriptAction(["./x"], cwd="sub"), tmp_path) == (f"{there}/x", f"{there}/sub")


def test_bare_names_are_the_paths_unless_only_the_folder_has_them(tmp_path: Path) -> None:
    (tmp_path / "only-here.sh").write_text("")
    (tmp_path / "sh").write_text("")
    assert _placed(ScriptAction(["only-here.sh"]), tmp_path)[0] == str(tmp_path / "only-here.sh")
    assert _placed(ScriptAction(["sh"]), tmp_path)[0] == "sh"
    assert _placed(ScriptAction(["nowhere"]), tmp_path)[0] == "nowhere"


def test_a_symbolic_link_is_kept_as_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert _placed(ScriptAction(["./link/x"], cwd="link"), tmp_path) == (
        str(tmp_path / "link/x"),
        str(tmp_path / "link"),
    )


def test_placing_twice_changes_nothing(tmp_path: Path) -> None:
    once = place(ScriptAction(["./x"], cwd="sub"), tmp_path)
    assert place(once, Path("/")) == once
    call = HttpAction("GET", "http://x")
    assert place(call, tmp_path) is call


def test_a_file_is_no_folder_to_run_in(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cwd: 'file' is not accepted"):
        place(ScriptAction(["x"], cwd="file"), tmp_path)


@pytest.mark.parametrize("folder", ["/b\udcff"])
def test_a_folder_whose_name_is_no_text(folder: str) -> None:
    with pytest.raises(InvalidInput, match="cwd: "):
        place(ScriptAction(shell="true"), Path(folder))


def test_warnings(tmp_path: Path) -> None:
    assert "was not found" in str(missing(place(ScriptAction(["./x"]), tmp_path)))
    assert "does not exist" in str(missing(place(ScriptAction(["sh"], cwd="no"), tmp_path)))
    assert missing(place(ScriptAction(["sh"]), tmp_path)) is None
    nowhere = ScriptAction(["sh"], env={"PATH": "/nowhere"})
    assert "was not found" in str(missing(place(nowhere, tmp_path)))
    assert missing(HttpAction("GET", "http://x")) is None
