"""Counts what a thousand LUNs cost: see `__main__`."""
