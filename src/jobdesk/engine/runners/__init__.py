"""How an action is run: as a script, or as an HTTP call."""
