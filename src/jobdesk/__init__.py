"""JobDesk: background jobs on the workstation."""

__version__ = "0.1.0"
