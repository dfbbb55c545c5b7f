"""Which schema this program knows."""

HEAD = "0003"
"""The schema version of this program; the names of the migrations sort in their order."""
