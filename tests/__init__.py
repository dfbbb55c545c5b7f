"""The tests, laid out like ``src/jobdesk``."""
