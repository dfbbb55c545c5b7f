"""One sentence for people for every state and every reason; this is the one place."""

from __future__ import annotations

from jobdesk.domain.outcome import Reason
from jobdesk.domain.run import RunState

STATE_WORDS: dict[RunState, str] = {
    RunState.SCHEDULED: "Waiting for its time.",
    RunState.QUEUED: "Ready; waiting for a free worker.",
    RunState.RUNNING: "Running now.",
    RunState.RETRYING: "Failed, and will be tried again.",
    RunState.SUCCEEDED: "Done.",
    RunState.DEAD: "Failed for good: no attempts are left, or trying again can't help.",
    RunState.CANCELLED: "Ended by a person before it was done.",
    RunState.SKIPPED: "Not run, because the job's policy says so.",
    RunState.DISCARDED: "Failed for good, and put away by a person.",
}

REASON_WORDS: dict[Reason, str] = {
    Reason.EXIT_CODE: "The script's exit code was not 0.",
    Reason.TIMEOUT: "It took longer than its timeout allows and was ended.",
    Reason.SPAWN_ERROR: "The script could not be started.",
    Reason.OUTPUT_ASSERTION: "The script's output is not what the job expects.",
    Reason.HTTP_CLIENT_ERROR: "The server refused the request (4xx).",
    Reason.HTTP_SERVER_ERROR: "The server failed to answer the request (5xx).",
    Reason.HTTP_REDIRECT: "The server redirected to somewhere that can't be followed.",
    Reason.CONNECTION_ERROR: "The connection to the server could not be made, or broke.",
    Reason.DNS_ERROR: "The name of the server could not be resolved.",
    Reason.SSL_ERROR: "The server's certificate or encryption was not acceptable.",
    Reason.INVALID_URL: "The URL can't be called.",
    Reason.RESPONSE_ASSERTION: "The server's response is not what the job expects.",
    Reason.SECRET_MISSING: "A secret that the job needs is not set.",
    Reason.CANCELLED: "A person cancelled it.",
    Reason.INTERRUPTED: "The engine stopped while it was running.",
    Reason.ENGINE_ERROR: "JobDesk itself failed to run it.",
    Reason.OVERLAP: "An earlier run of the same job was not finished.",
    Reason.MISFIRE: "Its time passed while JobDesk could not act.",
}


def why(reason: Reason | None, error: str | None) -> str:
    """Why a run failed, in a sentence or two: the reason, then what exactly."""
    sentence = REASON_WORDS[reason] if reason is not None else ""
    said = (error or "").strip()
    if not said or said.rstrip(".") in sentence:
        return sentence
    return f"{sentence.rstrip('.')}: {said}" if sentence else said
