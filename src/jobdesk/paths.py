"""Where things are: the home folder of a JobDesk, and the files that come with the program."""

from __future__ import annotations

import os
from pathlib import Path

HOME_VARIABLE = "JOBDESK_HOME"

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]


def home() -> Path:
    """The one folder with database, lock, settings and the application's own log.

    Absolute, and not created here. ``JOBDESK_HOME`` names it (``~`` is understood); else
    it is the platform's place for a user's data.
    """
    named = os.environ.get(HOME_VARIABLE, "").strip()
    if named:
        return Path(named).expanduser().absolute()
    from platformdirs import user_data_path  # late: most calls name the home

    return user_data_path("jobdesk", appauthor=False).absolute()


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
