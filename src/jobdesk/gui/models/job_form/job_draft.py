"""The content of the job form: what a person typed, whether or not it can be accepted.

Pure: no Qt, no clock, no desk. The form makes one from its widgets whenever something
changes; a draft then says what is wrong with it, and what it would mean.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.job import Job, JobSpec
from jobdesk.domain.parsing import MAX_NAME, check_name
from jobdesk.domain.queue import QueuePolicy
from jobdesk.domain.retry import ExponentialBackoff
from jobdesk.domain.trigger import At, Every
from jobdesk.gui.models.alerts.policy_draft import AlertDraft
from jobdesk.gui.models.assertions_draft import AssertionsDraft
from jobdesk.gui.models.job_form.action_draft import ActionDraft
from jobdesk.gui.models.job_form.field_problems import Problems, problems_of, refused
from jobdesk.gui.models.job_form.policy_draft import PolicyDraft
from jobdesk.gui.models.job_form.schedule_draft import AnyTrigger, ScheduleDraft, When

_FORM_FIELD = {"header": "headers", "backoff": "base"}


@dataclass(frozen=True, slots=True)
class JobDraft:
    """One state of the form. Two are equal when a person would see no difference.

    ``origin`` is the job that is being changed, None for a new one.
    """

    schedule: ScheduleDraft
    name: str = ""
    action: ActionDraft = field(default_factory=ActionDraft)
    policy: PolicyDraft = field(default_factory=PolicyDraft)
    success: AssertionsDraft = field(default_factory=AssertionsDraft)
    alerts: AlertDraft = field(default_factory=AlertDraft)
    enabled: bool = True
    origin: Job | None = field(default=None, compare=False)

    @classmethod
    def new(cls, zone: str, now: datetime) -> JobDraft:
        """An empty form; ``zone`` is the name of the computer's time zone."""
        return cls(schedule=ScheduleDraft.new(zone, now))

    @classmethod
    def from_job(cls, job: Job, zone: str, now: datetime) -> JobDraft:
        """The form that shows ``job``; left as it is, it makes the same spec again."""
        return cls(
            schedule=ScheduleDraft.of(job.spec.trigger, zone, now),
            name=job.spec.name,
            action=ActionDraft.of(job.spec.action),
            policy=PolicyDraft.of(job.spec),
            success=AssertionsDraft.of(job.spec.assertions),
            alerts=AlertDraft.of(job.spec.alerts),
            enabled=job.spec.enabled,
            origin=job,
        )

    def duplicate(self, taken: Collection[str] = ()) -> JobDraft:
        """The same as a new job under a name of its own, none of those ``taken``."""
        name = next(name for name in _copies(self.name) if name not in taken)
        schedule = self.schedule
        if schedule.when is When.ONCE:
            # Its time is likely to be over; a copy asks for another one.
            schedule = replace(schedule, after_delay=True)
        return replace(self, name=name, schedule=schedule, origin=None)

    # -- what it means -------------------------------------------------------------

    def spec(self, now: datetime) -> JobSpec:
        """The job as the desk takes it; :class:`InvalidInput` for what can't be one."""
        return JobSpec(
            name=self.name,
            action=self.action.action(),
            trigger=self.trigger(now),
            enabled=self.enabled,
            assertions=self.success.assertions(self.action.kind),
            alerts=self.alerts.policy(),
            **self.policy.values(),
        )

    def trigger(self, now: datetime) -> AnyTrigger | None:
        return self.schedule.trigger(now)

    def words(self, now: datetime) -> str:
        """The schedule in words; "" while it can't be read."""
        try:
            trigger = self.trigger(now)
        except InvalidInput:
            return ""
        if trigger is None:
            return "By hand only"
        if isinstance(trigger, At) and self.schedule.after_delay:
            return "Once, after a delay"
        return trigger.words

    def preview(self, now: datetime, n: int = 5) -> list[datetime]:
        """The next ``n`` fire times after ``now``, aware UTC; fewer if there are no more."""
        try:
            trigger = self.trigger(now)
        except InvalidInput:
            return []
        if trigger is None:
            return []
        schedule = trigger.schedule(self._anchor(trigger, now))
        times: list[datetime] = []
        after = now
        while len(times) < n and (fire := schedule.next(after)) is not None:
            times.append(fire)
            after = fire
        return times

    def is_floating(self, now: datetime) -> bool:
        """Whether the fire times count from the moment of saving."""
        try:
            trigger = self.trigger(now)
        except InvalidInput:
            return False
        if isinstance(trigger, At):
            return self.schedule.after_delay
        return isinstance(trigger, Every) and self._anchor(trigger, now) == now

    def retry_preview(self, queue: QueuePolicy | None = None) -> list[timedelta]:
        """The delays before each retry in a queue that says this, at their longest; [] while
        they can't be read."""
        try:
            return self.policy.settled(queue, self.action.kind).retry.preview()
        except InvalidInput:
            return []

    def spreads_retries(self, queue: QueuePolicy | None = None) -> bool:
        """Whether delays are drawn between nothing and the delay."""
        retry = self.policy.settled(queue, self.action.kind).retry
        return retry.jitter and isinstance(retry.backoff, ExponentialBackoff)

    # -- what is wrong ---------------------------------------------------------------

    def problems(self, now: datetime, taken: Collection[str] = ()) -> Problems:
        """Field of the form to what would be accepted there, in the form's order.

        ``taken`` are the names of all jobs, as far as they are known; the desk has the
        last word.
        """
        known = self.origin.spec.trigger if self.origin else None
        return {
            **refused(lambda: self._check_name(taken)),
            **self.action.problems(),
            **self.schedule.problems(now, known),
            **self.success.problems(self.action.kind),
            **self.alerts.problems(),
            **self.policy.problems(),
        }

    def refusals(self, error: InvalidInput) -> Problems:
        """What the desk refused, by the fields of this form."""
        found = {_FORM_FIELD.get(name, name): text for name, text in problems_of(error).items()}
        for key in [key for key in found if key.startswith("assertions.")]:
            row = ".".join(key.split(".")[:2])
            found[row] = found.pop(key)
        if "at" in found and self.schedule.after_delay:
            found["delay"] = found.pop("at")
        return found

    def _check_name(self, taken: Collection[str]) -> None:
        check_name(self.name, "name")
        own = self.origin.name if self.origin else None
        if self.name in taken and self.name != own:
            raise InvalidInput("name", self.name, "another name; a job of this name exists")

    def _anchor(self, trigger: AnyTrigger, now: datetime) -> datetime:
        """What an interval counts from: a job keeps its beat unless its trigger changes."""
        if self.origin and self.origin.spec.trigger == trigger:
            return self.origin.anchor_at
        return now


def _copies(name: str) -> Iterator[str]:
    """``report (copy)``, ``report (copy 2)`` and so on, none of them too long."""
    for number in itertools.count(1):
        ending = " (copy)" if number == 1 else f" (copy {number})"
        yield name[: MAX_NAME - len(ending)] + ending
