"""What Prometheus reads: numbers that come from indexes, in its text format (0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jobdesk import __version__
from jobdesk.desk import Desk

_STATES = ("queued", "running", "retrying", "scheduled", "dead")


def text(desk: Desk) -> str:
    return "".join(f"{line}\n" for line in _lines(desk))


def _lines(desk: Desk) -> Iterator[str]:
    engine, health, queues = desk.engine(), desk.engine_health(), desk.queues()
    overview = desk.overview()
    yield from _gauge(
        "jobdesk_info", "The version of the program.", [({"version": __version__}, 1)]
    )
    yield from _gauge(
        "jobdesk_engine_up", "Whether an engine runs.", [({}, int(engine is not None))]
    )
    trouble = int(bool(health and health.trouble))
    yield from _gauge("jobdesk_engine_trouble", "Whether nothing can be stored.", [({}, trouble)])
    yield from _gauge(
        "jobdesk_runs",
        "Unfinished runs and dead letters, by queue and state.",
        [
            ({"queue": queue.name, "state": state}, getattr(queue, state))
            for queue in queues
            for state in _STATES
        ],
    )
    yield from _gauge(
        "jobdesk_queue_paused",
        "Whether a queue starts no runs.",
        [({"queue": queue.name}, int(queue.paused)) for queue in queues],
    )
    yield from _gauge("jobdesk_jobs", "Jobs that are set up.", [({}, overview.jobs)])
    yield from _gauge("jobdesk_jobs_enabled", "Those that may fire.", [({}, overview.enabled_jobs)])
    yield from _counter(
        "jobdesk_runs_created_total", "Runs that were ever accepted.", desk.newest_run_id()
    )


def _gauge(name: str, about: str, values: Iterable[tuple[dict[str, str], int]]) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} gauge"
    for labels, value in values:
        yield f"{name}{_labels(labels)} {value}"


def _counter(name: str, about: str, value: int) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} counter"
    yield f"{name} {value}"


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inside}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
