"""The soak's judge: content with what is right, and not to be fooled by what is not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.soaking.invariants import violations
from benchmarks.soaking.ledger import Fate, Line, Push
from benchmarks.soaking.witness import Witness
from tests.faults.soak.scene import Builder, Scene


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Builder(tmp_path_factory.mktemp("scene") / "home").build()


@pytest.fixture
def scene(built: Scene, tmp_path: Path) -> Scene:
    return built.copy(tmp_path)


def _found(scene: Scene, *statements: str) -> list[str]:
    with closing(sqlite3.connect(scene.database)) as conn:
        for statement in statements:
            assert conn.execute(statement).rowcount != 0, statement
        conn.commit()
    scene.write_ledger()
    return violations(scene.database, scene.ledger, scene.books)


def test_an_honest_desk_is_believed(scene: Scene) -> None:
    assert _found(scene) == []


SPOILED = {
    "DELETE FROM runs WHERE id = 1": ["push p1 returned [1], which are not there"],
    "UPDATE runs SET spec = replace(spec, 'p1', 'p2') WHERE id = 1": ["returned ids of other"],
    "UPDATE runs SET spec = replace(spec, 'p1', 'pX') WHERE id = 1": ["which nobody pushed"],
    "UPDATE runs SET key = NULL WHERE id = 2": ["was pushed with a key and has none"],
    "UPDATE runs SET key = 'k9' WHERE id = 2": ["key k1: pushes returned [2], there are []"],
    "UPDATE runs SET state = 'limbo' WHERE id = 1": ["in no known state: limbo"],
    "UPDATE runs SET state = 'running' WHERE id = 1": ["but finished_at is"],
    "UPDATE runs SET state = 'queued', finished_at = NULL WHERE id = 1": ["is still queued"],
    "UPDATE runs SET state = 'dead' WHERE id = 1": ["is dead, its last attempt succeeded"],
    "UPDATE runs SET state = 'dead' WHERE id = 5": ["run 5 was to be cancelled but is dead"],
    "UPDATE runs SET replayed_by = NULL WHERE id = 6": ["was replayed as 7 but says None"],
    "UPDATE runs SET replay_of = 6, origin = 'replay' WHERE id = 5": ["6 was replayed 2 times"],
    "UPDATE runs SET attempt = 3 WHERE id = 1": ["run 1 says attempt 3 and has [1, 2]"],
    "UPDATE runs SET uncounted = 0 WHERE id = 4": ["1 graceful interruptions, 0 uncounted"],
    "UPDATE runs SET uncounted = 1 WHERE id = 3": ["0 graceful interruptions, 1 uncounted"],
    "UPDATE runs SET max_attempts = 1 WHERE id = 1": ["had more attempts than 1"],
    "UPDATE runs SET finished_at = finished_at - 9000000 WHERE id = 1": ["began after the run"],
    "UPDATE attempts SET number = 3 WHERE run_id = 1 AND number = 2": [
        "run 1 says attempt 2 and has [1, 3]",
        "attempt 2 of run 1 ran, but there is no such attempt",
    ],
    "UPDATE attempts SET outcome = NULL WHERE run_id = 2": ["attempt 1 of run 2 is still open"],
    "UPDATE attempts SET outcome = 'succeeded' WHERE run_id = 1": [
        "run 1 succeeded 2 times",
        "run 1 began again after attempt 1 had succeeded",
        "run 1 went on after attempt 1 concluded it",
    ],
    "UPDATE attempts SET outcome = 'failed' WHERE run_id = 3 AND number = 1": [
        "attempt 1 of run 3 was open at a crash and is failed"
    ],
    "UPDATE attempts SET finished_at = finished_at + 9000000 WHERE run_id = 1": ["1 overlap"],
    "UPDATE attempts SET finished_at = started_at WHERE run_id = 3": ["lived 1.00 s after its"],
    "UPDATE attempts SET started_at = started_at + 5000000 WHERE run_id = 2": ["before it was"],
    "UPDATE attempts SET exit_code = 4 WHERE run_id = 2": ["exited with 4, but the script's own"],
    "UPDATE attempts SET reason = 'engine_error' WHERE run_id = 2": ["failed in the engine"],
    "DELETE FROM attempts WHERE run_id = 2": ["run 2 says attempt 1 and has []"],
    "UPDATE attempts SET log_bytes = 1 WHERE run_id = 2": ["bytes of log and says 1"],
    "DELETE FROM log_chunks": ["'begin 1 1', which its log has not", "0 are kept"],
    "UPDATE log_chunks SET attempt_id = 900 WHERE attempt_id = 1": ["foreign_key_check"],
}


@pytest.mark.parametrize("statement", SPOILED)
def test_a_doctored_database_is_found_out(scene: Scene, statement: str) -> None:
    found = _found(scene, statement)
    for words in SPOILED[statement]:
        assert any(words in one for one in found), found


def _push(fate: Fate, *, count: int = 1, tag: str = "p1") -> Callable[[Scene], None]:
    def change(scene: Scene) -> None:
        pushes = [push for push in scene.books.pushes if push.tag != tag]
        ids = (1,) if fate == "returned" else ()
        scene.books.pushes = [*pushes, Push(tag, count, fate, ids)]

    return change


def _ledger(line: Line) -> Callable[[Scene], None]:
    return lambda scene: scene.lines.append(line)


def _at_once(scene: Scene) -> None:
    later = next(line for line in scene.lines if (line.run, line.attempt) == (1, 2))
    scene.set_time("end", 1, 1, later.monotonic + 1)


LIES = {
    "a part of what returned": (
        _push("returned", count=2),
        "push p1 of 2 returned 1 and made 1 runs",
    ),
    "refused but there": (_push("refused"), "push p1 was refused but made 1 runs"),
    "killed and half there": (_push("unknown", count=2), "made 1 runs: a part"),
    "began twice": (_ledger(Line("begin", 2, 1, 9, 0, 0, "-")), "began 2 times"),
    "ran unknown": (_ledger(Line("begin", 2, 2, 9, 0, 0, "-")), "there is no such attempt"),
    "called unknown": (_ledger(Line("call", 9, 1, 0, 0, 0, "-")), "there is no such attempt"),
    "two at once": (_at_once, "attempts 1 and 2 of run 1 ran at the same time"),
    "never ran": (lambda scene: scene.lines.clear(), "but the script's own book says []"),
    "discarded": (lambda s: s.books.discarded.append(6), "run 6 was discarded but is dead"),
    "no crash": (lambda s: s.books.crashed.clear(), "interrupted by a crash that never was"),
}


@pytest.mark.parametrize("lie", LIES)
def test_books_that_say_otherwise(scene: Scene, lie: str) -> None:
    change, words = LIES[lie]
    change(scene)
    found = _found(scene)
    assert any(words in one for one in found), found


def test_a_killed_push_may_be_there_or_not(scene: Scene) -> None:
    _push("unknown")(scene)
    _push("unknown", tag="p99", count=5)(scene)
    assert _found(scene) == []


def test_a_torn_line(scene: Scene) -> None:
    scene.ledger.write_text("begin 1 1")
    (found,) = violations(scene.database, scene.ledger, scene.books)
    assert found.startswith("the ledger has a torn line")


def test_a_damaged_file(scene: Scene) -> None:
    data = bytearray(scene.database.read_bytes())
    root = data.find(b'"type":"script"')
    page = root // 4096 * 4096
    data[page : page + 8] = b"\xff" * 8
    scene.database.write_bytes(bytes(data))
    scene.write_ledger()
    (found,) = violations(scene.database, scene.ledger, scene.books)
    assert found == "the database can't be read: database disk image is malformed"


@pytest.mark.parametrize(
    ("change", "complains"),
    [
        ("UPDATE runs SET state = 'queued' WHERE id = 1", True),
        ("UPDATE runs SET finished_at = finished_at + 1 WHERE id = 1", True),
        ("DELETE FROM runs WHERE id = 5", True),
        ("UPDATE runs SET state = 'discarded' WHERE id = 6", False),
        ("UPDATE runs SET state = 'dead' WHERE id = 5", True),
    ],
)
def test_history_that_is_rewritten_is_seen(scene: Scene, change: str, complains: bool) -> None:
    witness = Witness(scene.database, scene.books)
    witness.look()
    with closing(sqlite3.connect(scene.database)) as conn:
        conn.execute(change)
        conn.commit()
    witness.look()
    assert bool(scene.books.problems) is complains
    assert witness.open_attempts() == set()
