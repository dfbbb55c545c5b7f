"""The log viewer: draws only the lines on the screen."""
