from __future__ import annotations

import pytest

from jobdesk.engine.heartbeat import Heartbeat
from tests.support.clock import ManualClock


class Ward:
    def __init__(self) -> None:
        self.jumps: list[float] = []
        self.beats = 0
        self.fails = False

    def jumped(self, seconds: float) -> None:
        self.jumps.append(seconds)
        if self.fails:
            raise RuntimeError("not now")

    def beat(self) -> None:
        self.beats += 1


@pytest.mark.parametrize("jump", [3600, -3600, 2.5, 1e8])
def test_a_jump_is_told_once(jump: float) -> None:
    clock, ward = ManualClock(), Ward()
    heart = Heartbeat(clock, ward.jumped, ward.beat)
    clock.advance(1)
    heart.check()
    assert ward.jumps == []
    clock.advance(1)
    clock.jump(jump)
    heart.check()
    heart.check()
    assert ward.jumps == pytest.approx([jump], abs=0.01)
    assert ward.beats == 3


def test_a_slow_beat_is_no_jump() -> None:
    clock, ward = ManualClock(), Ward()
    heart = Heartbeat(clock, ward.jumped, ward.beat)
    clock.advance(86_400)
    clock.jump(1.5)
    heart.check()
    assert ward.jumps == []


def test_a_jump_that_could_not_be_dealt_with_is_told_again() -> None:
    clock, ward = ManualClock(), Ward()
    heart = Heartbeat(clock, ward.jumped, ward.beat)
    clock.jump(60)
    ward.fails = True
    with pytest.raises(RuntimeError):
        heart.check()
    ward.fails = False
    heart.check()
    heart.check()
    assert ward.jumps == [60, 60]
