"""What makes things happen: the clock, the workers, and the care of history."""
