"""What the settings say about the API, secrets and signing. No Qt."""

from __future__ import annotations

import ipaddress
from datetime import datetime

from jobdesk.desk.secrets import SecretInfo
from jobdesk.desk.signing import SHORT, SigningStatus
from jobdesk.domain.errors import InvalidInput
from jobdesk.domain.settings import API_PORT, parse_listen
from jobdesk.gui import format as fmt

LOOPBACK = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "[::]")
_PLACES = {"keyring": "the system's keyring", "file": "an encrypted file"}
_NAMED = 4


def split_listen(listen: str) -> tuple[str, str]:
    """Host and port of a setting, and what to suggest where it is "" (off)."""
    host, _, port = listen.rpartition(":")
    return (host or LOOPBACK, port) if listen else (LOOPBACK, str(API_PORT))


def is_loopback(host: str) -> bool:
    """Whether nobody but this computer gets to it, as far as a name tells."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def exposure(listen: str) -> str:
    """What somebody should know before others can reach the API; "" where they can't."""
    try:
        host, _ = split_listen(parse_listen(listen))
    except InvalidInput:
        return ""
    if is_loopback(host):
        return ""
    return (
        "Other computers can reach this. Only a token keeps them out, and what is sent, tokens"
        " too, can be read on the way: put a proxy with HTTPS before it."
    )


def base_url(listen: str) -> str:
    """Where this computer finds an API that listens so."""
    host, port = split_listen(listen)
    if host in _EVERYWHERE:
        host = LOOPBACK
    return f"http://{host}:{port}"


def signing_words(status: SigningStatus, now: datetime) -> str:
    """Whether requests are signed, in a sentence or two."""
    if not status.on:
        return "Requests are not signed."
    since = f" since {fmt.moment(status.since, now)}" if status.since else ""
    said = f"Every request is signed{since}. The secret is kept in {place_words(status.place)}."
    if not status.rotating:
        return said
    return (
        f"{said} It is being changed: the secret before it signs, too, in"
        f" {status.header}-Previous, until every receiver knows the new one and you finish."
    )


def place_words(place: str | None) -> str:
    return _PLACES.get(place or "", place or "")


def weakness(secret: str) -> str:
    """What to say of a signing secret that can be guessed."""
    short = 0 < len(secret) < SHORT
    return f"Fewer than {SHORT} characters can be guessed by trying." if short else ""


def unset_words(names: list[str]) -> str:
    """That secrets are referred to and not set; "" for none."""
    if not names:
        return ""
    named = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    one = len(names) == 1
    subject, rest = ("secret", "is not set yet") if one else ("secrets", "are not set yet")
    return f"The {subject} {named} {rest}: set {'it' if one else 'them'} in the settings first"


def removal_words(secret: SecretInfo) -> str:
    """What removing it means for the jobs that use it."""
    if not secret.used_by:
        return "No job uses it. Runs that were pushed with it fail from now on."
    named = ", ".join(f"“{name}”" for name in secret.used_by[:_NAMED])
    more = len(secret.used_by) - _NAMED
    others = f" and {fmt.counted(more, 'other job')}" if more > 0 else ""
    verb = "uses" if len(secret.used_by) == 1 else "use"
    return f"{named}{others} {verb} it. Runs that need it fail until it is set again."
