"""The command line: the same door as the window, for programs and for people who type."""
