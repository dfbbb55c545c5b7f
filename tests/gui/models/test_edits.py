"""Every difference becomes edits that, done one after the other, make the new list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jobdesk.gui.models.edits import Edit, Kind, edits

Row = tuple[int, str]

_lists = st.dictionaries(st.integers(0, 30), st.sampled_from("abc")).map(
    lambda found: sorted(found.items(), reverse=True)
)


def key(row: Row) -> int:
    return row[0]


def done(rows: list[Row], steps: list[Edit[Row]]) -> list[Row]:
    rows = list(rows)
    for step in steps:
        if step.kind is Kind.REMOVE:
            assert 0 <= step.first <= step.last < len(rows)
            del rows[step.first : step.last + 1]
        elif step.kind is Kind.INSERT:
            assert 0 <= step.first <= len(rows)
            assert len(step.rows) == step.last - step.first + 1
            rows[step.first : step.first] = step.rows
        else:
            assert [key(row) for row in rows[step.first : step.last + 1]] == [
                key(row) for row in step.rows
            ]
            rows[step.first : step.last + 1] = step.rows
    return rows


@given(_lists, _lists)
def test_the_edits_make_the_new_list(old: list[Row], new: list[Row]) -> None:
    steps = edits(old, new, key)
    assert steps is not None
    assert done(old, steps) == new


@given(_lists, _lists, st.lists(st.tuples(st.integers(40, 50), st.just("x")), max_size=3))
def test_an_offset_moves_all_edits(old: list[Row], new: list[Row], above: list[Row]) -> None:
    steps = edits(old, new, key, offset=len(above))
    assert steps is not None
    assert done(above + old, steps) == above + new


@given(_lists)
def test_what_is_the_same_needs_no_edit(rows: list[Row]) -> None:
    assert edits(rows, list(rows), key) == []


def test_only_changed_rows_change() -> None:
    old = [(5, "a"), (4, "a"), (3, "a"), (2, "a")]
    new = [(5, "a"), (4, "b"), (3, "b"), (2, "a")]
    assert edits(old, new, key) == [Edit(Kind.CHANGE, 1, 2, ((4, "b"), (3, "b")))]


def test_a_batch_of_new_rows_is_one_edit() -> None:
    old = [(2, "a"), (1, "a")]
    new = [(4, "a"), (3, "a"), *old]
    assert edits(old, new, key) == [Edit(Kind.INSERT, 0, 1, ((4, "a"), (3, "a")))]


def test_rows_that_changed_places_need_a_reset() -> None:
    assert edits([(1, "a"), (2, "a")], [(2, "a"), (1, "a")], key) is None
