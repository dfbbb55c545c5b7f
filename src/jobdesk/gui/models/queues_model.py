"""Queues as rows."""

from __future__ import annotations

from jobdesk.domain.queue import Queue
from jobdesk.gui import format as fmt
from jobdesk.gui.models.cells import BadgeCell, BarCell, Cell, TextCell
from jobdesk.gui.models.list_model import ListModel
from jobdesk.gui.models.queue_draft import policy_lines, policy_words, rate_words
from jobdesk.gui.models.table_model import Column


class QueuesModel(ListModel[Queue]):
    """All queues; bars compare their depths with the deepest."""

    NAME, DEPTH, RUNNING, RETRYING, SCHEDULED, DEAD, STATE = range(7)
    columns = (
        Column("Name", 0),
        Column("Waiting", 220),
        Column("Running / limit", 128),
        Column("Retrying", 92, rank=1),
        Column("Scheduled", 92, rank=2),
        Column("Dead", 84),
        Column("State", 116),
    )

    woven = True

    def key(self, row: Queue) -> int:
        return row.id

    def make_cell(self, row: Queue, column: int) -> Cell:
        if column == self.NAME:
            said = policy_words(row.policy)
            return TextCell(row.name, second=said, icon="mdi6.tray-full", bold=True)
        if column == self.DEPTH:
            deepest = max((queue.queued for queue in self._rows), default=0)
            role = "neutral" if row.paused else "accent"
            return BarCell(fmt.count(row.queued), row.queued / deepest if deepest else 0.0, role)
        if column == self.RUNNING:
            limit = "no limit" if row.concurrency is None else fmt.count(row.concurrency)
            full = row.concurrency is not None and row.running >= row.concurrency
            rate = rate_words(row.policy.rate) if row.policy.rate else ""
            role = "info" if full else "text"
            return TextCell(f"{fmt.count(row.running)} / {limit}", role, second=rate)
        if column == self.RETRYING:
            return _number(row.retrying, "warning")
        if column == self.SCHEDULED:
            return _number(row.scheduled, "text")
        if column == self.DEAD:
            return _number(row.dead, "danger")
        if row.paused:
            return BadgeCell("Paused", "warning", "mdi6.pause-circle")
        return BadgeCell("Active", "success", "mdi6.play-circle-outline")

    def hint(self, row: Queue, column: int) -> str:
        if column == self.NAME:
            return "\n".join(policy_lines(row.policy))
        if column == self.DEPTH:
            return f"{fmt.counted(row.queued, 'run')} ready, waiting for a free worker"
        if column == self.RUNNING:
            said = (
                "As many at once as there are workers"
                if row.concurrency is None
                else f"At most {fmt.counted(row.concurrency, 'run')} at once"
            )
            rate = row.policy.rate
            return f"{said}, at most {rate_words(rate)} started" if rate else said
        if column == self.STATE and row.paused:
            return "No run of this queue is started until it is resumed"
        return ""


def _number(number: int, role: str) -> Cell:
    return TextCell(fmt.count(number), role if number else "muted", bold=bool(number))
