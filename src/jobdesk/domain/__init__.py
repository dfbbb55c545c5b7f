"""What things are: jobs, runs, schedules and their rules. Pure; no I/O, no clock, no SQL."""
