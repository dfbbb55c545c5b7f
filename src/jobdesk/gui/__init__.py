"""The window: a client of the desk, like the command line."""
