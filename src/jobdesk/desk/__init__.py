"""The one door: every command, query and change signal. See :class:`Desk`."""

from jobdesk.desk.desk import Desk, EngineHealth, Overview, Replayed

__all__ = ["Desk", "EngineHealth", "Overview", "Replayed"]
