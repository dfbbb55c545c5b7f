"""The command line: the same door for programs and for people who like a terminal."""
