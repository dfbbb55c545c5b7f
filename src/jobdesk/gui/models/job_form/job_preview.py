"""What the form's preview shows: the schedule, the coming fires, the retries, in words."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.parsing import format_duration
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.trigger import At, Cron
from jobdesk.gui.models.job_form.command_line import as_text, beyond, command_line
from jobdesk.gui.models.job_form.job_draft import JobDraft
from jobdesk.gui.models.job_form.schedule_draft import AnyTrigger, When

_SHOWN_DELAYS = 5
_LONGEST_COMMAND = 4_000
"""A command line beyond this is no use to anybody's eyes or terminal."""


@dataclass(frozen=True, slots=True)
class Fire:
    """One coming fire: the instant, what the job's clock shows then, and, for a job in
    another zone, what this computer's shows ("" else)."""

    at: datetime
    wall: str
    offset: str
    here: str


@dataclass(frozen=True, slots=True)
class Preview:
    """``never`` says why nothing fires, "" if something does; ``notes`` are worth knowing.

    ``command`` is "" until the form can be saved. ``floating``: the times count from the
    moment of saving, so they move on while one thinks.
    """

    words: str
    expression: str
    fires: tuple[Fire, ...]
    floating: bool
    never: str
    notes: tuple[str, ...]
    retries: str
    command: str
    command_note: str


def preview_of(
    draft: JobDraft,
    now: datetime,
    here: ZoneInfo,
    n: int = 5,
    queue: QueuePolicy | None = None,
) -> Preview:
    """All of the preview for ``draft`` at ``now``; times are shown in its zone and ``here``.
    ``queue`` is what its queue says."""
    times = draft.preview(now, n)
    trigger = _trigger(draft, now)
    zone = ZoneInfo(trigger.tz) if isinstance(trigger, Cron) and trigger.tz else here
    never = _never(draft, trigger, times, now)
    command, note = _command(draft, now)
    return Preview(
        words=draft.words(now) or ("It would never run" if never.startswith("No ") else ""),
        expression=trigger.expression if isinstance(trigger, Cron) else "",
        fires=tuple(_fire(time, now, zone, here) for time in times),
        floating=draft.is_floating(now),
        never=never,
        notes=tuple(_notes(draft, times, zone, now)),
        retries=_retries(draft, queue),
        command=command,
        command_note=note,
    )


def _trigger(draft: JobDraft, now: datetime) -> AnyTrigger | None:
    try:
        return draft.trigger(now)
    except InvalidInput:
        return None


def _never(
    draft: JobDraft, trigger: AnyTrigger | None, times: list[datetime], now: datetime
) -> str:
    if times:
        return ""
    if draft.schedule.when is When.HAND:
        return "It runs when you say so: with Run now, or from a terminal."
    if isinstance(trigger, At):
        return "That time has passed, so it won't run by itself."
    problem = draft.schedule.problems(now).get("cron", "")
    _, _, reason = problem.partition("a date that exists: ")
    if reason:
        return f"{reason[:1].upper()}{reason[1:]}."
    return "The schedule isn't complete yet."


def _notes(draft: JobDraft, times: list[datetime], zone: tzinfo, now: datetime) -> list[str]:
    notes = []
    if draft.is_floating(now):
        notes.append("Counted from the moment you save.")
    if not draft.enabled and draft.schedule.when is not When.HAND:
        notes.append("It is disabled: nothing fires until you enable it.")
    for one, two in itertools.pairwise(times):
        before, after = one.astimezone(zone), two.astimezone(zone)
        if before.utcoffset() != after.utcoffset():
            notes.append(
                f"The clocks change between {_day(before)} and {_day(after)}:"
                f" {_offset(before)} becomes {_offset(after)}."
            )
            break
    if draft.schedule.when is When.MONTHLY and draft.schedule.day in ("29", "30", "31"):
        notes.append(f"Months without a day {draft.schedule.day} are left out.")
    return notes


def _fire(time: datetime, now: datetime, zone: ZoneInfo, here: ZoneInfo) -> Fire:
    there, local = time.astimezone(zone), time.astimezone(here)
    same = there.utcoffset() == local.utcoffset() and there.date() == local.date()
    return Fire(
        at=time,
        wall=_wall(there, now.astimezone(zone)),
        offset="" if zone.key == here.key else _offset(there),
        here="" if same else f"{local:%a} {local:%H:%M} here",
    )


def _wall(time: datetime, now: datetime) -> str:
    """``Tue 14 Apr 07:00``, with seconds or the year where they matter."""
    year = f" {time.year}" if time.year != now.year else ""
    return f"{time:%a} {_day(time)}{year}  {time:%H:%M}" + (f":{time:%S}" if time.second else "")


def _day(time: datetime) -> str:
    return f"{time.day} {time:%b}"


def _offset(time: datetime) -> str:
    text = f"{time:%z}"
    return f"UTC{text[:3]}:{text[3:5]}"


def _retries(draft: JobDraft, queue: QueuePolicy | None) -> str:
    """``If it fails, it is tried again after up to 10 s, 20 s and 40 s. Then …``."""
    policy = draft.policy.problems()
    if policy.keys() & {"timeout", "retries", "base", "factor", "cap", "fixed", "delays"}:
        return ""
    delays = draft.retry_preview(queue)
    if not delays:
        return "If it fails, it becomes a dead letter at once."
    texts = [_words(delay) for delay in delays]
    if len(set(texts)) == 1 and len(texts) > 1:
        words = f"{texts[0]}, {len(texts):,} times"
    elif len(texts) > _SHOWN_DELAYS + 1:
        whole = _words(sum(delays, timedelta()))
        rest = len(texts) - _SHOWN_DELAYS
        words = f"{', '.join(texts[:_SHOWN_DELAYS])} and {rest:,} more times, {whole} in all"
    else:
        words = " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
    upto = "up to " if draft.spreads_retries(queue) else ""
    return f"If it fails, it is tried again after {upto}{words}. Then it becomes a dead letter."


def _words(delay: timedelta) -> str:
    """``1 m 20 s``."""
    return re.sub(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", " ", format_duration(_rounded(delay)))


def _rounded(delay: timedelta) -> timedelta:
    """Whole units where nobody would miss the rest."""
    seconds = delay.total_seconds()
    step = 60 if seconds >= 36_000 else 1 if seconds >= 60 else 0.1
    return timedelta(seconds=round(round(seconds / step) * step, 3)) if seconds >= 1 else delay


def _command(draft: JobDraft, now: datetime) -> tuple[str, str]:
    if draft.problems(now):
        return "", ""
    spec = draft.spec(now)
    text = as_text(command_line(spec))
    if len(text) > _LONGEST_COMMAND:
        return "", f"The command would be {len(text):,} characters long."
    return text, beyond(spec)
