"""The program as numbered lines."""
