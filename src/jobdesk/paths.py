"""Where things are: the home folder of a JobDesk, and the files that come with the program."""

from __future__ import annotations

import os
from pathlib import Path

from jobdesk.domain.errors import InvalidInput

HOME_VARIABLE = "JOBDESK_HOME"

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


def home() -> Path:
    """The one folder with database, lock, settings and the application's own log.

    Absolute, and not created here. ``JOBDESK_HOME`` names it (``~`` is understood); else
    it is the platform's place for a user's data. Raises InvalidInput for what is no path.
    """
    named = os.environ.get(HOME_VARIABLE, "").strip()
    if named:
        return _absolute(named)
    from platformdirs import user_data_dir  # late: most calls name the home

    return _absolute(user_data_dir("jobdesk", appauthor=False))


def _absolute(named: str) -> Path:
    try:
        path = Path(named).expanduser().absolute()
        str(path).encode()
    except (RuntimeError, OSError, UnicodeEncodeError):
        raise InvalidInput(HOME_VARIABLE, named, "the path of a folder, as valid text") from None
    return path


def resource(name: str) -> Path:
    """A file that comes with the program, such as ``icons/jobdesk.svg``.

    A wheel and a bundle carry them inside the package; in a checkout they lie at the top.
    Raises ``FileNotFoundError`` for a name that is not there: a defect of the packaging.
    """
    places = [_PACKAGE / "resources", _CHECKOUT / "resources"]
    for place in places:
        path = place.joinpath(*name.split("/"))
        if path.exists():
            return path
    raise FileNotFoundError(f"no resource {name!r} in {' or '.join(map(str, places))}")
