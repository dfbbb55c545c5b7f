"""What remembers: the only place with SQL."""
