"""Failures as an operator meets them, over the simulated world, through the engine and the command line."""
