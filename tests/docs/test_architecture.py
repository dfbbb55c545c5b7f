from __future__ import annotations

import re
from pathlib import Path

from jobdesk.domain.lifecycle import EDGES, Event
from jobdesk.domain.run import FINISHED, RunState

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
ARROW = re.compile(r"^\s*(\S+) --> (\S+?)(?:: (.+))?$")
OUTSIDE = "[*]"

Arrow = tuple[str, str, str | None]


def arrows() -> list[Arrow]:
    """The arrows of the state diagram: from, to, label."""
    blocks = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    (diagram,) = blocks
    found = []
    for line in diagram.splitlines():
        match = ARROW.match(line)
        assert match, f"neither an arrow nor anything known: {line!r}"
        source, target, label = match.groups()
        found.append((source, target, label))
    return found


def test_the_diagram_shows_every_transition_and_no_other() -> None:
    shown = [(a, b, label) for a, b, label in arrows() if OUTSIDE not in (a, b)]
    assert len(shown) == len(set(shown))
    assert {(RunState(a), Event(label or ""), RunState(b)) for a, b, label in shown} == EDGES


def test_it_shows_where_runs_begin_and_end() -> None:
    begin = {b for a, b, _ in arrows() if a == OUTSIDE}
    assert begin == {RunState.SCHEDULED, RunState.QUEUED, RunState.SKIPPED}
    assert {a for a, b, _ in arrows() if b == OUTSIDE} == FINISHED
