"""Requests that a page can't serve itself: the window, or whoever owns it, connects them."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class Navigation(QObject):
    """Signals from pages to the window; a page emits, the window acts."""

    open_run = Signal(int)
    """Show the page of a run."""
    open_job = Signal(str)
    """Show the Jobs page with this job selected."""
    show_runs = Signal(object)
    """Show the Runs page with a RunFilter."""
    show_page = Signal(str)
    """Show a page by name: overview, jobs, runs, queues, dead, alerts."""
    new_job = Signal()
    edit_job = Signal(str)
    duplicate_job = Signal(str)
    show_settings = Signal(str)
    """Open the settings at a section."""
    back = Signal()
    """Leave a run's page for the page it was opened from."""
    notify_desktop = Signal(str, str)
    """Show a notification as alerts are shown: a title and a text."""
    notify = Signal(str, object)
    """A short message at the bottom of the window, with an undo callable or None."""
    failed = Signal(str, object)
    """A command failed: what was tried, and the exception."""
