"""What must hold once the load has stopped and the engine has drained.

Reads the file with plain SQL of its own, so that a mistake in the store's queries can't
hide what it did. Each check yields one sentence for each violation.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.soaking.ledger import Books, Line, Trace, read_ledger, traces

FINISHED = {"succeeded", "dead", "cancelled", "skipped", "discarded"}
WAITING = {"scheduled", "queued", "running", "retrying"}
OMISSION = b"of output were left out here"
CRASH = "the engine ended before the attempt did"
_WALL_SLACK = 50_000
"""Microseconds by which two readings of the wall clock may disagree."""

Row = sqlite3.Row


@dataclass(frozen=True, slots=True)
class Evidence:
    """The database as it was left, and the books kept beside it."""

    database: sqlite3.Connection
    runs: dict[int, Row]
    attempts: dict[int, list[Row]]
    traces: dict[tuple[int, int], Trace]
    books: Books

    def sql(self, query: str) -> list[Row]:
        return self.database.execute(query).fetchall()


Check = Callable[[Evidence], Iterator[str]]


def violations(database: Path, ledger: Path, books: Books) -> list[str]:
    """Every violation of every invariant, as sentences."""
    try:
        lines = read_ledger(ledger)
    except ValueError as error:
        return [f"the ledger has a torn line: {error}"]
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as conn:
        conn.row_factory = sqlite3.Row
        try:
            evidence = _gather(conn, lines, books)
            return [said for check in CHECKS for said in check(evidence)]
        except sqlite3.DatabaseError as error:
            return [f"the database can't be read: {error}"]


def _gather(conn: sqlite3.Connection, lines: list[Line], books: Books) -> Evidence:
    attempts: dict[int, list[Row]] = defaultdict(list)
    for row in conn.execute("SELECT * FROM attempts ORDER BY run_id, number"):
        attempts[row["run_id"]].append(row)
    runs = {row["id"]: row for row in conn.execute("SELECT * FROM runs")}
    return Evidence(conn, runs, dict(attempts), traces(lines), books)


# -- the file ---------------------------------------------------------------------------


def sound_file(e: Evidence) -> Iterator[str]:
    for (line,) in e.sql("PRAGMA quick_check"):
        if line != "ok":
            yield f"quick_check: {line}"
    for row in e.sql("PRAGMA foreign_key_check"):
        yield f"foreign_key_check: {tuple(row)}"


# -- runs -------------------------------------------------------------------------------


def one_state(e: Evidence) -> Iterator[str]:
    for run in e.runs.values():
        if run["state"] not in FINISHED | WAITING:
            yield f"run {run['id']} is in no known state: {run['state']}"
        elif (run["state"] in FINISHED) != (run["finished_at"] is not None):
            yield f"run {run['id']} is {run['state']} but finished_at is {run['finished_at']}"
        elif run["state"] in WAITING:
            yield f"run {run['id']} is still {run['state']} after the engine had drained"


def conservation(e: Evidence) -> Iterator[str]:
    """What was accepted is there, exactly once; what was refused is not."""
    tags: Counter[str] = Counter()
    for run in e.runs.values():
        if run["origin"] == "push":
            tags[tag_of(run["spec"])] += 1
    known = {push.tag for push in e.books.pushes}
    for tag in tags.keys() - known:
        yield f"{tags[tag]} runs of push {tag!r} exist, which nobody pushed"
    for push in e.books.pushes:
        found = tags[push.tag]
        missing = [run for run in push.ids if run not in e.runs]
        if missing:
            yield f"push {push.tag} returned {missing}, which are not there"
        if push.key is not None:
            continue
        if push.fate == "returned" and (found, len(set(push.ids))) != (push.count, push.count):
            yield f"push {push.tag} of {push.count} returned {len(push.ids)} and made {found} runs"
        if push.fate == "returned" and any(
            run in e.runs and tag_of(e.runs[run]["spec"]) != push.tag for run in push.ids
        ):
            yield f"push {push.tag} returned ids of other runs: {push.ids}"
        if push.fate == "refused" and found:
            yield f"push {push.tag} was refused but made {found} runs"
        if push.fate == "unknown" and found not in (0, push.count):
            yield f"push {push.tag} of {push.count} was killed and made {found} runs: a part"


def keys(e: Evidence) -> Iterator[str]:
    """A key is one run, whoever pushed it and however often."""
    by_key: dict[str, list[int]] = defaultdict(list)
    for run in e.runs.values():
        if run["key"] is not None:
            by_key[run["key"]].append(run["id"])
    answers: dict[str, set[int]] = defaultdict(set)
    for push in e.books.pushes:
        if push.key is not None and push.fate == "returned":
            answers[push.key] |= set(push.ids)
    for key, ids in answers.items():
        if len(ids) > 1 or list(ids) != by_key[key]:
            yield f"key {key}: pushes returned {sorted(ids)}, there are {by_key[key]}"
    keyed = {push.tag for push in e.books.pushes if push.key is not None}
    for run in e.runs.values():
        if run["origin"] == "push" and run["key"] is None and tag_of(run["spec"]) in keyed:
            yield f"run {run['id']} was pushed with a key and has none"


def commands(e: Evidence) -> Iterator[str]:
    """What a person was told is done, is done."""
    for run in e.books.cancelled:
        state = e.runs[run]["state"] if run in e.runs else "missing"
        if state not in ("cancelled", "succeeded"):
            yield f"run {run} was to be cancelled but is {state}"
    for run in e.books.discarded:
        state = e.runs[run]["state"] if run in e.runs else "missing"
        if state != "discarded":
            yield f"run {run} was discarded but is {state}"
    for old, new in e.books.replayed:
        replay = e.runs.get(new)
        if replay is None or (replay["replay_of"], replay["origin"]) != (old, "replay"):
            yield f"run {old} was replayed as {new}, which is not there as such"
        elif e.runs[old]["replayed_by"] != new:
            yield f"run {old} was replayed as {new} but says {e.runs[old]['replayed_by']}"
    made = Counter(run["replay_of"] for run in e.runs.values() if run["replay_of"] is not None)
    for old, times in made.items():
        if times > 1:
            yield f"run {old} was replayed {times} times"


# -- attempts ---------------------------------------------------------------------------


def numbering(e: Evidence) -> Iterator[str]:
    for run_id in e.attempts.keys() - e.runs.keys():
        yield f"attempts of run {run_id} exist, the run does not"
    for run in e.runs.values():
        attempts = e.attempts.get(run["id"], [])
        numbers = [attempt["number"] for attempt in attempts]
        if numbers != list(range(1, run["attempt"] + 1)):
            yield f"run {run['id']} says attempt {run['attempt']} and has {numbers}"
        if run["attempt"] - run["uncounted"] > run["max_attempts"]:
            yield f"run {run['id']} had more attempts than {run['max_attempts']}"
        for attempt in attempts:
            if attempt["outcome"] is None or attempt["finished_at"] is None:
                yield f"attempt {attempt['number']} of run {run['id']} is still open"


def order(e: Evidence) -> Iterator[str]:
    """Attempts of a run come one after the other, and none after its conclusion."""
    for run in e.runs.values():
        attempts = e.attempts.get(run["id"], [])
        for before, after in pairwise(attempts):
            if (before["finished_at"] or 0) > after["started_at"] + _WALL_SLACK:
                yield f"attempts {before['number']} and {after['number']} of {run['id']} overlap"
            if before["outcome"] in ("succeeded", "cancelled"):
                yield f"run {run['id']} went on after attempt {before['number']} concluded it"
        ended = run["finished_at"]
        if attempts and ended is not None and attempts[-1]["started_at"] > ended + _WALL_SLACK:
            yield f"an attempt of run {run['id']} began after the run was concluded"


def conclusions(e: Evidence) -> Iterator[str]:
    """A run's state is what its last attempt made of it."""
    fits: dict[str, set[str | None]] = {
        "succeeded": {"succeeded"},
        "dead": {"failed", "interrupted"},
        "discarded": {"failed", "interrupted"},
        "cancelled": {"cancelled", "failed", "interrupted", None},
        "skipped": {None},
    }
    for run in e.runs.values():
        attempts = e.attempts.get(run["id"], [])
        last = attempts[-1]["outcome"] if attempts else None
        if run["state"] in fits and last not in fits[run["state"]]:
            yield f"run {run['id']} is {run['state']}, its last attempt {last}"
        if any(attempt["reason"] == "engine_error" for attempt in attempts):
            yield f"an attempt of run {run['id']} failed in the engine: {run['error']}"


