"""The soak: random load, random faults, and what must hold afterwards."""
