"""The first release: where migrations begin.

A new database is made from the schema at once and stamped with the newest version; a
migration is only ever run on a database that an older program made. Nothing is older
than this.
"""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to do: the tables are there."""
