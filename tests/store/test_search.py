"""A search that comes back in time says where it stopped, and misses nothing on the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from jobdesk.desk import Desk
from jobdesk.domain.action import ScriptAction
from jobdesk.domain.run import RunState
from jobdesk.domain.run_filter import RunFilter

MANY = 9_000
"""More than the first range of ids."""

NEEDLE = RunFilter(text="needle")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Desk.open(tmp_path_factory.mktemp("home")) as desk:
        words = ["needle" if n % 3_000 == 0 else "hay" for n in range(MANY)]
        desk.push_many([ScriptAction(["/bin/true", word]) for word in words])
        yield desk


def test_a_search_out_of_time_goes_on_from_its_edge(desk: Desk) -> None:
    found, edge, turns = [], None, 0
    while turns == 0 or edge is not None:
        part = desk.search_runs(NEEDLE, before=edge, patience=0.0)
        found += part.runs
        edge, turns = part.edge, turns + 1
    assert turns > 1
    assert [run.id for run in found] == [run.id for run in desk.runs(NEEDLE)] == [6001, 3001, 1]


def test_upwards_too(desk: Desk) -> None:
    found, edge, turns = [], 0, 0
    while edge is not None:
        part = desk.search_runs(NEEDLE, after=edge, patience=0.0)
        found = [*part.runs, *found]
        edge, turns = part.edge, turns + 1
    assert turns > 1
    assert [run.id for run in found] == [6001, 3001, 1]


@pytest.mark.parametrize(
    "which",
    [
        RunFilter(),
        RunFilter(states=frozenset({RunState.QUEUED})),
        RunFilter(states=frozenset({RunState.DEAD, RunState.SKIPPED})),
        RunFilter(since=datetime(2000, 1, 1, tzinfo=UTC)),
        NEEDLE,
    ],
)
@pytest.mark.parametrize("keys", [{}, {"before": 5_000}, {"after": 4_000}])
def test_with_time_it_finds_what_a_page_has(
    desk: Desk, which: RunFilter, keys: dict[str, int]
) -> None:
    found = desk.search_runs(which, limit=40, patience=60, **keys)
    assert found.edge is None
    assert found.runs == desk.runs(which, limit=40, **keys)


def test_between_two_ids(desk: Desk) -> None:
    found = desk.search_runs(before=50, after=40, patience=60)
    assert [run.id for run in found.runs] == list(range(49, 40, -1))
    assert found.edge is None


def test_what_it_was_asked_for_is_all(desk: Desk) -> None:
    assert desk.search_runs(limit=1, patience=0.0).edge is None


def test_counting_goes_on_from_its_edge(desk: Desk) -> None:
    number, edge, turns = 0, None, 0
    while turns == 0 or edge is not None:
        part = desk.count_some(NEEDLE, before=edge)
        number, edge, turns = number + part.number, part.edge, turns + 1
    assert number == desk.count_runs(NEEDLE) == 3


def test_counting_stops_at_the_most(desk: Desk) -> None:
    assert desk.count_some(RunFilter(), most=100).number == 100


def test_an_empty_history(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Desk.open(tmp_path_factory.mktemp("empty")) as empty:
        assert empty.search_runs().runs == []
        assert empty.search_runs(after=0).edge is None
        assert empty.count_some(NEEDLE).number == 0
