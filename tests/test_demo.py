"""What ``make run`` does to a home that an earlier one has left."""

from __future__ import annotations

from pathlib import Path

from jobdesk import Desk, HttpAction, ScriptAction, demo


def test_an_earlier_home_is_pointed_at_what_is_there_now(tmp_path: Path) -> None:
    with Desk.open(tmp_path / "home") as desk:
        demo.set_up(desk, 4001)
        known = desk.job("Heartbeat").spec
        moved = ScriptAction([str(tmp_path / "gone" / "python"), "-c", "print('still here')"])
        desk.change_job("Heartbeat", known.model_copy(update={"action": moved, "priority": 7}))
        mine = ScriptAction(["/bin/sh", "-c", "mine"])
        tidy = desk.job("Tidy downloads").spec
        desk.change_job("Tidy downloads", tidy.model_copy(update={"action": mine}))

        demo.set_up(desk, 4002)

        heartbeat = desk.job("Heartbeat").spec
        assert heartbeat.action == known.action
        assert heartbeat.priority == 7
        kept = desk.job("Tidy downloads").spec.action
        assert isinstance(kept, ScriptAction)
        assert kept.command == mine.command
        order = desk.job("Confirm order").spec.action
        assert isinstance(order, HttpAction)
        assert ":4002/" in order.url
