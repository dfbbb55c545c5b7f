"""What makes things happen: the clock, the queue, the workers."""
