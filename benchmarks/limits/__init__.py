"""The bare work without a queue: what no job system on this machine can be faster than."""
