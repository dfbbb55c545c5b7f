"""Remembers: the only place with SQL, besides APScheduler's own table."""
