"""``python -m jobdesk``: the same as the command ``jobdesk``."""

from jobdesk.main import run

run()
