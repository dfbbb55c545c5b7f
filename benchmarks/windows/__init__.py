"""What the benchmarks of the window run as processes of their own."""
