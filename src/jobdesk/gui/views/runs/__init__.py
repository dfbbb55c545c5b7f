"""The lists of runs: all of them, and the dead letters."""
