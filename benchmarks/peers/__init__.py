"""The systems that JobDesk is measured beside; a module for each.

Each is a program of its own: ``fill`` queues work and ends, ``work`` (or the system's own
worker command) does it. What the workers did they write to a ledger.
"""
