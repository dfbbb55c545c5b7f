"""The one door: every command, query and change signal. See :class:`Desk`."""

from jobdesk.desk.answers import EngineHealth, Overview, Replayed
from jobdesk.desk.desk import Desk

__all__ = ["Desk", "EngineHealth", "Overview", "Replayed"]
