"""What makes things happen: the clock, the claiming and the workers."""
