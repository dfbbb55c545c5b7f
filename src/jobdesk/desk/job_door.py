"""The desk's door to jobs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from jobdesk.clock import local_zone
from jobdesk.desk.placing import place
from jobdesk.desk.room import Room
from jobdesk.domain.action import HttpAction, ScriptAction
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.job import Job, JobSpec
from jobdesk.domain.trigger import At, Cron, Every
from jobdesk.store import (
    jobs,
    quarantine,
)
from jobdesk.store.rows import Unreadable
from jobdesk.store.writer import Tx

AnyAction = ScriptAction | HttpAction
AnyTrigger = At | Every | Cron


class JobDoor(Room):
    """What can be done with jobs, and asked about them."""

    def add_job(
        self,
        name: str,
        action: AnyAction,
        *,
        trigger: AnyTrigger | None = None,
        folder: Path | None = None,
        **policy: Any,
    ) -> Job:
        """Set up a job. ``policy`` takes the other fields of
        :class:`~jobdesk.domain.job.JobSpec`: queue, priority, retry, timeout, overlap,
        catch_up, enabled."""
        return self.add(JobSpec(name=name, action=action, trigger=trigger, **policy), folder=folder)

    def add(self, spec: JobSpec, *, folder: Path | None = None) -> Job:
        """Set up a job from its whole specification."""
        now = self.now()
        accepted = self._accept(spec, folder, now)
        return self._write(lambda tx: jobs.add(tx, accepted, now))

    def change_job(self, name: str, spec: JobSpec, *, folder: Path | None = None) -> Job:
        """Replace what the job ``name`` says; its runs so far keep what they were."""
        now = self.now()
        old = self.job(name)
        accepted = self._accept(spec, folder, now, known=old.spec.trigger)
        return self._write(lambda tx: jobs.change(tx, name, accepted, now))

    def enable_job(self, name: str, enabled: bool = True) -> Job:
        """Enable or disable a job. What it missed while disabled is not made up."""

        def work(tx: Tx) -> Job:
            spec = jobs.get(tx.conn, name).spec.model_copy(update={"enabled": enabled})
            return jobs.change(tx, name, spec, self.now())

        return self._write(work)

    def remove_job(self, name: str) -> None:
        """Delete a job; its runs stay."""
        self._write(lambda tx: jobs.remove(tx, name))

    def job(self, name: str) -> Job:
        with self._db.reading() as conn:
            return jobs.get(conn, name)

    def jobs(self) -> list[Job]:
        """All jobs that can be read, by name, each with its newest run."""
        with self._db.reading() as conn:
            return [job for job in jobs.all_jobs(conn) if isinstance(job, Job)]

    def job_names(self) -> list[str]:
        """The names of all jobs, in order; quicker than :meth:`jobs`."""
        with self._db.reading() as conn:
            return jobs.names(conn)

    def unreadable(self) -> list[Unreadable]:
        """Rows that were set aside because this program can't make sense of them."""
        with self._db.reading() as conn:
            return [job for job in jobs.all_jobs(conn) if isinstance(job, Unreadable)]

    def quarantined(self) -> list[Unreadable]:
        """All that was set aside: jobs, queues, settings, and the first 50 runs."""
        with self._db.reading() as conn:
            return quarantine.survey(conn)

    def _accept(
        self,
        spec: JobSpec,
        folder: Path | None,
        now: datetime,
        known: AnyTrigger | None = None,
    ) -> JobSpec:
        """The spec as it is kept: paths absolute, the zone named, a time still to come."""
        trigger = spec.trigger
        if isinstance(trigger, Cron) and trigger.tz is None:
            trigger = Cron(trigger.expression, tz=str(local_zone()))
        if isinstance(trigger, At) and trigger.at <= now and trigger != known:
            raise InvalidInput("at", trigger.to_json()["at"], "a time that is still to come")
        action = place(spec.action, folder or Path.cwd())
        return spec.model_copy(update={"action": action, "trigger": trigger})
