"""From what the settings dialog's fields hold to EngineSettings, and back; no Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobdesk.domain.errors import InvalidInput, Problem
from jobdesk.domain.settings import MB, EngineSettings

KB = 1024


@dataclass(frozen=True, slots=True)
class Field:
    """One number of the settings: its name there, what it is called, the unit that the
    field shows, and how many of the setting's own units that is."""

    name: str
    label: str
    unit: str
    factor: int
    hint: str = ""


ENGINE = (
    Field("workers", "Workers", "runs at once", 1, "Over all queues together."),
    Field(
        "kill_grace", "Grace before a kill", "seconds", 1, "What a script gets to end by itself."
    ),
    Field("stop_grace", "Grace when stopping", "seconds", 1, "For running jobs to finish."),
)

HISTORY = (
    Field("output_cap", "Output of an attempt", "MB", MB, "The middle is left out of longer ones."),
    Field("response_cap", "Body of a response", "MB", MB, "What is longer is cut."),
    Field("keep_finished_days", "Keep finished runs", "days", 1),
    Field("keep_dead_days", "Keep dead letters", "days", 1),
    Field("log_budget", "All logs together", "MB", MB, "The oldest logs of successes go first."),
)

API_RATE = Field(
    "api_rate", "Calls of a token", "a minute", 1, "Who calls more often is told to wait."
)

FIELDS = {field.name: field for field in (*ENGINE, *HISTORY, API_RATE)}

LISTEN, ORIGINS = "api_listen", "api_cors"
API = (LISTEN, API_RATE.name, ORIGINS)
SIGNING = ("signing_header", "signing_timestamp_header")
ELSEWHERE = ("alerts", "quiet_hours", "quiet_but_failures")
"""What has no field of its own here: the page of the alerts makes it."""
ALERTS = ("threshold", "late_start", "late_end", "late_factor", "quiet_hours")
"""What can be wrong on that page."""
TEXTS = (LISTEN, ORIGINS, *SIGNING)
"""The fields that hold no number; origins are a list, with spaces or commas between."""


def shown(settings: EngineSettings) -> dict[str, str]:
    """The settings as the fields show them."""
    values = settings.to_json()
    numbers = {name: _number(values[name] / field.factor) for name, field in FIELDS.items()}
    return {**numbers, **{name: _text(values[name]) for name in TEXTS}}


def parse(
    texts: Mapping[str, str], kept: EngineSettings | None = None
) -> tuple[EngineSettings | None, dict[str, str]]:
    """The settings that the fields describe, and what is wrong, by field name; either of
    the two is empty. What has no field is as in ``kept``."""
    values: dict[str, Any] = {name: getattr(kept, name) for name in ELSEWHERE if kept}
    values |= {name: texts[name].strip() for name in TEXTS}
    values[ORIGINS] = tuple(texts[ORIGINS].replace(",", " ").split())
    wrong: dict[str, str] = {}
    for name, field in FIELDS.items():
        number = _parse(texts[name])
        if number is None:
            wrong[name] = f"A number is expected, such as {_example(field)}."
            continue
        scaled = number * field.factor
        values[name] = round(scaled) if field.factor > 1 or scaled == int(scaled) else scaled
    try:
        settings = EngineSettings(**values)
    except InvalidInput as error:
        for problem in error.problems:
            wrong.setdefault(problem.field, _expected(problem))
        return None, wrong
    return (None, wrong) if wrong else (settings, {})


def _parse(text: str) -> float | None:
    try:
        number = float(text.strip().replace(",", "").replace("\u202f", ""))
    except ValueError:
        return None
    return number if abs(number) < 1e12 else None


def _text(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _example(field: Field) -> str:
    return _number(EngineSettings().to_json()[field.name] / field.factor)


_BOUNDS = {
    "output_cap": "Expected: 0.063 to 1,024 MB.",
    "response_cap": "Expected: 0.001 to 256 MB.",
    "log_budget": "Expected: 10 to 1,000,000 MB.",
    "api_listen": "Expected: a name or address of this computer, and a port from 1 to 65,535.",
}
"""In the words of the field, where these aren't the setting's own."""


def _expected(problem: Problem) -> str:
    said = problem.expected
    return _BOUNDS.get(problem.field, f"Expected: {said}.")
