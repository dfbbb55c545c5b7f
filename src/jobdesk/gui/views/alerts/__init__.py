"""Alerts and heartbeats: their page, and the forms that say who hears of what."""
