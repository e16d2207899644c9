"""The shared volume groups."""
