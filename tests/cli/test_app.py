"""What holds for every command: ``--json``, exit codes, and where messages go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobdesk.cli.app import run
from tests.cli.conftest import Cli
from tests.support.command import command, environment


@pytest.mark.parametrize(
    "args",
    [
        ("--json", "push", "--", "true"),
        ("push", "--json", "--", "true"),
        ("push", "--queue", "q", "--json", "--", "true"),
        ("push", "--shell", "true", "--json"),
    ],
)
def test_json_may_stand_anywhere_before_the_dashes(cli: Cli, args: tuple[str, ...]) -> None:
    assert cli(*args).json["state"] == "queued"


def test_json_behind_the_dashes_is_the_programs(cli: Cli) -> None:
    assert cli("push", "--", "echo", "--json").text == "1\n"
    assert cli("show", "1", "--json").json["action"]["command"] == ["echo", "--json"]


EMPTY = {
    "runs": [],
    "job list": [],
    "queue list": [],
    "replay --dead": [],
}


@pytest.mark.parametrize("words", EMPTY)
def test_an_empty_desk_answers_with_empty_lists(cli: Cli, words: str) -> None:
    result = cli(*words.split(), "--json")
    assert (result.code, result.json, result.err) == (0, EMPTY[words], "")


ERRORS: list[tuple[int, list[str]]] = [
    (2, ["push"]),
    (2, ["push", "--"]),
    (2, ["push", "--", ""]),
    (2, ["push", "--bogus", "--", "true"]),
    (2, ["push", "--queue"]),
    (2, ["bogus"]),
    (2, ["--bogus"]),
    (2, ["job"]),
    (2, ["job", "bogus"]),
    (2, ["show"]),
    (2, ["show", "1", "2"]),
    (2, ["cancel"]),
    (2, ["replay"]),
    (2, ["replay", "--dead", "1"]),
    (2, ["replay", "--queue", "default", "1"]),
    (2, ["runs", "--state", "bogus"]),
    (2, ["runs", "--limit", "0"]),
    (2, ["serve", "--workers", "0"]),
    (2, ["serve", "--workers", "257"]),
    (2, ["serve", "--workers", "x"]),
    (3, ["show", "1"]),
    (3, ["runs", "--job", "nobody"]),
    (3, ["runs", "--queue", "nowhere"]),
    (3, ["replay", "--dead", "--queue", "nowhere"]),
    (3, ["queue", "pause", "nowhere"]),
    (3, ["queue", "resume", "nowhere"]),
]


def test_errors_go_to_stderr_and_leave_stdout_empty(cli: Cli) -> None:
    for code, args in ERRORS:
        for words in (args, ["--json", *args]):
            result = cli(*words)
            assert (result.code, result.out) == (code, b""), words
            assert result.err
            assert "Traceback" not in result.err


def test_help_and_version(cli: Cli) -> None:
    assert "Background jobs" in cli("--help").text
    assert cli("--version").text == "jobdesk, version 0.1.0\n"
    help_of_push = cli("push", "--help")
    assert help_of_push.code == 0
    for option in ("--queue", "--retries", "--wait", "--http", "--key", "--backoff"):
        assert option in help_of_push.text


def test_text_in_no_encoding_is_refused(cli: Cli) -> None:
    result = cli("push", "--", "a\udcff")
    assert result.code == 2
    assert "argument: 'a\\udcff'" in result.err


def test_a_stream_of_few_characters_loses_nothing(own_home: Path, tmp_path: Path) -> None:
    western = {"PYTHONIOENCODING": "cp1252"}
    pushed = command(own_home, "push", "--queue", "😀", "--json", "--", "true", env=western)
    assert pushed.json["queue"] == "😀"
    listed = command(own_home, "queue", "list", env=western)
    assert (listed.code, b"\\U0001f600" in listed.out) == (0, True)


@pytest.mark.skipif(os.name == "nt", reason="a shell's redirections")
@pytest.mark.parametrize(
    ("redirection", "code", "says"),
    [
        (">/dev/full", 4, "No space left on device"),
        (">&-", 0, ""),
        ("| true", 0, ""),
    ],
)
def test_an_output_that_takes_nothing(
    cli: Cli, own_home: Path, redirection: str, code: int, says: str
) -> None:
    assert cli("push", "--", "true").code == 0
    line = f"'{sys.executable}' -m jobdesk runs {redirection}"
    if redirection.startswith("|"):
        line += "; exit ${PIPESTATUS[0]}"
    done = subprocess.run(
        ["bash", "-c", line], env=environment(own_home), capture_output=True, check=False
    )
    assert done.returncode == code
    assert b"Traceback" not in done.stderr
    assert says in done.stderr.decode()


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text")
def test_folders_whose_names_are_no_text(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = os.fsencode(tmp_path) + b"/b\xff"
    os.mkdir(odd)  # noqa: PTH102 -- no Path for bytes
    monkeypatch.chdir(os.fsdecode(odd))
    refused = cli("push", "--shell", "true")
    assert (refused.code, refused.out) == (2, b"")
    assert "cwd:" in refused.err
    monkeypatch.setenv("JOBDESK_HOME", os.fsdecode(odd))
    refused = cli("runs")
    assert refused.code == 2
    assert "JOBDESK_HOME:" in refused.err


def test_a_current_folder_that_is_gone(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert cli("push", "--", "true").code == 2
    assert cli("runs").code == 0


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    def interrupted(*, origin: str, workers: int | None, until_idle: bool, api: str | None) -> int:
        raise KeyboardInterrupt

    assert run(["serve"], interrupted) == 130


def test_serve_hands_its_options_on() -> None:
    asked: list[tuple[str, int | None, bool, str | None]] = []

    def serve(*, origin: str, workers: int | None, until_idle: bool, api: str | None) -> int:
        asked.append((origin, workers, until_idle, api))
        return 1

    assert run(["serve", "--until-idle", "--workers", "3"], serve) == 1
    assert run(["serve", "--origin", "service", "--api", "81"], serve) == 1
    assert asked == [("terminal", 3, True, None), ("service", None, False, "127.0.0.1:81")]
    for wrong in ("", "x", "0"):
        assert run(["serve", "--api", wrong], serve) == 2
