"""Time zones by name, as the IANA database has them."""

from __future__ import annotations

import difflib
import functools
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from jobdesk.domain.errors import InvalidInput

ZONE_FORM = "the name of a time zone, such as Europe/Berlin or UTC"
_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", re.ASCII)
_MAX = 64


def find_zone(name: str, field: str = "tz") -> ZoneInfo:
    """The zone of that name; :class:`InvalidInput` with names that are close if unknown.

    Names are matched exactly on every system, also where files are not; ``localtime``
    is refused because it means something else on every computer.
    """
    if not isinstance(name, str) or len(name) > _MAX or not _NAME.fullmatch(name):
        raise InvalidInput(field, name, ZONE_FORM)
    if name in _names():
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            # Listed, but its file is missing or no zone: as good as unknown.
            pass
    raise InvalidInput(field, name, ZONE_FORM + _hint(name))


def _hint(name: str) -> str:
    """``; did you mean …?`` with at most three names, or nothing."""
    by_fold = {known.casefold(): known for known in sorted(_names())}
    for known in list(by_fold.values()):
        # People remember the city: Berlin is Europe/Berlin.
        by_fold.setdefault(known.rpartition("/")[2].casefold(), known)
    asked = name.casefold()
    close = difflib.get_close_matches(asked, by_fold, n=6, cutoff=0.75)
    found = list(dict.fromkeys(by_fold[match] for match in close))[: 1 if asked in by_fold else 3]
    return f"; did you mean {' or '.join(found)}?" if found else ""


@functools.cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones() - {"localtime", "Factory"})