def interruptions(e: Evidence) -> Iterator[str]:
    """A crash counts, a graceful stop does not."""
    for run_id, attempts in e.attempts.items():
        graceful = 0
        for attempt in attempts:
            name = f"attempt {attempt['number']} of run {run_id}"
            crashed = attempt["id"] in e.books.crashed
            if crashed and (attempt["outcome"], attempt["error"]) != ("interrupted", CRASH):
                yield f"{name} was open at a crash and is {attempt['outcome']}"
            elif attempt["outcome"] == "interrupted" and not crashed:
                graceful += 1
                if attempt["error"] == CRASH:
                    yield f"{name} is interrupted by a crash that never was"
        run = e.runs.get(run_id)
        if run is None:
            continue
        allowed = {graceful}
        if run["state"] == "cancelled" and attempts[-1]["outcome"] == "interrupted":
            allowed.add(graceful - 1)
        if run["uncounted"] not in allowed:
            yield f"run {run_id}: {graceful} graceful interruptions, {run['uncounted']} uncounted"


# -- what really ran --------------------------------------------------------------------


def what_ran_is_known(e: Evidence) -> Iterator[str]:
    for (run_id, number), trace in e.traces.items():
        name = f"attempt {number} of run {run_id}"
        attempt = _attempt(e, run_id, number)
        if attempt is None:
            yield f"{name} ran, but there is no such attempt"
            continue
        if len(trace.begins) > 1 or len(trace.calls) > 1:
            yield f"{name} began {len(trace.begins) + len(trace.calls)} times"
        for line in [*trace.begins, *trace.calls]:
            if line.wall // 1000 < attempt["started_at"] - _WALL_SLACK:
                yield f"{name} began before it was claimed"
        if _was_ended(attempt):
            lines = [*trace.begins, *trace.ticks, *trace.ends, *trace.daemons]
        else:
            lines = [*trace.begins, *trace.ticks, *trace.ends]  # a daemon may stay on purpose
        late = max((line.wall // 1000 for line in lines), default=0)
        if attempt["finished_at"] and late > attempt["finished_at"] + _WALL_SLACK:
            by = (late - attempt["finished_at"]) / 1e6
            yield f"a process of {name} ({attempt['reason']}) lived {by:.2f} s after its end"


def what_is_known_ran(e: Evidence) -> Iterator[str]:
    """A success, or an exit code, is what the script itself says it did."""
    for run_id, attempts in e.attempts.items():
        script = run_id in e.runs and '"type":"script"' in e.runs[run_id]["spec"]
        for attempt in attempts if script else ():
            code = attempt["exit_code"]
            by_itself = attempt["outcome"] == "succeeded" or attempt["reason"] == "exit_code"
            if not by_itself or code is None or code < 0:
                continue
            name = f"attempt {attempt['number']} of run {run_id}"
            trace = e.traces.get((run_id, attempt["number"]))
            ends = [said_by(line) for line in trace.ends] if trace else []
            if [end["code"] for end in ends] != [code]:
                yield f"{name} exited with {code}, but the script's own book says {ends}"


def no_two_at_once(e: Evidence) -> Iterator[str]:
    """Two attempts of one run never overlap, by the scripts' own book."""
    numbers: dict[int, list[int]] = defaultdict(list)
    for run_id, number in sorted(e.traces):
        numbers[run_id].append(number)
    for run_id, known in numbers.items():
        for before, after in pairwise(known):
            last = e.traces[run_id, before].last()
            begins = e.traces[run_id, after].begins
            if last is not None and any(last.monotonic > line.monotonic for line in begins):
                yield f"attempts {before} and {after} of run {run_id} ran at the same time"


def concluded_once(e: Evidence) -> Iterator[str]:
    """What has succeeded does not begin again."""
    for (run_id, number), trace in e.traces.items():
        succeeded = [a["number"] for a in e.attempts.get(run_id, []) if a["outcome"] == "succeeded"]
        if len(succeeded) > 1:
            yield f"run {run_id} succeeded {len(succeeded)} times"
        if succeeded and number > succeeded[0] and (trace.begins or trace.calls):
            yield f"run {run_id} began again after attempt {succeeded[0]} had succeeded"


# -- logs -------------------------------------------------------------------------------


def logs_match(e: Evidence) -> Iterator[str]:
    """The log holds what the script printed, or says how much of it was left out."""
    for run_id, attempts in e.attempts.items():
        for attempt in attempts:
            name = f"attempt {attempt['number']} of run {run_id}"
            chunks = e.database.execute(
                "SELECT stream, data FROM log_chunks WHERE attempt_id = ? ORDER BY seq",
                (attempt["id"],),
            ).fetchall()
            kept = sum(len(data) for _, data in chunks if OMISSION not in data)
            if kept != attempt["log_bytes"]:
                yield f"{name} keeps {kept} bytes of log and says {attempt['log_bytes']}"
            trace = e.traces.get((run_id, attempt["number"]))
            if trace and trace.ends and attempt["reason"] in (None, "exit_code"):
                output = _by_stream(chunks)
                yield from _output_matches(name, attempt, trace, output)


def _by_stream(rows: list[Row]) -> dict[str, bytes]:
    """The output of each stream. A row labelled ``stdout:4,17,1`` holds both by turns."""
    output = {"stdout": b"", "stderr": b""}
    for label, data in rows:
        stream, _, turns = label.partition(":")
        if stream not in output:
            continue
        start = 0
        for length in map(int, turns.split(",")) if turns else [len(data)]:
            output[stream] += data[start : start + length]
            start += length
            stream = "stderr" if stream == "stdout" else "stdout"
    return output


def _output_matches(
    name: str, attempt: Row, trace: Trace, output: dict[str, bytes]
) -> Iterator[str]:
    said = said_by(trace.ends[-1])["bytes"]
    kept = sum(map(len, output.values()))
    if kept + attempt["omitted_bytes"] != said:
        left_out = attempt["omitted_bytes"]
        yield f"{name} printed {said} bytes; {kept} are kept and {left_out} left out"
    for event, lines in (("begin", trace.begins), ("end", trace.ends)):
        words = f"{event} {lines[0].run} {lines[0].attempt}".encode() if lines else b""
        if words not in output["stdout"]:
            yield f"{name} printed {words.decode()!r}, which its log has not"


def tag_of(spec: str) -> str:
    """The tag that a push put into its action: the script's last argument, or the URL's."""
    action = json.loads(spec)
    if action["type"] == "http":
        return str(action["url"].rpartition("tag=")[2])
    return str(action["command"][-1])


def said_by(line: Line) -> dict[str, int]:
    """The numbers in an end line: ``code=0,bytes=12``."""
    return {name: int(value) for name, value in (p.split("=") for p in line.detail.split(","))}


def _attempt(e: Evidence, run_id: int, number: int) -> Row | None:
    attempts = e.attempts.get(run_id, [])
    return next((one for one in attempts if one["number"] == number), None)


def _was_ended(attempt: Row) -> bool:
    """Whether it was ended with everything that it had started."""
    return attempt["reason"] in ("timeout", "cancelled", "interrupted")


CHECKS: tuple[Check, ...] = (
    sound_file,
    one_state,
    conservation,
    keys,
    commands,
    numbering,
    order,
    conclusions,
    interruptions,
    what_ran_is_known,
    what_is_known_ran,
    no_two_at_once,
    concluded_once,
    logs_match,
)
