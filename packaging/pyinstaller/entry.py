"""Where the bundle starts: the same place as the console script."""

import sys

from jobdesk.main import run

sys.exit(run())
